import type { Event } from '../events/event.ts';

/** Where a real run would have stopped, as a dry run saw it. */
export interface RehearsedStop {
  readonly kind: 'step' | 'gate';
  readonly subject: string;
  readonly reason: string;
}

/** Steps whose precheck refused, and gates that nobody could have passed, in order. Empty for any run but a dry one. */
export function rehearsedStops(events: readonly Event[]): readonly RehearsedStop[] {
  const [began] = events;
  if (began?.type !== 'run.began' || began.data.mode !== 'dry-run') return [];
  return events.flatMap((event): readonly RehearsedStop[] => {
    if (event.type === 'step.done') {
      const { output, step } = event.data;
      const refused = typeof output === 'object' && output !== null && 'refused' in output ? output.refused : '';
      return typeof refused === 'string' && refused !== '' ? [{ kind: 'step', subject: step, reason: refused }] : [];
    }
    if (event.type === 'gate.unready') return [{ kind: 'gate', subject: event.data.gate, reason: event.data.reason }];
    if (event.type !== 'gate.opened') return [];
    const { evidence, procedure } = event.data.statement;
    const red = evidence.filter((item) => item.severity === 'red');
    const fixed = red.filter((item) => item.overridable === false || procedure === 'return');
    if (fixed.length === 0) return [];
    const reason = `nobody may pass it: ${fixed.map((item) => item.title).join('; ')}`;
    return [{ kind: 'gate', subject: event.data.gate, reason }];
  });
}

/** Red evidence that a person may override with a reason: no stop, and yet not what a real run should meet. */
export interface RehearsedReason {
  readonly gate: string;
  readonly titles: readonly string[];
}

/** Gates at which a real run would ask for a reason, in order, each as it was shown last. Empty for any run but a dry one. */
export function rehearsedReasons(events: readonly Event[]): readonly RehearsedReason[] {
  const [began] = events;
  if (began?.type !== 'run.began' || began.data.mode !== 'dry-run') return [];
  const asked = new Map<string, readonly string[]>();
  for (const event of events) {
    if (event.type !== 'gate.opened' || event.data.statement.procedure === 'return') continue;
    const red = event.data.statement.evidence.filter(
      ({ severity, overridable }) => severity === 'red' && overridable !== false,
    );
    asked.set(
      event.data.gate,
      red.map(({ title }) => title),
    );
  }
  return [...asked].flatMap(([gate, titles]) => (titles.length === 0 ? [] : [{ gate, titles }]));
}

/** Why a real run of this procedure could not even begin where the record says users are; undefined where it could. */
export function wrongDirection(procedure: string, serving: string): string | undefined {
  const there = procedure === 'return' ? 'production' : 'recovery';
  return serving === there && procedure !== 'drill'
    ? `it would not begin: by the record users are on ${there}`
    : undefined;
}
