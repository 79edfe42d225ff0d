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
const maxBytes = 1024 * 1024;
/** Aliases resolved in one text; a runbook needs none, a bomb needs many. */
const maxAliases = 100;

/** Reads YAML. Never throws: what cannot be read is a problem with its place. */
export function readSource(text: string, file: string): RunbookSource {
  const problem = (message: string, line = 1, column = 1): Problem => ({ message, file, line, column });
  const nothing = (...problems: Problem[]): RunbookSource => ({
    data: undefined,
    problems,
    locate: () => ({ line: 1, column: 1 }),
    comments: [],
  });
  if (Buffer.byteLength(text) > maxBytes) return nothing(problem('the file is larger than 1 MB: expected a runbook'));
  const lines = new LineCounter();
  try {
    const options = { prettyErrors: false, keepSourceTokens: false } as const;
    // logLevel: what it would print to stderr by itself is among the problems already.
    const document = parseDocument(text, { ...options, lineCounter: lines, logLevel: 'error' });
    const problems = syntaxProblems(document, text, lines).map((found) => ({ ...found, file }));
    if (problems.some((found) => found.fatal)) return nothing(...problems.map(withoutFatal));
    const bomb = aliasProblem(document, lines);
    if (bomb !== undefined) return nothing({ ...bomb, file });
    return {
      data: document.toJS({ maxAliasCount: maxAliases }),
      problems: problems.map(withoutFatal),
      locate: (path, at) => place(lines, offsetOf(document, path, at)),
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

function syntaxProblems(document: Document.Parsed, text: string, lines: LineCounter): FoundProblem[] {
  return [...document.errors, ...document.warnings].map((error) => {
    const at = place(lines, error.pos[0]);
    if (error.code !== 'DUPLICATE_KEY')
      return { message: `not valid YAML: ${plainMessage(error.message)}`, ...at, fatal: true };
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return { message: `key '${key}' stands twice in one place: expected it once`, ...at, fatal: false };
  });
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

function offsetOf(document: Document.Parsed, path: Path, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, part] of path.entries()) {
    const container = isAlias(node) ? node.resolve(document) : node;
    if (isMap(container)) {
      const pair = lastPair(container.items, part);
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

function lastPair(items: readonly Pair[], part: string | number): Pair | undefined {
  return items.findLast((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === String(part));
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
