import type { Event } from '../events/event.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan } from '../plan/plan.ts';

/** A duty the site still has. */
export interface OpenObligation {
  readonly id: string;
  readonly run: string;
  readonly kind: string;
  readonly text: string;
  readonly step?: string;
  readonly sinceAt: string;
}

/** Where a site stands, told by the journals of all its real runs. */
export interface SiteState {
  readonly site: string;
  /** The side DNS was last switched to by a step that ended well. */
  readonly serving: 'production' | 'recovery';
  readonly servingSinceAt?: string;
  readonly obligations: readonly OpenObligation[];
  /** Run that has begun and not ended. */
  readonly unfinished?: string;
  /** Last activation whose switch reached the recovery side: what a return comes back from. */
  readonly activation?: string;
}

/** Folds the events of a site's runs, oldest run first. Rehearsals do not count. */
export function siteState(site: string, runs: readonly (readonly Event[])[]): SiteState {
  let state: SiteState = { site, serving: 'production', obligations: [] };
  for (const events of runs) {
    const first = events[0];
    if (first?.type !== 'run.began') continue;
    if (first.data.mode === 'real') state = foldRun(state, first, events);
    // A drill moves nobody and claims no side; what it could not clean up the site owes all the same.
    if (first.data.mode === 'drill') state = { ...state, obligations: owedAfter(state.obligations, events) };
  }
  return state;
}

function foldRun(before: SiteState, first: Extract<Event, { type: 'run.began' }>, events: readonly Event[]): SiteState {
  const switches = switchSteps(frozenPlan(first));
  let { serving, servingSinceAt, activation } = before;
  let ended = false;
  for (const event of events) {
    switch (event.type) {
      case 'decision.made':
      case 'step.done': {
        const done = event.type === 'step.done' ? event.data.step : markedDone(event);
        const to = switches.get(done);
        if (to === undefined) break;
        serving = to;
        servingSinceAt = event.at;
        if (to === 'recovery' && first.data.procedure === 'activation') activation = first.run;
        break;
      }
      case 'run.ended':
        ended = true;
        break;
      default:
    }
  }
  return {
    site: before.site,
    serving,
    ...(servingSinceAt === undefined ? {} : { servingSinceAt }),
    obligations: owedAfter(before.obligations, events),
    ...(ended ? {} : { unfinished: first.run }),
    ...(activation === undefined ? {} : { activation }),
  };
}

/** What is owed behind these events. */
function owedAfter(before: readonly OpenObligation[], events: readonly Event[]): readonly OpenObligation[] {
  const obligations = new Map(before.map((one) => [one.id, one]));
  for (const event of events) {
    if (event.type === 'obligation.settled') obligations.delete(event.data.id);
    if (event.type !== 'obligation.opened') continue;
    const { id, kind, text, step } = event.data;
    const owed = { id, kind, text, run: event.run, sinceAt: event.at };
    obligations.set(id, step === undefined ? owed : { ...owed, step });
  }
  return [...obligations.values()];
}

function markedDone(event: Extract<Event, { type: 'decision.made' }>): string {
  return event.data.verb === 'mark-done' ? event.data.subject : '';
}

/** Steps that move the service's DNS name, with the side they move it to. */
function switchSteps(plan: Plan): ReadonlyMap<string, 'production' | 'recovery'> {
  const found = new Map<string, 'production' | 'recovery'>();
  for (const { id, spec } of stepsOf(plan)) {
    if (spec.kind === 'dns' && spec.do === 'switch' && spec.to !== undefined) found.set(id, spec.to);
  }
  return found;
}
