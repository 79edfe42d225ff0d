import type { Draft } from '../events/event.ts';
import { lastOpened } from '../events/last-opened.ts';
import { moving } from './drafts.ts';
import type { Driving } from './driving.ts';
import type { EffectResult } from './effect-result.ts';
import type { Wanted } from './fold.ts';
import { openGate } from './open-gate.ts';
import { siteState } from './site.ts';
import { decidedStart } from './starting.ts';

/**
 * Journals how an effect ended; obligations it leaves stand before the event that moves the run on. Where that decides the next
 * step, its start is in the same commit.
 */
export async function noteResult(driving: Driving, effect: Wanted, result: EffectResult): Promise<void> {
  const drafts = draftsOf(driving, effect, result);
  const decides = effect.source === 'step' && result.kind === 'done';
  if (drafts !== undefined && decides) await driving.log.append(drafts, (next) => decidedStart(driving, next));
  else if (drafts !== undefined) await driving.log.append(drafts);
  if (effect.source === 'evidence' && result.kind === 'evidence') {
    const atMs = driving.deps.clock.nowMs();
    driving.seen.set(effect.subject ?? '', { items: result.items, atMs, openedMs: atMs, tookMs: 0 });
  }
  if (driving.log.began.data.mode === 'dry-run' && effect.source === 'evidence')
    await passRehearsedGate(driving, effect);
}

/** A dry run decides nothing, so its gates are shown and passed by the rehearsal itself, and say so. */
async function passRehearsedGate(driving: Driving, effect: Wanted): Promise<void> {
  const { log, deps } = driving;
  const gate = effect.subject ?? '';
  const opened = lastOpened(log.events, gate);
  if (opened === undefined) return;
  const draft = moving(log.run, {
    type: 'gate.decided',
    by: 'dry-run',
    data: {
      gate,
      attempt: opened.data.statement.attempt,
      decision: 'approve',
      person: 'dry-run',
      reason: 'a dry run passes its own gates',
      at: deps.clock.nowIso(),
      identity: { strength: 'os-user', osUser: deps.driver.osUser },
      statementDigest: opened.data.digest,
      passed: true,
    },
  });
  if (draft !== undefined) await log.append([draft]);
}

function draftsOf(driving: Driving, effect: Wanted, result: EffectResult): readonly Draft[] | undefined {
  const { log } = driving;
  const { key, subject } = effect;
  const step = subject === undefined ? {} : { step: subject };
  const one = (draft: Draft | undefined) => (draft === undefined ? undefined : [draft]);
  if (effect.source === 'evidence') {
    if (result.kind === 'evidence') return one(openGate(driving, effect, result.items));
    if (result.kind === 'done') return undefined;
    const { code, reason, hint } = result;
    return one(
      moving(log.run, { type: 'gate.unready', by: 'drp', data: { gate: subject ?? '', key, code, reason, hint } }),
    );
  }
  if (result.kind === 'evidence') return undefined;
  if (effect.source === 'stop') {
    if (result.kind === 'done') return one(moving(log.run, { type: 'stop.done', by: 'drp', data: { key, ...step } }));
    return one(moving(log.run, { type: 'stop.failed', by: 'drp', data: { key, ...step, reason: result.reason } }));
  }
  if (result.kind !== 'done') {
    const { kind, code, reason, hint } = result;
    return one(
      moving(log.run, { type: 'step.failed', by: 'drp', data: { step: effect.id, key, kind, code, reason, hint } }),
    );
  }
  const { output, lines } = result;
  const done = moving(log.run, { type: 'step.done', by: 'drp', data: { step: effect.id, key, output, lines } });
  if (done === undefined) return undefined;
  const owed = result.obligations.map((obligation, index): Draft => ({
    type: 'obligation.opened',
    by: 'drp',
    data: { id: `${log.began.run}.${key}.${index}`, ...obligation, step: effect.id },
  }));
  return [...owed, ...settledBy(driving, effect.id, result.settles), done];
}

/**
 * What this end settles of what the site owes: fencing whatever step owed it, anything else only where the same step did.
 * In real runs only: a rehearsal fences nothing.
 */
function settledBy(driving: Driving, step: string, kinds: readonly string[]): readonly Draft[] {
  const { log, owed } = driving;
  const { mode, startedBy } = log.began.data;
  if (mode !== 'real' || kinds.length === 0) return [];
  const own = siteState(log.plan.site, [log.events]).obligations;
  const open = [...owed, ...own].filter(
    (one) => !log.events.some((event) => event.type === 'obligation.settled' && event.data.id === one.id),
  );
  return [...new Map(open.map((one) => [one.id, one])).values()]
    .filter((one) => kinds.includes(one.kind) && (one.kind === 'fencing' || one.step === step))
    .map((one): Draft => ({
      type: 'obligation.settled',
      by: 'drp',
      data: {
        id: one.id,
        person: 'drp',
        reason: `step '${step}' of run ${log.began.run} did it and read it back`,
        identity: startedBy.identity,
      },
    }));
}
