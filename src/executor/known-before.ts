import { formatDuration } from '../base/duration.ts';
import type { Event, EvidenceItem } from '../events/event.ts';
import { estimatedDuration } from '../plan/estimates.ts';
import type { Plan } from '../plan/plan.ts';
import {
  changeLines,
  rehearsalHeadline,
  undoneLines,
  unwalkedLines,
  type RehearsalDebt,
} from '../plan/rehearsal-debt.ts';
import type { Driving } from './driving.ts';
import { runFacts } from './facts.ts';
import { estimatesFor } from './timings-of-site.ts';

/** What was known before the run, from drills and other runs: at its first gate how far it was rehearsed, at each how long the rest takes. */
export function knownBefore(
  { log, deps, history }: Pick<Driving, 'log' | 'deps' | 'history'>,
  gate: string,
): readonly EvidenceItem[] {
  const { plan, events, began } = log;
  const debt = gate === 'declaration' && began.data.mode !== 'drill' ? history.rehearsal : undefined;
  return [
    ...(debt === undefined ? [] : [rehearsalItem(debt, deps.clock.nowMs())]),
    ...timeAhead(plan, { events, history, gate }),
  ];
}

/** Bound by the answer: who orders the activation has seen what was never rehearsed, and which people and keys are new. */
function rehearsalItem(debt: RehearsalDebt, nowMs: number): EvidenceItem {
  const { standing, lastDrill, changes, surroundings } = debt;
  const told = [...changes, ...surroundings].map(({ kind, area, name, what }) => ({
    kind,
    area,
    name,
    what: [...what],
  }));
  return {
    id: 'rehearsal',
    title: standing === 'rehearsed' ? 'Rehearsed' : 'Not rehearsed as it stands',
    severity: standing === 'rehearsed' && told.length === 0 ? 'ok' : 'attention',
    lines: [rehearsalHeadline(debt, nowMs), ...changeLines(debt), ...undoneLines(debt), ...unwalkedLines(debt)],
    choice: { standing, drill: lastDrill?.run ?? '', changes: told },
  };
}

/** Gates that stand off the straight way: nobody can say what follows. */
const offTheWay: ReadonlySet<string> = new Set(['switch-back', 'unserved']);

function timeAhead(
  plan: Plan,
  at: { readonly events: readonly Event[]; readonly history: Driving['history']; readonly gate: string },
): readonly EvidenceItem[] {
  if (offTheWay.has(at.gate)) return [];
  const ended = new Set(at.events.flatMap(endedStep));
  // Whatever a drill left undone on its way: behind this gate it only cleans up.
  const coming = Object.entries(plan.phases).filter(([phase]) => at.gate !== 'clean-up' || phase === 'clean-up');
  const phases = Object.fromEntries(
    coming.map(([phase, lanes]) => [
      phase,
      lanes.map((lane) => ({ ...lane, steps: lane.steps.filter(({ id }) => !ended.has(id)) })),
    ]),
  );
  const ahead = { ...plan, phases };
  const estimates = estimatesFor(ahead, at.history, runFacts(at.events));
  const { p50Ms, p90Ms, measuredSteps } = estimatedDuration(ahead, estimates);
  if (p90Ms === 0) return [];
  const [middle, late] = [formatDuration(p50Ms), formatDuration(p90Ms)];
  const range = middle === late ? `about ${middle}` : `${middle} to ${late}`;
  const from =
    measuredSteps === 0
      ? 'as the runbook expects; no drill or run has measured it'
      : `${String(measuredSteps)} of ${String(estimates.size)} steps as drills and runs took`;
  return [
    {
      id: 'time-ahead',
      title: 'Work still ahead',
      severity: 'ok',
      lines: [`${range}, people's time not counted (${from})`],
    },
  ];
}

function endedStep(event: Event): readonly string[] {
  if (event.type === 'step.done') return [event.data.step];
  if (event.type !== 'decision.made') return [];
  return event.data.verb === 'skip' || event.data.verb === 'mark-done' ? [event.data.subject] : [];
}
