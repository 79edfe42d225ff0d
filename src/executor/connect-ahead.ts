import { hostsNotLost, type Driving } from './driving.ts';

/**
 * Whoever looks into the returned function at each turn of the loop begins to connect, once a phase, to the hosts that its steps act
 * on: so that a step does not wait for a login that could have been made while an earlier one ran. Nothing is sent but the login, and
 * nothing waits for it: a host that cannot be reached is met again by the step itself. Hosts that were declared lost are
 * left alone, and all of them where the work is done on paper.
 */
export function connectAhead({ log, reach, options }: Pick<Driving, 'log' | 'reach' | 'options'>): () => void {
  let seen: string | undefined;
  return () => {
    const { value } = log.run.snapshot;
    const phase = typeof value === 'string' ? value : (Object.keys(value)[0] ?? '');
    if (phase === seen) return;
    seen = phase;
    if (options.onPaper === true || log.run.onPaper) return;
    const steps = (log.plan.phases[phase] ?? []).flatMap((lane) => lane.steps);
    const there = new Set(hostsNotLost(log));
    for (const host of new Set(steps.flatMap((step) => step.hosts))) {
      if (there.has(host)) void reach.hosts.connect(host, { signal: options.signal }).catch(() => undefined);
    }
  };
}
