import { stepsOf } from '../plan/phases.ts';
import type { RunLog } from './run-log.ts';

/**
 * Hosts on which an earlier driver may have taken the claim without putting that on record: it died, or lost contact, between the
 * two. A step's `effect.started` is on disk before its claims are taken, so it tells what was intended; the other hosts come after
 * the recovery host's claim is on record; who saw the step end had recorded what it took. Hosts with a claim on record are not
 * among them.
 */
export function maybeClaimed({ events, plan, began }: Pick<RunLog, 'events' | 'plan' | 'began'>): readonly string[] {
  if (began.data.mode === 'dry-run') return [];
  const recovery = plan.world.service.recovery.host;
  const hostsOf = new Map(stepsOf(plan).map(({ id, hosts }) => [id, hosts] as const));
  const underWay = new Map<string, string>();
  const maybe = new Set<string>();
  let [recoveryHeld, onPaper] = [false, false];
  const doubt = (steps: readonly string[]): void => {
    for (const step of steps)
      for (const host of [recovery, ...(recoveryHeld ? (hostsOf.get(step) ?? []) : [])]) maybe.add(host);
  };
  for (const { type, data } of events) {
    if (type === 'driver.attached') {
      doubt([...underWay.values()]);
      recoveryHeld = false;
      onPaper ||= data.onPaper === true;
    }
    // On paper no host is touched.
    if (type === 'effect.started' && data.source === 'step' && !onPaper) underWay.set(data.key, data.id);
    if (type === 'step.failed' && data.code === 'connection-lost') doubt([data.step]);
    if (type === 'step.failed' || type === 'step.done') underWay.delete(data.key);
    if (type === 'claim.taken' && data.host === recovery) recoveryHeld = true;
  }
  doubt([...underWay.values()]);
  for (const { type, data } of events) if (type === 'claim.taken') maybe.delete(data.host);
  return [...maybe];
}
