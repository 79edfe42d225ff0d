import type { Secret } from '../../base/secret.ts';
import type { Json } from '../../events/event.ts';
import { spellingsOf } from './secret-spellings.ts';

/**
 * Takes secrets out of everything that is kept or shown. It knows the secrets that were read through it, in the spellings
 * of secret-spellings; each becomes `[secret REFERENCE]`. What it cannot know stays: a secret in an encoding of a
 * program's own, one shorter than four characters, one no step of this process has read.
 */
export interface Redaction {
  /** Knows this secret from now on. Returns it, so that a source of secrets can be wrapped. */
  add(secret: Secret): Secret;
  text(text: string): string;
  /** Plain data with every string and every key redacted. */
  data<T extends Json>(value: T): T;
  /** What would stand in place of the first known secret in the text; undefined where there is none. */
  finds(text: string): string | undefined;
  /** For output that arrives in pieces: a secret is found wherever the pieces are cut. */
  stream(): RedactionStream;
}

export interface RedactionStream {
  /** What is safe to keep so far; the beginning of what may become a secret is held back. */
  push(piece: string): string;
  /** The rest. */
  end(): string;
}

/** Held back at most, characters: text that goes on matching without end is cut and hidden. */
const heldMax = 1_048_576;

/** Knows no secret yet: each one that a step reads is added, in every spelling it may turn up in. */
export function createRedaction(): Redaction {
  const known: Known = { marks: new Map(), spellings: [], byFirst: new Map() };
  const text = (value: string): string => replaceSpans(value, spansIn(value, known));
  const data = (value: Json): Json => {
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map(data);
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [text(key), data(member)]));
  };
  return {
    add: (secret) => {
      for (const spelling of spellingsOf(secret.reveal())) {
        if (!known.marks.has(spelling)) known.marks.set(spelling, secret.toString());
      }
      known.spellings = [...known.marks.keys()].sort((a, b) => b.length - a.length);
      known.byFirst = Map.groupBy(known.spellings, (spelling) => spelling.charAt(0));
      return secret;
    },
    text,
    data: <T extends Json>(value: T) => (known.spellings.length === 0 ? value : (data(value) as T)),
    finds: (value) => spansIn(value, known)[0]?.mark,
    stream: () => streamOver(known),
  };
}

interface Known {
  /** Spelling → what stands in its place. */
  readonly marks: Map<string, string>;
  /** Longest first. */
  spellings: readonly string[];
  /** The same by their first character: most places of a text begin none of them. */
  byFirst: ReadonlyMap<string, readonly string[]>;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly mark: string;
}

function streamOver(known: Known): RedactionStream {
  let held = '';
  return {
    push: (piece) => {
      const text = held + piece;
      const spans = spansIn(text, known);
      let until = startOfUnfinished(text, known);
      const across = spans.find(({ from, to }) => from < until && to > until);
      if (across !== undefined) until = text.length - across.from > heldMax ? across.to : across.from;
      held = text.slice(until);
      const ended = spans.filter(({ to }) => to <= until);
      return replaceSpans(text.slice(0, until), ended);
    },
    end: () => {
      const rest = replaceSpans(held, spansIn(held, known));
      held = '';
      return rest;
    },
  };
}

/** Where secrets stand; those that overlap are one span. */
function spansIn(text: string, known: Known): readonly Span[] {
  const found: Span[] = [];
  for (const spelling of known.spellings) {
    const mark = known.marks.get(spelling) ?? '';
    for (let from = text.indexOf(spelling); from >= 0; from = text.indexOf(spelling, from + 1))
      found.push({ from, to: from + spelling.length, mark });
  }
  found.sort((a, b) => a.from - b.from || b.to - a.to);
  const spans: Span[] = [];
  for (const span of found) {
    const last = spans.at(-1);
    if (last === undefined || span.from >= last.to) spans.push(span);
    else if (span.to > last.to) spans[spans.length - 1] = { ...last, to: span.to };
  }
  return spans;
}

function replaceSpans(text: string, spans: readonly Span[]): string {
  let result = '';
  let at = 0;
  for (const { from, to, mark } of spans) {
    result += text.slice(at, from) + mark;
    at = to;
  }
  return result + text.slice(at);
}

/** First place from which the end of the text is the beginning of a spelling; the text's length where there is none. */
function startOfUnfinished(text: string, { spellings, byFirst }: Known): number {
  const longest = spellings[0]?.length ?? 0;
  for (let from = Math.max(0, text.length - longest + 1); from < text.length; from += 1) {
    const begun = byFirst.get(text.charAt(from));
    if (begun === undefined) continue;
    const tail = text.slice(from);
    if (begun.some((spelling) => spelling.length > tail.length && spelling.startsWith(tail))) return from;
  }
  return text.length;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
