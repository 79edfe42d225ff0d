import { isDrpError, toError } from '../base/errors.ts';
import type { Draft } from '../events/event.ts';
import { claimDrivers } from './claim-drivers.ts';
import { createClaimKeeper, type ClaimKeeper, type LeftClaim } from './claimed.ts';
import { connectAhead } from './connect-ahead.ts';
import { moving } from './drafts.ts';
import { claimName } from './drill-guard.ts';
import { type Driving } from './driving.ts';
import { type EffectResult } from './effect-result.ts';
import type { DriveEnd } from './executor.ts';
import { noteSeen, refreshOpenGates, renewExpired } from './fresh-evidence.ts';
import { giveWayLookMs, settledCleanUp, watchForRealRun } from './give-way.ts';
import { type Item } from './inbox.ts';
import { launchEffect, leaveOpen, readAhead } from './launch.ts';
import { maybeClaimed } from './maybe-claimed.ts';
import { noteResult } from './results.ts';
import { startedDraft } from './starting.ts';
import { waitingReader } from './waiting.ts';
import { hearWord } from './words.ts';

/** A word that waits in the spool is heard before a run parks. */
const lastWordMs = 750;
/** Hosts get this long to be told that the run is over, ms. */
const lastCallsMs = 15_000;

/**
 * The loop. A first start and a resume are the same: make what runs equal to what the machine wants, then wait for news
 * (an effect ended, a person spoke, a timer is due), journal it, and look again. Only this loop moves the machine.
 */
export async function driveLoop(driving: Driving): Promise<DriveEnd> {
  const { log, inbox, options, live } = driving;
  const giveWay = watchForRealRun(driving);
  const connect = connectAhead(driving);
  let shown = '';
  const waitingOf = waitingReader(log.events);
  try {
    await renewExpired(driving);
    readAhead(driving);
    while (log.run.snapshot.status === 'active') {
      const taken = await giveWay.look();
      if (taken !== undefined) return await detach(driving, { reason: taken, preempted: true });
      connect();
      await reconcile(driving);
      if (options.whenOnlyPeople === 'listen') refreshOpenGates(driving);
      const waiting = waitingOf(log.run);
      const view = JSON.stringify([waiting, live.size]);
      if (view !== shown) options.onWaiting(waiting, live.size);
      shown = view;
      const onlyPeople = live.size === 0 && log.run.timers.size === 0 && waiting.length > 0;
      const item = await inbox.next(onlyPeople && options.whenOnlyPeople === 'park' ? lastWordMs : untilTimer(driving));
      if (options.signal.aborted) return await detach(driving, { reason: toError(options.signal.reason).message });
      if (item !== undefined) await handle(driving, item);
      else if (!(await fireTimers(driving)) && onlyPeople && options.whenOnlyPeople === 'park') {
        await log.flush();
        return { kind: 'parked', waiting };
      }
    }
    options.onWaiting([], 0);
    return await end(driving);
  } finally {
    for (const controller of live.values()) controller.abort();
  }
}

async function reconcile(driving: Driving): Promise<void> {
  const { log, live } = driving;
  const wantedKeys = new Set([...log.run.wanted.values()].map((effect) => effect.key));
  // No longer wanted: stop listening. Ending what runs remotely is the machine's own `stop` effect.
  for (const [key, controller] of live) {
    if (wantedKeys.has(key)) continue;
    live.delete(key);
    controller.abort();
  }
  const fresh = [...log.run.wanted.values()].filter((effect) => !live.has(effect.key));
  if (fresh.length === 0) return;
  const unstarted = fresh.filter((effect) => !effect.started);
  // On disk before anything is let loose: one commit for all that starts together.
  if (unstarted.length > 0) await log.append(unstarted.map((effect) => startedDraft(driving, effect)));
  for (const effect of fresh) {
    const controller = new AbortController();
    live.set(effect.key, controller);
    void launchEffect(driving, effect, controller.signal).then(
      (result) => driving.inbox.put({ kind: 'result', effect, result }),
      (thrown: unknown) => {
        if (!controller.signal.aborted) driving.inbox.put({ kind: 'result', effect, result: crashed(thrown) });
      },
    );
  }
}

async function handle(driving: Driving, item: Item): Promise<void> {
  switch (item.kind) {
    case 'result': {
      driving.live.delete(item.effect.key);
      await stopIfOvertaken(driving, item.result);
      const wanted = driving.log.run.wanted.get(item.effect.id);
      // News of an effect nobody waits for any more (the run moved on) changes nothing.
      if (wanted?.key === item.effect.key) await noteResult(driving, item.effect, item.result);
      return;
    }
    case 'progress':
      driving.log.note(item.draft);
      return;
    case 'word': {
      const answer = await hearWord(driving, item.word);
      driving.options.onUpdate({ kind: 'word', word: item.word, answer });
      await item.answer(answer);
      return;
    }
    case 'seen':
      await noteSeen(driving, item);
      return;
    case 'broken':
      throw item.error;
    case 'woken':
  }
}

/**
 * The host says that the site belongs to another: a later driver of this run, from this store or a copy elsewhere, or, on the
 * recovery host, another run. Then this driver stops itself; what it started is probed by whoever goes on.
 */
