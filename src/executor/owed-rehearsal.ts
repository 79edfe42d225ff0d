import { expand, skeletons } from '../../machines/expand.ts';
import type { Event, EventOf, Json } from '../events/event.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import { isStraightOn, stepsOf } from '../plan/phases.ts';
import type { Plan } from '../plan/plan.ts';
import type { Branch, RehearsalDebt, UndoneStep } from '../plan/rehearsal-debt.ts';
import { rehearsedDigest, rehearsedPart, restorationChanges, surroundingChanges } from '../plan/rehearsal.ts';
import { branchesOf, branchKey } from '../proof/branches.ts';
import { isOnPaper } from './on-paper.ts';

type RunEvents = readonly Event[];

/** The debt of this plan, by the journals of all runs of its site, oldest first. Rehearsals without effect do not count. Pure. */
export function rehearsalDebt(plan: Plan, runs: readonly RunEvents[]): RehearsalDebt {
  // On paper every step is in doubt until somebody attests it: that walks no branch.
  const walked = runs.filter((events) => ['drill', 'real'].includes(modeOf(events)) && !isOnPaper(events));
  const branches = [...branchesOf(expand(skeletons.activation, plan)), ...lossesOf(plan)];
  const been = new Set(walked.flatMap((events) => walkedIn(events).map(branchKey)));
  const unwalked = branches.filter((branch) => !been.has(branchKey(branch)));
  const rest = { unwalked, branches: branches.length, undone: undoneSteps(plan, walked) };
  const drill = walked.findLast((events) => modeOf(events) === 'drill' && outcomeOf(events) === 'completed');
  const began = drill?.[0];
  if (drill === undefined || began?.type !== 'run.began') {
    return { standing: 'never', changes: [], surroundings: [], ...rest };
  }
  const rehearsed = frozenPlan(began);
  const same = rehearsedDigest(rehearsed) === rehearsedDigest(plan);
  return {
    standing: same ? 'rehearsed' : 'needs-drill',
    lastDrill: { run: began.run, endedAt: drill.at(-1)?.at ?? began.at, version: began.data.version },
    changes: same ? [] : restorationChanges(rehearsedPart(rehearsed), rehearsedPart(plan)),
    surroundings: surroundingChanges(rehearsed, plan),
    ...rest,
  };
}

/** Steps of the straight way that none of these runs did: one that was only simulated, or done by hand, does not count. */
function undoneSteps(plan: Plan, walked: readonly RunEvents[]): readonly UndoneStep[] {
  const done = new Set(walked.flatMap(reallyDone));
  return stepsOf(plan)
    .filter(({ id, kind, phase }) => kind !== 'gate' && isStraightOn(phase) && !done.has(`${kind} ${id}`))
    .map(({ id, phase }) => ({ step: id, phase }));
}

function reallyDone(events: RunEvents): readonly string[] {
  const began = beganOf(events);
  if (began === undefined || began.data.procedure === 'return') return [];
  const kinds = new Map(stepsOf(frozenPlan(began)).map(({ id, kind }) => [id, kind]));
  return events.flatMap((event) =>
    event.type === 'step.done' ? [`${kinds.get(event.data.step) ?? ''} ${event.data.step}`] : [],
  );
}

function beganOf(events: RunEvents): EventOf<'run.began'> | undefined {
  const [first] = events;
  return first?.type === 'run.began' ? first : undefined;
}

function modeOf(events: RunEvents): string {
  return beganOf(events)?.data.mode ?? '';
}

function outcomeOf(events: RunEvents): string {
  return events.findLast((event) => event.type === 'run.ended')?.data.outcome ?? '';
}

/** Datacentres the plan counts on, but the one it recovers to: each may be the one that is lost. */
function lossesOf(plan: Plan): readonly Branch[] {
  const { hosts, service } = plan.world;
  const home = hosts[service.recovery.host]?.datacentre;
  const used = [...new Set(Object.values(hosts).map(({ datacentre }) => datacentre))].sort();
  return used.filter((name) => name !== home).map((subject) => ({ verb: 'lost', subject }));
}

/** Branches this run took. */
function walkedIn(events: RunEvents): readonly Branch[] {
  const began = beganOf(events);
  const procedure = began?.data.procedure;
  if (began === undefined || procedure === 'return') return [];
  const lost = (began.data.situation?.lost ?? []).map((subject): Branch => ({ verb: 'lost', subject }));
  return [
    ...lost,
    ...events.flatMap((event): readonly Branch[] => {
      switch (event.type) {
        case 'gate.decided':
          return event.data.decision === 'reject' ? [{ verb: 'reject', subject: event.data.gate }] : [];
        case 'decision.made':
          return [{ verb: event.data.verb, subject: event.data.subject }];
        case 'step.failed':
          return [{ verb: event.data.kind, subject: event.data.step }];
        case 'run.aborting':
          return [{ verb: 'abort', subject: topOf(event.data.state) }];
        default:
          return [];
      }
    }),
  ];
}

function topOf(state: Json): string {
  if (typeof state === 'string') return state;
  return typeof state === 'object' && state !== null && !Array.isArray(state) ? (Object.keys(state)[0] ?? '') : '';
}
