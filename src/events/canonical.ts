import { DrpError } from '../base/errors.ts';

const depthLimit = 200;

/**
 * The one text of a value (RFC 8785), so that everybody who hashes it gets the same digest. Throws not-canonical, with
 * the path, for what has no such text or more than one reading: fractions, numbers beyond 2^53, undefined, lone
 * surrogates, anything that is not plain data.
 */
export function canonicalJson(value: unknown): string {
  const text = textOf(value, 0);
  if (text !== undefined) return text;
  check(value, '$', 0);
  return refuse('$', 'it has no JSON form');
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

/** The text in one pass, which an append waits for; undefined where `check` has something to refuse. */
function textOf(value: unknown, depth: number): string | undefined {
  if (depth > depthLimit) return undefined;
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : undefined;
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : undefined;
  }
  if (typeof value !== 'object') return undefined;
  if (Array.isArray(value)) return listText(value, depth + 1);
  return isPlain(value) ? objectText(value as Readonly<Record<string, unknown>>, depth + 1) : undefined;
}

function listText(list: readonly unknown[], depth: number): string | undefined {
  let text = '';
  for (let index = 0; index < list.length; index += 1) {
    const one = textOf(list[index], depth);
    if (one === undefined) return undefined;
    text += index === 0 ? one : `,${one}`;
  }
  return `[${text}]`;
}

function objectText(value: Readonly<Record<string, unknown>>, depth: number): string | undefined {
  let text = '';
  // The order of sort() is that of UTF-16 code units, which RFC 8785 asks for.
  for (const key of Object.keys(value).sort()) {
    const one = key.isWellFormed() ? textOf(value[key], depth) : undefined;
    if (one === undefined) return undefined;
    text += text === '' ? `${JSON.stringify(key)}:${one}` : `,${JSON.stringify(key)}:${one}`;
  }
  return `{${text}}`;
}

/** Objects of another realm (a worker, a test sandbox) are plain too: their prototype's prototype is null. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
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
  if (!isPlain(value)) refuse(path, 'it is not a plain object');
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