async function stopIfOvertaken(driving: Driving, result: EffectResult): Promise<void> {
  const { log } = driving;
  const error = result.kind === 'failed' ? result.error : undefined;
  if (!isDrpError(error, 'claim-lost')) return;
  const { holder, host } = error.details;
  const byOther = host === log.plan.world.service.recovery.host && holder !== 'nobody';
  if (holder !== log.began.run && !byOther) return;
  await log.append([{ type: 'driver.detached', by: 'drp', data: { reason: error.message } }]);
  throw error;
}

async function fireTimers(driving: Driving): Promise<boolean> {
  const { log, deps } = driving;
  const now = deps.clock.nowMs();
  const due = [...log.run.timers.values()].filter((timer) => timer.dueMs <= now).sort((a, b) => a.dueMs - b.dueMs)[0];
  if (due === undefined) return false;
  const draft = moving(log.run, { type: 'timer.due', by: 'drp', data: { timer: due.event } });
  if (draft !== undefined) await log.append([draft]);
  return draft !== undefined;
}

function untilTimer(driving: Driving): number {
  const due = [...driving.log.run.timers.values()].map((timer) => timer.dueMs);
  const most = driving.log.began.data.mode === 'drill' ? giveWayLookMs : 10_000;
  return due.length === 0 ? most : Math.max(1, Math.min(most, Math.min(...due) - driving.deps.clock.nowMs()));
}

async function detach(
  driving: Driving,
  why: { readonly reason: string; readonly preempted?: true },
): Promise<DriveEnd> {
  await driving.log.append([{ type: 'driver.detached', by: 'drp', data: { reason: why.reason } }]);
  return { kind: 'detached', ...why };
}

async function end(driving: Driving): Promise<DriveEnd> {
  const { log, claims } = driving;
  const outcome = String(log.run.snapshot.value) as 'completed' | 'aborted' | 'switched-back';
  const signal = AbortSignal.timeout(lastCallsMs);
  const [{ freed, left, unknown }] = await Promise.all([
    claims.release(signal),
    outcome === 'completed' ? undefined : leaveOpen(driving, signal),
  ]);
  const owed = (hosts: readonly string[], lies: string): readonly Draft[] =>
    hosts.map((host): Draft => ({
      type: 'obligation.opened',
      by: 'drp',
      data: {
        id: claimObligation(log.began.run, host),
        kind: 'cleanup',
        text: `the claim of this run ${lies} on host '${host}'`,
      },
    }));
  await log.append([
    ...freed.map((host): Draft => ({
      type: 'claim.released',
      by: 'drp',
      data: { host, epoch: claims.check.epoch },
    })),
    ...owed(left, 'still lies'),
    ...owed(unknown, 'may still lie'),
    ...settledCleanUp(log),
    { type: 'run.ended', by: 'drp', data: { outcome } },
  ]);
  return { kind: 'ended', outcome };
}

function crashed(thrown: unknown): EffectResult {
  return {
    kind: 'failed',
    code: 'internal',
    reason: toError(thrown).message,
    hint: 'Look at the run with: drp status.',
  };
}

/** Opens the loop's claim keeper for a driver. */
export function keeperFor(driving: Pick<Driving, 'deps' | 'log' | 'reach' | 'owed'>, epoch: number): ClaimKeeper {
  const { log, reach } = driving;
  const earlier = log.events.flatMap((event) => (event.type === 'claim.taken' ? [event.data.host] : []));
  const { driver, ...drivers } = claimDrivers(log.events, { driver: driving.deps.driver, epoch });
  return createClaimKeeper(reach.claims, log.plan, {
    check: { site: claimName(log.plan.site, log.began.data.mode), run: log.began.run, epoch, driver },
    drivers,
    earlier: [...new Set(earlier)],
    maybe: maybeClaimed(log),
    record: (draft) => log.append([draft]),
    leftBy: (run, host) => leftClaim(driving, run, host),
  });
}

/** A run that has ended in this very journal goes on nowhere: its claim on a host that was away then is in nobody's hands. */
async function leftClaim(
  { deps, log, owed }: Pick<Driving, 'deps' | 'log' | 'owed'>,
  run: string,
  host: string,
): Promise<LeftClaim | undefined> {
  const rows = await deps.journal.runs({ site: log.plan.site });
  if (rows.find((row) => row.run === run)?.finished !== true) return undefined;
  const events = await deps.journal.read(run);
  if (!events.some((event) => event.type === 'run.ended')) return undefined;
  // Not those of its claims on record: the driver may have died before it could note the last one.
  const last = events.findLast((event) => event.type === 'driver.attached');
  if (last === undefined) return undefined;
  const { driver, epoch } = last.data;
  const { mode, startedBy } = log.began.data;
  const reason = `run ${log.began.run} released it and claimed the host itself`;
  const settled = owed
    .filter((one) => mode !== 'dry-run' && one.id === claimObligation(run, host))
    .map(({ id }): Draft => ({
      type: 'obligation.settled',
      by: 'drp',
      data: { id, person: 'drp', reason, identity: startedBy.identity },
    }));
  return { epoch, drivers: claimDrivers(events, { driver, epoch }), settled };
}

const claimObligation = (run: string, host: string): string => `${run}.claim.${host}`;
