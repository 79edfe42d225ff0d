import type { Draft, EvidenceItem } from '../events/event.ts';
import { openGate } from './approval.ts';
import { moving } from './drafts.ts';
import type { Driving } from './driving.ts';
import type { EffectResult } from './effect-result.ts';
import type { Wanted } from './fold.ts';

/** Journals how an effect ended; obligations it leaves stand before the event that moves the run on. */
export async function noteResult(driving: Driving, effect: Wanted, result: EffectResult): Promise<void> {
  const drafts = draftsOf(driving, effect, result);
  if (drafts !== undefined) await driving.log.append(drafts);
}

function draftsOf(driving: Driving, effect: Wanted, result: EffectResult): readonly Draft[] | undefined {
  const { log } = driving;
  const { key, subject } = effect;
  const step = subject === undefined ? {} : { step: subject };
  const one = (draft: Draft | undefined) => (draft === undefined ? undefined : [draft]);
  if (effect.source === 'evidence') {
    if (result.kind === 'evidence') return one(openGate(driving, effect, result.items as readonly EvidenceItem[]));
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
  return [...owed, done];
}
