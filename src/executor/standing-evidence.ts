import { formatDuration } from '../base/duration.ts';
import type { Event, EventData, EvidenceItem } from '../events/event.ts';
import { ordererOf, whoOrders } from '../gates/who-orders.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * What every gate of a run shows beside the evidence of its steps: the situation, what was decided or left open so far, and
 * what was known beforehand (rehearsals, how long things take).
 */
export function standingEvidence(
  events: readonly Event[],
  plan: Plan,
  known: readonly EvidenceItem[],
): readonly EvidenceItem[] {
  return [...situation(events, plan), ...known, ...obligations(events), ...overrides(events), ...checked(events, plan)];
}

function situation(events: readonly Event[], plan: Plan): readonly EvidenceItem[] {
  const began = events[0];
  if (began?.type !== 'run.began' || began.data.situation === undefined) return [];
  const { situation: told, exercise } = began.data;
  const { what, sinceAt, lost, orderedBy, orderedHow } = told;
  // Refused where a run begins; a log kept on paper says what was.
  const orderer = ordererOf(plan.world.people, orderedBy);
  return [
    {
      id: 'situation',
      title: 'Situation',
      severity: orderer.person === undefined ? 'attention' : 'ok',
      lines: [
        `${what}, since ${sinceAt}`,
        ...(exercise === undefined
          ? []
          : [
              `drill, scenario ${exercise.scenario}, ${exercise.announced ? 'announced' : 'unannounced: the team was not told'}`,
            ]),
        `datacentres declared lost: ${lost.length === 0 ? 'none' : lost.join(', ')}`,
        `ordered by ${orderedBy} (${orderedHow})`,
        ...(orderer.person === undefined
          ? [`who may order: ${whoOrders(plan.world.people).join(', ')}; ${orderer.reason}`]
          : []),
        `objective: users served again within ${formatDuration(plan.world.objectives.rtoMs)}`,
      ],
      choice: { what, sinceAt, lost: [...lost], orderedBy, orderedHow },
    },
  ];
}

function obligations(events: readonly Event[]): readonly EvidenceItem[] {
  const settled = new Set(events.flatMap((event) => (event.type === 'obligation.settled' ? [event.data.id] : [])));
  const open = events.flatMap((event) =>
    event.type === 'obligation.opened' && !settled.has(event.data.id) ? [`${event.data.kind}: ${event.data.text}`] : [],
  );
  if (open.length === 0) return [];
  return [{ id: 'obligations', title: 'Left open so far', severity: 'attention', lines: open }];
}

/** Every step that did not simply end well: a gate must not hide it. */
function overrides(events: readonly Event[]): readonly EvidenceItem[] {
  const lines = events.flatMap((event) => {
    if (event.type !== 'decision.made') return [];
    const { verb, subject, person, reason, evidence } = event.data;
    if (verb === 'choose') return [`${subject}: ${person} chose ${evidence ?? ''}: ${reason}`];
    return verb === 'skip' || verb === 'mark-done' || verb === 'stopped'
      ? [`${subject}: ${verb} by ${person}: ${reason}`]
      : [];
  });
  if (lines.length === 0) return [];
  return [{ id: 'overrides', title: 'Decided by hand so far', severity: 'attention', lines }];
}

/** What fencing and verification saw, in their own words: at the first gate behind them, since nobody reads it five times. */
function checked(events: readonly Event[], plan: Plan): readonly EvidenceItem[] {
  return ['fencing', 'settle-fencing', 'verification'].flatMap((phase): readonly EvidenceItem[] => {
    const steps = new Set((plan.phases[phase] ?? []).flatMap((lane) => lane.steps.map((step) => step.id)));
    const since = events.findLastIndex((event) => event.type === 'step.done' && steps.has(event.data.step));
    const known = events.slice(since).some((event) => event.type === 'gate.decided' && event.data.passed);
    if (since < 0 || known) return [];
    const lines = events.flatMap((event) =>
      event.type === 'step.done' && steps.has(event.data.step)
        ? seenLines(event.data).map((line) => `${event.data.step}: ${line}`)
        : [],
    );
    return lines.length === 0 ? [] : [{ id: `seen:${phase}`, title: `Seen in ${phase}`, severity: 'ok', lines }];
  });
}

/** What a dry run would do is said where it is said: a gate shows only what was looked at. */
function seenLines({ output, lines }: EventData['step.done']): readonly string[] {
  const invented = typeof output === 'object' && output !== null && 'invented' in output;
  return invented ? lines.slice(0, 1) : lines;
}
