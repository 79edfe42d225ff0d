import type { Problem } from '../../base/errors.ts';
import type { Finding } from '../schema-problems.ts';
import type { Path, RunbookSource } from '../source.ts';

const advice = 'expected a reference such as {file: …}, {env: …} or {command: […]}';

/** What a secret looks like wherever it stands. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, 'an AWS access key'],
  [
    /\b(ghp|gho|ghs|github_pat)_[A-Za-z0-9_]{20,}\b|\bglpat-[A-Za-z0-9_-]{16,}|\bxox[abprs]-[A-Za-z0-9-]{10,}/,
    'an access token',
  ],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{6,}/, 'a signed token'],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/i, 'an address with a password in it'],
  [/(password|passwd|pwd|secret|token|api[_-]?key)\s*=\s*["']?[^\s"'$<{]{4,}/i, 'a password'],
  [/\bauthorization:\s*(bearer|basic|token)\s+[A-Za-z0-9+/=._-]{8,}/i, 'an access token'],
];
/** Ids that are published with every request and open nothing alone. */
const publicFields: readonly string[] = [
  'accessKeyId',
  'keyName',
  'keyFingerprint',
  'hostKeys',
  'keys',
  'text',
  'identity',
];
const passwordOption = /^--?(password|passwd|pass|secret|token|api-key)$/i;
const secretFields = /(password|passwd|secret|token|credential|api[_-]?key|passphrase)/i;

/** No value of the runbook is, or holds, a secret: it is read aloud, mailed and kept in journals. */
export function checkSecrets(data: unknown): readonly Finding[] {
  return texts(data, []).flatMap(({ path, text, before }): readonly Finding[] => {
    const found = passwordOption.test(before) && /^[^-$/]/.test(text) ? 'a password' : secretIn(text, path);
    return found === undefined
      ? []
      : [{ path, at: 'value', message: `this looks like ${found} in plain text: ${advice}` }];
  });
}

/** The same for comments, where an old value is easily left behind. */
export function secretsInComments(comments: RunbookSource['comments']): readonly Problem[] {
  return comments.flatMap(({ text, line, column }) => {
    const found = patterns.find(([pattern]) => pattern.test(text))?.[1];
    return found === undefined
      ? []
      : [{ message: `this comment looks like it holds ${found} in plain text: take it out`, line, column }];
  });
}

function secretIn(text: string, path: Path): string | undefined {
  const field = String(path.findLast((part) => typeof part === 'string') ?? '');
  const parent = String(path.filter((part) => typeof part === 'string').at(-2) ?? '');
  const matched = patterns.find(([pattern]) => pattern.test(text))?.[1];
  if (matched !== undefined)
    return matched === 'an AWS access key' && publicFields.includes(field) ? undefined : matched;
  // A reference names a place; what stands directly in such a field, or looks random there, is the thing itself.
  if (['file', 'env'].includes(field) && secretFields.test(parent)) return undefined;
  if (publicFields.includes(field)) return undefined;
  const named = secretFields.test(field) || (field === 'command' && secretFields.test(parent));
  return named && isRandom(text) ? 'a secret' : undefined;
}

/** 16 characters or more without a space, of three sorts or of more than 3.2 bits each: made by a machine. */
function isRandom(text: string): boolean {
  return text.split(/[\s"']+/).some((word) => {
    if (word.length < 16 || /^[/.~]/.test(word)) return false;
    const sorts = [/[a-z]/, /[A-Z]/, /\d/].filter((sort) => sort.test(word)).length;
    return sorts >= 2 && entropyBits(word) > 3.2;
  });
}

function entropyBits(word: string): number {
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / word.length) * Math.log2(count / word.length), 0);
}

interface FoundText {
  readonly path: Path;
  readonly text: string;
  /** The text before it in a list: `--password` makes the next word one. */
  readonly before: string;
}

function texts(data: unknown, path: Path, before = ''): readonly FoundText[] {
  if (typeof data === 'string') return [{ path, text: data, before }];
  if (Array.isArray(data)) {
    return data.flatMap((item: unknown, index) => {
      const last: unknown = data[index - 1];
      return texts(item, [...path, index], typeof last === 'string' ? last : '');
    });
  }
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, value]) => texts(value, [...path, key]));
}
