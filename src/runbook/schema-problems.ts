import type { z } from 'zod';
import { runbookSchema, type Runbook } from './schema/runbook.ts';
import type { Path } from './source.ts';
import { nearest, suggestion } from './spelling.ts';

/** Something wrong at a path of the data; parse.ts turns the path into line and column. */
export interface Finding {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly message: string;
}

type RawIssue = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;

/** Checks data against the schema: the runbook, or every finding, each at the key or value it is about. */
export function checkSchema(data: unknown): { readonly runbook?: Runbook; readonly findings: readonly Finding[] } {
  const result = runbookSchema.safeParse(data, { error: explain });
  if (result.success) return { runbook: result.data, findings: [] };
  return { findings: withoutEchoes(result.error.issues.flatMap((issue) => findingsOf(issue, data, []))) };
}

/** A misspelt key is also a missing one: once is enough. */
function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  const misspelt = findings.filter(({ message }) => message.startsWith('unknown key')).map(({ path }) => path);
  return findings.filter(({ path, message }) => {
    const missing = /^missing key '([^']+)'/.exec(message)?.[1];
    if (missing === undefined) return true;
    const beside = misspelt.filter(
      (other) => other.length === path.length + 1 && path.every((part, index) => other[index] === part),
    );
    return (
      nearest(
        missing,
        beside.map((other) => String(other.at(-1))),
      ) === undefined
    );
  });
}

function findingsOf(issue: Issue, data: unknown, prefix: Path): readonly Finding[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...path, key], at: 'key', message: messages[index] ?? '' }));
  }
  if (issue.code === 'invalid_key') return [{ path, at: 'key', message: innerMessage(issue) }];
  if (issue.code === 'invalid_union' && issue.message === undecided) {
    const branch = likeliest(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => findingsOf(inner, data, path));
    return [{ path, at: 'value', message: `${expectedForms(issue.errors)}, found ${nameOf(valueAt(data, path))}` }];
  }
  const missing = path.length > 0 && valueAt(data, path) === undefined;
  if (!missing) return [{ path, at: 'value', message: issue.message }];
  const key = String(path.at(-1));
  return [{ path: path.slice(0, -1), at: 'key', message: `missing key '${key}': ${issue.message}` }];
}

/** Told apart from a message of the schema's own. */
const undecided = '(union)';

/** The form the writer most likely meant: one whose outermost type fits, with the fewest mistakes; undefined: none fits. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter(
    (issues) => !issues.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
  );
  return fitting.toSorted((a, b) => a.length - b.length)[0];
}

function expectedForms(branches: readonly (readonly Issue[])[]): string {
  const forms = branches.flatMap((issues) =>
    issues.flatMap((inner) => ('expected' in inner ? [kinds[inner.expected] ?? inner.expected] : [])),
  );
  return `expected ${[...new Set(forms)].join(' or ')}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a block of keys',
  record: 'a block of named entries',
  array: 'a list',
};

/** One sentence an issue, in the words of someone who edits YAML. */
function explain(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const expected = kinds[issue.expected] ?? issue.expected;
      return issue.input === undefined ? `expected ${expected}` : `expected ${expected}, found ${nameOf(issue.input)}`;
    }
    case 'unrecognized_keys':
      return issue.keys
        .map((key) => sentence(`unknown key '${key}'`, suggestion(key, knownKeys(issue.inst))))
        .join('\n');
    case 'invalid_value': {
      const values = issue.values.map(String);
      const expected = values.length === 1 ? `expected ${values[0] ?? ''}` : `expected one of ${values.join(', ')}`;
      return typeof issue.input === 'string'
        ? sentence(`${expected}, found '${shorten(issue.input)}'`, nearHint(issue.input, values))
        : expected;
    }
    case 'invalid_union':
      return issue.errors.length === 0 ? explainDiscriminator(issue) : undecided;
    case 'too_small':
      return issue.origin === 'array' && Number(issue.minimum) === 1
        ? 'expected at least one entry'
        : issue.origin === 'string'
          ? 'expected some text, found none'
          : `expected ${String(issue.minimum)} or more`;
    case 'too_big':
      return `expected ${String(issue.maximum)} or less`;
    case 'invalid_format':
      return issue.format === 'url' ? 'expected an address such as https://www.example.org' : formatMessage(issue);
    default:
      return undefined;
  }
}

function explainDiscriminator(issue: RawIssue): string {
  const key = 'discriminator' in issue ? String(issue['discriminator']) : 'kind';
  const known = knownKinds(issue.inst, key);
  const input: unknown = issue.input;
  const found = typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[key] : undefined;
  const expected = `expected one of ${known.join(', ')}`;
  if (typeof found !== 'string') return found === undefined ? expected : `${expected}, found ${nameOf(found)}`;
  return sentence(`${expected}, found '${shorten(found)}'`, nearHint(found, known));
}

function formatMessage(issue: RawIssue): string {
  const prefix: unknown = 'prefix' in issue ? issue['prefix'] : undefined;
  if (typeof prefix === 'string') return `expected a text that starts with '${prefix}'`;
  const includes: unknown = 'includes' in issue ? issue['includes'] : undefined;
  return typeof includes === 'string' ? `expected a text with '${includes}' in it` : 'expected another form';
}

function innerMessage(issue: Extract<Issue, { code: 'invalid_key' }>): string {
  return issue.issues[0]?.message ?? issue.message;
}

function nearHint(word: string, known: readonly string[]): string {
  const hint = suggestion(word, known);
  return hint.startsWith('did') ? hint : '';
}

function sentence(message: string, hint: string): string {
  return hint === '' ? message : `${message}: ${hint}`;
}

function knownKeys(schema: unknown): readonly string[] {
  const definition = definitionOf(schema);
  return typeof definition?.['shape'] === 'object' && definition['shape'] !== null
    ? Object.keys(definition['shape'])
    : [];
}

function knownKinds(schema: unknown, key: string): readonly string[] {
  const values: unknown = (schema as { _zod?: { propValues?: Record<string, ReadonlySet<unknown>> } } | undefined)?._zod
    ?.propValues?.[key];
  return values instanceof Set ? [...values].map(String) : [];
}

function definitionOf(schema: unknown): Record<string, unknown> | undefined {
  return (schema as { _zod?: { def?: Record<string, unknown> } } | undefined)?._zod?.def;
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block of keys';
  if (typeof value === 'string') return `the text '${shorten(value)}'`;
  return `${String(value)}`;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    data,
  );
}
