import canonicalize from 'canonicalize';
import { DrpError } from '../base/errors.ts';

const depthLimit = 200;

/**
 * The one text of a value (RFC 8785), so that everybody who hashes it gets the same digest. Throws not-canonical, with
 * the path, for what has no such text or more than one reading: fractions, numbers beyond 2^53, undefined, lone
 * surrogates, anything that is not plain data.
 */
export function canonicalJson(value: unknown): string {
  const fault = faultOf(value, 0);
  if (fault !== undefined) throw new DrpError('not-canonical', { path: `$${fault.path}`, reason: fault.reason });
  const text = canonicalize(value);
  if (text === undefined) throw new DrpError('not-canonical', { path: '$', reason: 'it has no JSON form' });
  return text;
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

/** Where it is, as seen from the value that holds it, and what is wrong. Paths are made only of what is wrong. */
interface Fault {
  readonly path: string;
  readonly reason: string;
}

function faultOf(value: unknown, depth: number): Fault | undefined {
  if (depth > depthLimit) return here(`nested deeper than ${depthLimit}`);
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'string') return textFault(value);
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return undefined;
    return here(`${String(value)} is not a whole number below 2^53`);
  }
  if (typeof value !== 'object') return here(`${typeof value} is not plain data`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const fault = faultOf(value[index], depth + 1);
      if (fault !== undefined) return { ...fault, path: `[${index}]${fault.path}` };
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (a worker, a test sandbox) are plain too: their prototype's prototype is null.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return here('it is not a plain object');
  const members = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(members)) {
    const fault = textFault(key) ?? faultOf(members[key], depth + 1);
    if (fault !== undefined) return { ...fault, path: `.${key}${fault.path}` };
  }
  return undefined;
}

function textFault(text: string): Fault | undefined {
  return text.isWellFormed() ? undefined : here('it holds half a character (lone surrogate)');
}

function here(reason: string): Fault {
  return { path: '', reason };
}
