import type { Event } from '../../src/events/event.ts';

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Time between two instants in which the machine was at work: what is left out is the time in which a gate stood open, its people had
 * not answered yet, and no step or look was under way beside it.
 */
export function machineTime(events: readonly Event[], whole: Span): number {
  const open = gatesOpen(events, whole);
  const busy = effectsUnderWay(events, whole);
  const edges = [...open, ...busy].flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  const cuts = [...new Set([whole.fromMs, ...edges, whole.toMs])].sort((a, b) => a - b);
  const covers = (spans: readonly Span[], from: number, to: number) =>
    spans.some((span) => span.fromMs <= from && span.toMs >= to);
  return cuts.slice(1).reduce((sum, to, index) => {
    const from = cuts[index] ?? to;
    if (from < whole.fromMs || to > whole.toMs) return sum;
    return covers(open, from, to) && !covers(busy, from, to) ? sum : sum + (to - from);
  }, 0);
}

/** When a step was done, ms since the epoch; throws where it was not. */
export function doneMs(events: readonly Event[], step: string): number {
  const done = events.findLast((event) => event.type === 'step.done' && event.data.step === step);
  if (done === undefined) throw new Error(`step ${step} was not done`);
  return Date.parse(done.at);
}

/** When an effect of a step was let loose first. */
export function startedMs(events: readonly Event[], step: string): number {
  const started = events.find((event) => event.type === 'effect.started' && event.data.id === step);
  if (started === undefined) throw new Error(`step ${step} was not started`);
  return Date.parse(started.at);
}

function gatesOpen(events: readonly Event[], whole: Span): readonly Span[] {
  return events.flatMap((event, index): Span[] => {
    if (event.type !== 'gate.opened') return [];
    const { gate } = event.data;
    const end = events
      .slice(index + 1)
      .find(
        (later) =>
          (later.type === 'gate.decided' && later.data.gate === gate && later.data.passed) ||
          (later.type === 'gate.renewed' && later.data.gate === gate),
      );
    return [{ fromMs: Date.parse(event.at), toMs: end === undefined ? whole.toMs : Date.parse(end.at) }];
  });
}

function effectsUnderWay(events: readonly Event[], whole: Span): readonly Span[] {
  const spans = new Map<string, { fromMs: number; toMs: number }>();
  for (const event of events) {
    if (event.type === 'effect.started') spans.set(event.data.key, { fromMs: Date.parse(event.at), toMs: whole.toMs });
    const ended =
      event.type === 'step.done' || event.type === 'step.failed' || event.type === 'gate.opened'
        ? spans.get(event.data.key)
        : undefined;
    if (ended !== undefined) ended.toMs = Date.parse(event.at);
  }
  return [...spans.values()];
}
