import { existsSync, readFileSync } from 'node:fs';
import { timelineFile, type ClientKind } from './clients.ts';
import type { SiteName } from './facts.ts';
import { sql } from './postgres.ts';
import type { LabContext } from './process.ts';
import type { Tick } from './site-client.ts';

/** A run of ticks that were not served, one after another. */
export interface DownWindow {
  readonly fromAt: string;
  /** The last tick that was not served. */
  readonly toAt: string;
  /** From the first such tick to the end of the last one's interval. */
  readonly downMs: number;
  readonly ticks: number;
  /** How many ticks failed in which way: `maintenance`, `ECONNREFUSED`, `timeout`, `dns`, … */
  readonly errors: Readonly<Record<string, number>>;
}

export interface Turn {
  readonly site: string;
  readonly fromAt: string;
  readonly toAt: string;
  readonly ticks: number;
}

export interface WriteLoss {
  /** Acknowledged rows absent from this site's database, whoever acknowledged them. */
  readonly missing: number;
  readonly missingByAcknowledger: Readonly<Record<string, number>>;
  /** First and last moment of a missing row's tick. */
  readonly fromAt: string | null;
  readonly toAt: string | null;
  readonly tokens: readonly string[];
  /** Why the database could not be asked; missing then counts all. */
  readonly error?: string;
}

export interface Measurement {
  readonly ticks: number;
  readonly served: number;
  readonly downMs: number;
  readonly windows: readonly DownWindow[];
  /** Which site served, in order; a gap inside a turn is in `windows`. */
  readonly turns: readonly Turn[];
  readonly acknowledged: number;
  readonly loss: Readonly<Record<SiteName, WriteLoss>>;
}

/** Reads a timeline, ordered by tick; a half line at its end (the client still runs) is left out. */
export function readTimeline(dir: string, kind: ClientKind): readonly Tick[] {
  const file = timelineFile(dir, kind);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Tick).sort((a, b) => a.at.localeCompare(b.at) || a.n - b.n);
}

/** Downtime as the probe saw it, and acknowledged rows each site does not hold now. */
export async function measure(lab: LabContext): Promise<Measurement> {
  const ticks = readTimeline(lab.dir, 'probe');
  const windows = downWindows(ticks);
  const acknowledged = readTimeline(lab.dir, 'writer').filter((tick) => tick.status === 201);
  const [limburg, gravelines] = await Promise.all([
    lossAt(lab, 'limburg', acknowledged),
    lossAt(lab, 'gravelines', acknowledged),
  ]);
  return {
    ticks: ticks.length,
    served: ticks.filter(isServed).length,
    downMs: windows.reduce((sum, window) => sum + window.downMs, 0),
    windows,
    turns: turns(ticks),
    acknowledged: acknowledged.length,
    loss: { limburg, gravelines },
  };
}

/** The windows in which no tick was served. */
export function downWindows(ticks: readonly Tick[], everyMs = intervalOf(ticks)): readonly DownWindow[] {
  const windows: DownWindow[] = [];
  let open: Tick[] = [];
  const close = (): void => {
    const [first] = open;
    const last = open.at(-1);
    if (first !== undefined && last !== undefined) windows.push(windowOf(open, { first, last, everyMs }));
    open = [];
  };
  for (const tick of ticks) {
    if (isServed(tick)) close();
    else open.push(tick);
  }
  close();
  return windows;
}

/** Which site served, one entry each time it changes. */
export function turns(ticks: readonly Tick[]): readonly Turn[] {
  const found: Turn[] = [];
  for (const tick of ticks) {
    if (!isServed(tick) || tick.site === undefined) continue;
    const last = found.at(-1);
    if (last?.site === tick.site) found[found.length - 1] = { ...last, toAt: tick.at, ticks: last.ticks + 1 };
    else found.push({ site: tick.site, fromAt: tick.at, toAt: tick.at, ticks: 1 });
  }
  return found;
}

const isServed = (tick: Tick): boolean => tick.error === undefined && tick.status === 200;

/** Ticks are evenly spaced: the distance of the first two. */
function intervalOf(ticks: readonly Tick[]): number {
  const [first, second] = ticks;
  return first === undefined || second === undefined ? 200 : Date.parse(second.at) - Date.parse(first.at);
}

function windowOf(
  open: readonly Tick[],
  ends: { readonly first: Tick; readonly last: Tick; readonly everyMs: number },
): DownWindow {
  const errors: Record<string, number> = {};
  for (const tick of open) {
    const kind = tick.error ?? `status ${String(tick.status)}`;
    errors[kind] = (errors[kind] ?? 0) + 1;
  }
  const downMs = Date.parse(ends.last.at) - Date.parse(ends.first.at) + ends.everyMs;
  return { fromAt: ends.first.at, toAt: ends.last.at, downMs, ticks: open.length, errors };
}

async function lossAt(lab: LabContext, site: SiteName, acknowledged: readonly Tick[]): Promise<WriteLoss> {
  let held = new Set<string>();
  let error: string | undefined;
  try {
    held = new Set((await sql(lab, { site }, "SELECT note FROM kyc.orders WHERE note LIKE 'writer-%'")).split('\n'));
  } catch (cause) {
    error = cause instanceof Error ? cause.message : String(cause);
  }
  const missing = acknowledged.filter((tick) => tick.token === undefined || !held.has(tick.token));
  const byAcknowledger: Record<string, number> = {};
  for (const tick of missing)
    byAcknowledger[tick.site ?? 'unknown'] = (byAcknowledger[tick.site ?? 'unknown'] ?? 0) + 1;
  return {
    missing: missing.length,
    missingByAcknowledger: byAcknowledger,
    fromAt: missing[0]?.at ?? null,
    toAt: missing.at(-1)?.at ?? null,
    tokens: missing.flatMap((tick) => tick.token ?? []),
    ...(error === undefined ? {} : { error }),
  };
}
