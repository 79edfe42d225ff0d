import { DrpError, isDrpError } from '../base/errors.ts';
import type { Driver, DriverEvidence, Event, EventData } from '../events/event.ts';
import type { Lease } from '../journal/journal.ts';
import type { ExecutorDeps } from './deps.ts';
import { hostsNotLost, type Driving } from './driving.ts';
import type { Takeover } from './executor.ts';
import { isOnPaper } from './on-paper.ts';
import type { RunLog } from './run-log.ts';

/** Hosts are told of a new driver at most this long before it begins, ms; what acts later tells them anyway. */
const overtakeMs = 10_000;

/** The lease of a run; where its driver may live, the error says since when and when it was last heard. */
export async function takeLease(
  deps: Pick<ExecutorDeps, 'journal' | 'driver'>,
  known: { readonly run: string; readonly events: readonly Event[] },
  options: Takeover,
): Promise<Lease> {
  const { run, events } = known;
  if (options.takeover === true && (options.takeoverReason ?? '').trim() === '') {
    throw new DrpError('reason-missing', { verb: 'takeover', what: 'a reason' });
  }
  try {
    return await deps.journal.lease(run, deps.driver, options.takeover === true ? { takeover: true } : {});
  } catch (thrown) {
    if (!isDrpError(thrown, 'lease-held')) throw thrown;
    const since = `, since ${lastAttached(events)?.at ?? '?'}, last wrote ${events.at(-1)?.at ?? '?'}`;
    throw new DrpError('lease-held', { ...thrown.details, since }, { cause: thrown });
  }
}

/** What goes on record of a driver that takes a run: why, and what was known of the one before. */
export function attachment(
  driver: Driver,
  lease: Lease,
  known: { readonly events: readonly Event[]; readonly options: Takeover & { readonly onPaper?: boolean } },
): EventData['driver.attached'] {
  const { events, options } = known;
  const attached = events.findLastIndex((event) => event.type === 'driver.attached');
  const adopted = events.findLastIndex((event) => event.type === 'run.adopted');
  const before = evidenceOf(lease, events);
  const taken = options.takeover === true && before !== undefined && before.liveness !== 'dead';
  const reason = taken ? 'takeover' : adopted > attached ? 'adopt' : attached >= 0 ? 'resume' : 'start';
  return {
    driver,
    reason,
    epoch: lease.epoch,
    ...(before === undefined ? {} : { before }),
    ...(options.onPaper === true || isOnPaper(events) ? { onPaper: true as const } : {}),
    ...(taken && options.takeoverReason !== undefined ? { why: options.takeoverReason } : {}),
  };
}

/** Tells every host that can be reached that an older driver's word does not count any more. */
export async function overtakeClaims(driving: Driving): Promise<void> {
  if (driving.log.began.data.mode === 'dry-run') return;
  const signal = AbortSignal.any([driving.options.signal, AbortSignal.timeout(overtakeMs)]);
  await driving.claims.overtake(hostsNotLost(driving.log), signal);
}

/**
 * Effects that may have begun before this driver attached: those with `effect.started`, and in an adopted run also every one
 * that was wanted in the copy, since its lost end may have started it.
 */
export function mayHaveBegun(log: RunLog): ReadonlySet<string> {
  const adoptedSeq = log.events.find((event) => event.type === 'run.adopted')?.seq ?? 0;
  const effects = [...log.run.wanted.values()];
  return new Set(
    effects.filter(({ key, started }) => started || Number.parseInt(key, 10) < adoptedSeq).map(({ key }) => key),
  );
}

function evidenceOf(lease: Lease, events: readonly Event[]): DriverEvidence | undefined {
  const { before } = lease;
  if (before === undefined) return undefined;
  const last = events.at(-1);
  return { ...before, sinceAt: lastAttached(events)?.at ?? last?.at ?? '', lastAt: last?.at ?? '' };
}

function lastAttached(events: readonly Event[]): Event | undefined {
  return events.findLast((event) => event.type === 'driver.attached');
}
