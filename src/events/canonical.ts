import canonicalize from 'canonicalize';
import { DrpError } from '../base/errors.ts';

const depthLimit = 200;

/**
 * The one text of a value (RFC 8785), so that everybody who hashes it gets the same digest. Throws not-canonical, with
 * the path, for what has no such text or more than one reading: fractions, numbers beyond 2^53, undefined, lone
 * surrogates, anything that is not plain data.
 */
export function canonicalJson(value: unknown): string {
  check(value, '$', 0);
  return canonicalize(value) ?? refuse('$', 'it has no JSON form');
}

/** True where `text` is exactly the canonical form of what it says. */
export function isCanonical(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text)) === text;
  } catch {
    // Not JSON, or outside the allowed values: the same answer for the caller.
    return false;
  }
}

function check(value: unknown, path: string, depth: number): void {
  if (depth > depthLimit) refuse(path, `nested deeper than ${depthLimit}`);
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') return checkText(value, path);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      refuse(path, `${String(value)} is not a whole number below 2^53`);
    }
    return;
  }
  if (typeof value !== 'object') refuse(path, `${typeof value} is not plain data`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) check(value[index], `${path}[${index}]`, depth + 1);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (a worker, a test sandbox) are plain too: their prototype's prototype is null.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) refuse(path, 'it is not a plain object');
  for (const [key, member] of Object.entries(value as Record<string, unknown>)) {
    checkText(key, `${path}.${key}`);
    check(member, `${path}.${key}`, depth + 1);
  }
}

function checkText(text: string, path: string): void {
  if (!text.isWellFormed()) refuse(path, 'it holds half a character (lone surrogate)');
}

function refuse(path: string, reason: string): never {
  throw new DrpError('not-canonical', { path, reason });
}
