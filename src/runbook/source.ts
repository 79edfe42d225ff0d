import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Pair } from 'yaml';
import { toError, type Problem } from '../base/errors.ts';

export type Path = readonly (string | number)[];

/** A YAML text as plain data, with the way back from a path in the data to a place in the text. */
export interface RunbookSource {
  /** undefined where the text is no YAML that can be relied on. */
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** Line and column, from 1, of the value at a path, or of its key; of the nearest thing above where it is not there. */
  locate(path: Path, at: 'key' | 'value'): { readonly line: number; readonly column: number };
  /** Every comment line with its place: secrets hide there too. */
  readonly comments: readonly { readonly text: string; readonly line: number; readonly column: number }[];
}

/** Runbooks are read whole and shown to people: more than this is a mistake or an attack. */
const maxBytes = 256 * 1024;
/** Aliases resolved in one text; a runbook needs none, a bomb needs many. */
const maxAliases = 100;
/** Of a text that is no YAML, what is told: a bracket that is never closed makes every line behind it wrong. */
const maxSyntaxProblems = 5;

/** Reads YAML. Never throws: what cannot be read is a problem with its place. */
export function readSource(text: string, file: string): RunbookSource {
  const problem = (message: string, line = 1, column = 1): Problem => ({ message, file, line, column });
  const nothing = (...problems: Problem[]): RunbookSource => ({
    data: undefined,
    problems,
    locate: () => ({ line: 1, column: 1 }),
    comments: [],
  });
  if (Buffer.byteLength(text) > maxBytes)
    return nothing(problem('the file is larger than 256 KB: expected what a person writes'));
  const lines = new LineCounter();
  try {
    // uniqueKeys: the reader compares every key with every other; `doubleKeys` finds them in one pass.
    const options = { prettyErrors: false, keepSourceTokens: false, uniqueKeys: false } as const;
    // logLevel: what it would print to stderr by itself is among the problems already.
    const document = parseDocument(text, { ...options, lineCounter: lines, logLevel: 'error' });
    const syntax = syntaxProblems(document, lines);
    const problems = [...syntax, ...doubleKeys(document, lines)].map((found) => ({ ...found, file }));
    if (problems.some((found) => found.fatal)) return nothing(...problems.map(withoutFatal));
    const bomb = aliasProblem(document, lines);
    if (bomb !== undefined) return nothing({ ...bomb, file });
    const offsetOfPath = offsets(document);
    return {
      data: document.toJS({ maxAliasCount: maxAliases }),
      problems: problems.map(withoutFatal),
      locate: (path, at) => place(lines, offsetOfPath(path, at)),
      comments: commentsOf(text),
    };
  } catch (thrown) {
    const reason = thrown instanceof RangeError ? 'it is nested too deeply' : toError(thrown).message;
    return nothing(problem(`the text cannot be read as YAML: ${reason}`));
  }
}

type FoundProblem = Problem & { readonly fatal: boolean };

function withoutFatal({ fatal: _, ...problem }: FoundProblem): Problem {
  return problem;
}

function syntaxProblems(document: Document.Parsed, lines: LineCounter): FoundProblem[] {
  const all = [...document.errors, ...document.warnings];
  const told = all.slice(0, maxSyntaxProblems).map((error) => ({
    message: `not valid YAML: ${plainMessage(error.message)}`,
    ...place(lines, error.pos[0]),
    fatal: true,
  }));
  const next = all[told.length];
  if (next === undefined) return told;
  const message = `${all.length - told.length} more that is not valid YAML, the first of it here: mend what stands above, the rest often follows from it`;
  return [...told, { message, ...place(lines, next.pos[0]), fatal: true }];
}

function doubleKeys(document: Document.Parsed, lines: LineCounter): FoundProblem[] {
  const found: FoundProblem[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const message = `key '${String(key.value)}' stands twice in one place: expected it once`;
        if (seen.has(key.value)) found.push({ message, ...place(lines, key.range?.[0] ?? 0), fatal: false });
        seen.add(key.value);
      }
    },
  });
  return found;
}

function plainMessage(message: string): string {
  return message.replace(/ at line \d+, column \d+:?[\s\S]*$/, '').replace(/\.$/, '');
}

/** More aliases than a person writes, or one that stands for itself. */
function aliasProblem(document: Document.Parsed, lines: LineCounter): Problem | undefined {
  let count = 0;
  let found: Problem | undefined;
  visit(document, {
    Alias(_, node, ancestors) {
      count += 1;
      const at = place(lines, node.range?.[0] ?? 0);
      const target = node.resolve(document);
      if (target === undefined) found = { message: `alias '*${node.source}' stands for nothing`, ...at };
      else if (ancestors.includes(target)) found = { message: `alias '*${node.source}' contains itself`, ...at };
      else if (count > maxAliases) found = { message: `more than ${maxAliases} aliases: write the values out`, ...at };
      return found === undefined ? undefined : visit.BREAK;
    },
  });
  return found;
}

/** Offsets of paths. Each map is indexed once, however many problems are in it: thousands of wrong keys take one pass. */
function offsets(document: Document.Parsed): (path: Path, at: 'key' | 'value') => number {
  const indexed = new Map<unknown, ReadonlyMap<string, Pair>>();
  const pairOf = (map: { readonly items: readonly Pair[] }, part: string | number): Pair | undefined => {
    const keyOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);
    // The last pair of a key counts.
    const pairs = indexed.get(map) ?? new Map(map.items.map((pair) => [keyOf(pair), pair]));
    indexed.set(map, pairs);
    return pairs.get(String(part));
  };
  return (path, at) => offsetOf(document, { path, at }, pairOf);
}

type PairOf = (map: { readonly items: readonly Pair[] }, part: string | number) => Pair | undefined;

function offsetOf(
  document: Document.Parsed,
  { path, at }: { readonly path: Path; readonly at: 'key' | 'value' },
  pairOf: PairOf,
): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, part] of path.entries()) {
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) {
      const pair = pairOf(container, part);
      if (pair === undefined) return offset;
      const keyOffset = startOf(pair.key) ?? offset;
      const last = index === path.length - 1;
      // A missing part of a block is looked for at its key, which is where the reader's eye is.
      const inside = isMap(pair.value) || isSeq(pair.value);
      offset = (last && at === 'key') || inside ? keyOffset : (filledStart(pair.value) ?? keyOffset);
      node = pair.value;
    } else if (isSeq(container)) {
      node = container.items[Number(part)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function filledStart(node: unknown): number | undefined {
  return isScalar(node) && node.value === null ? undefined : startOf(node);
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const [start] = node.range as readonly unknown[];
  return typeof start === 'number' ? start : undefined;
}

function place(lines: LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset);
  return line === 0 ? { line: 1, column: 1 } : { line, column: col };
}

function commentsOf(text: string): RunbookSource['comments'] {
  return text.split('\n').flatMap((line, index) => {
    const match = /(^|\s)#(.*)$/.exec(line);
    return match === null
      ? []
      : [{ text: match[2] ?? '', line: index + 1, column: match.index + (match[1] ?? '').length + 1 }];
  });
}
