import { createHash } from 'node:crypto';

export interface JournalProblem {
  /** Event it is about; 0: the file as a whole. */
  readonly seq: number;
  readonly message: string;
}

/** An event as the verifier reads it: nothing is believed about its data. */
export interface ReadEvent {
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
  readonly type: string;
  readonly data: unknown;
}

/** An export as far as its chain holds, and what is wrong with it. */
export interface ReadFile {
  readonly run: string;
  readonly events: readonly ReadEvent[];
  readonly problems: JournalProblem[];
}

const exportFormat = 'drp-journal-export@v1';
const eventKeys = 'at,by,data,hash,prev,run,seq,type';
/** `prev` of the first event. */
export const zeros = '0'.repeat(64);
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Reads the exact bytes of an export and checks frame, lines and chain. Never throws for what is in them. */
export function readFile(bytes: Uint8Array): ReadFile {
  const problems: JournalProblem[] = [];
  const say = (message: string, seq = 0): void => void problems.push({ seq, message });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Still read what can be read: an operator needs to know how far the record goes.
    say('it holds bytes that are not UTF-8');
    text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
  if (!text.endsWith('\n')) say('it does not end with a line feed: its end is missing');
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const header = parseLine(lines[0] ?? '');
  const trailer = lines.length > 1 ? parseLine(lines.at(-1) ?? '') : undefined;
  if (header?.['format'] !== exportFormat) say(`its first line is not the header of a ${exportFormat}`);
  if (Object.keys(header ?? {}).join() !== 'exportedAt,format,run,version')
    say('its header has other fields than it should');
  const run = String(header?.['run'] ?? '?');
  const hasTrailer = trailer !== undefined && 'sha256' in trailer;
  const events = readEvents(hasTrailer ? lines.slice(1, -1) : lines.slice(1), run, say);
  if (!hasTrailer) say('its last line, the trailer, is missing: events may have been cut off');
  else checkTrailer(trailer, { lines, events }, say);
  return { run, events, problems };
}

function checkTrailer(
  trailer: Readonly<Record<string, unknown>>,
  { lines, events }: { readonly lines: readonly string[]; readonly events: readonly ReadEvent[] },
  say: (message: string) => void,
): void {
  const body = lines.slice(0, -1).map((line) => `${line}\n`);
  const last = events.at(-1);
  const expected = { head: { hash: last?.hash ?? zeros, seq: events.length }, sha256: sha256(body.join('')) };
  if (trailer['sha256'] !== expected.sha256) say('its bytes do not match the SHA-256 in its trailer');
  if (spell(trailer) !== spell(expected)) say('its trailer does not fit its events');
}

/** Reads as long as the chain holds; the first line that breaks it ends the record. */
function readEvents(
  lines: readonly string[],
  run: string,
  say: (message: string, seq: number) => void,
): readonly ReadEvent[] {
  const events: ReadEvent[] = [];
  let previous = zeros;
  for (const line of lines) {
    const seq = events.length + 1;
    const match = /^\{"event":(\{.*\}),"hash":"([0-9a-f]{64})"\}$/.exec(line);
    const [, stored = '', hash = ''] = match ?? [];
    const reason = match === null ? 'it is not an event line' : breach(stored, hash, { seq, run, previous });
    if (reason !== undefined) {
      say(reason, seq);
      return events;
    }
    const event = JSON.parse(stored) as Omit<ReadEvent, 'hash'>;
    events.push({ seq, hash, at: event.at, type: event.type, data: event.data });
    previous = hash;
  }
  if (events.length === 0) say('there is no event', 1);
  return events;
}

function breach(
  stored: string,
  hash: string,
  place: { readonly seq: number; readonly run: string; readonly previous: string },
): string | undefined {
  if (sha256(stored) !== hash) return 'its bytes do not match its hash: it was changed';
  const event = parseLine(stored);
  if (event === undefined) return 'it is not written in canonical form';
  if (
    Object.keys({ ...event, hash })
      .sort()
      .join() !== eventKeys
  )
    return 'it has other fields than it should';
  if (event['seq'] !== place.seq) return `it says it is event ${String(event['seq'])}`;
  if (event['run'] !== place.run) return `it belongs to run ${String(event['run'])}`;
  if (event['prev'] !== place.previous) return 'it does not continue the event before it';
  if (typeof event['at'] !== 'string' || !instant.test(event['at'])) return 'its time is not an instant';
  if (typeof event['type'] !== 'string' || typeof event['by'] !== 'string') return 'its type or author is not text';
  return undefined;
}

/** An object in canonical form, or undefined. */
function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return spell(value) === line ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // Not JSON, or nested without end: not canonical either way.
    return undefined;
  }
}

/** RFC 8785 for what a journal may hold; anything else has no spelling, and so equals no stored line. */
export function spell(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : '?';
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : '?';
  if (Array.isArray(value)) return `[${value.map(spell).join(',')}]`;
  if (typeof value !== 'object') return '?';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${spell(key)}:${spell(member)}`).join(',')}}`;
}

/** SHA-256 in hex. */
export function sha256(bytes: string): string {
  return createHash('sha256').update(bytes, 'utf8').digest('hex');
}
