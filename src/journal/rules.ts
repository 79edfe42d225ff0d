import { DrpError } from '../base/errors.ts';
import type { Draft, Driver, Event } from '../events/event.ts';
import { formatOf, upcast, type RawEvent } from '../events/upcast.ts';
import { genesis, unlink } from './chain.ts';
import { isSameDriver, livenessText, type Liveness } from './driver.ts';
import type { Head, Lease, StoredLine } from './journal.ts';

/** Stands where a run that is only kept needs a driver. */
export const nobody: Driver = { osUser: '', machine: '', pid: 0, bootId: '', startTime: '', version: '' };

/** A run as its copy tells it. */
export interface CopiedRun {
  readonly site: string;
  readonly procedure: string;
  readonly mode: string;
  readonly beganAt: string;
  readonly head: Head;
  /** How it ended; absent: it has not. */
  readonly outcome?: string;
}

/** A dry run changes nothing, so it holds nothing. */
export function isClaiming(mode: string): boolean {
  return mode !== 'dry-run';
}

/** Refusal to begin, with everything a person needs to find the holder. */
export function siteClaimed(
  holder: { readonly run: string; readonly site: string; readonly procedure: string; readonly mode: string } & {
    readonly beganAt: string;
  },
  driver: Driver | undefined,
  liveness: Liveness,
): DrpError {
  const { run, site, procedure, mode, beganAt: since } = holder;
  return new DrpError('site-claimed', {
    run,
    site,
    procedure,
    mode,
    since,
    osUser: driver?.osUser,
    machine: driver?.machine,
    pid: driver?.pid,
    liveness: livenessText(liveness),
  });
}

/** The refusal that names who drives the run, and whether he is known to live. */
export function leaseHeld(run: string, driver: Driver, liveness: Liveness): DrpError {
  const { osUser, machine, pid } = driver;
  return new DrpError('lease-held', { run, osUser, machine, pid, liveness: livenessText(liveness), since: '' });
}

/** What a new lease says of a driver that did not give the run back; nothing where it did, or is the same. */
export function overtaken(
  row: { readonly driver: Driver; readonly epoch: number },
  driver: Driver,
  liveness: Liveness | undefined,
): Pick<Lease, 'before'> {
  if (liveness === undefined || isSameDriver(row.driver, driver)) return {};
  return { before: { driver: row.driver, epoch: row.epoch, liveness } };
}

/** What a copy says of its run; its chain is checked. Throws journal-broken. */
export function copiedRun(run: string, stored: readonly StoredLine[]): CopiedRun {
  const events = toEvents(run, stored);
  const [first] = events;
  const last = events.at(-1);
  if (first?.type !== 'run.began' || last === undefined)
    throw new DrpError('journal-broken', { run, goodUpTo: 0, reason: 'it does not begin with run.began' });
  const ended = events.find((event) => event.type === 'run.ended');
  const { site, procedure, mode } = first.data;
  const head = { seq: last.seq, hash: last.hash };
  const outcome = ended?.type === 'run.ended' ? { outcome: ended.data.outcome } : {};
  return { site, procedure, mode, beganAt: first.at, head, ...outcome };
}

/** Throws run-ended for a copy that has nothing to continue. */
export function refuseEnded(run: string, { outcome }: CopiedRun): void {
  if (outcome !== undefined) throw new DrpError('run-ended', { run, outcome });
}

/** Throws run-not-ended for a copy that is no history yet. */
export function refuseUnended(run: string, { outcome }: CopiedRun): void {
  if (outcome === undefined) throw new DrpError('run-not-ended', { run });
}

/** Only facts may be added without a driver: an event with `state` moves the machine, `run.*` and leases are the driver's. */
export function checkBeside(run: string, drafts: readonly Draft[]): void {
  for (const { type, data } of drafts) {
    if ('state' in data || /^(run|driver|claim|effect)\./.test(type))
      throw new DrpError('event-not-beside', { run, type });
  }
}

/**
 * Events of a run as they lie there, parsed and no more: neither hashes nor their order are looked at. `text` is all of them, each
 * with its hash as one member more, with commas between; `lines` are asked for where it cannot be read. Throws journal-broken
 * where a line is no JSON, journal-newer-format.
 */
export function toRecalled(run: string, text: string, lines: () => readonly string[]): readonly Event[] {
  let raw: readonly RawEvent[];
  try {
    // All at once: a parser that begins anew for each line takes twice as long.
    raw = JSON.parse(`[${text}]`) as readonly RawEvent[];
  } catch (cause) {
    const bad = lines().findIndex((line) => !isJson(line));
    throw new DrpError('journal-broken', { run, goodUpTo: bad, reason: `event ${bad + 1} is not JSON` }, { cause });
  }
  const format = raw[0] === undefined ? undefined : formatOf(raw[0]);
  return raw.map((event) => upcast(event, format));
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    // Which one it is: all that is asked.
    return false;
  }
}

/** Stored lines as events, each checked; `from` is the place before the first. Throws journal-broken, journal-newer-format. */
export function toEvents(run: string, stored: readonly StoredLine[], from: Head = genesis): readonly Event[] {
  const events: Event[] = [];
  let head = from;
  let format: number | undefined;
  for (const entry of stored) {
    const result = unlink(run, head, entry);
    if (result.kind === 'broken')
      throw new DrpError('journal-broken', { run, goodUpTo: head.seq, reason: result.reason });
    format ??= formatOf(result.event);
    events.push(upcast(result.event, format));
    head = result.head;
  }
  return events;
}
