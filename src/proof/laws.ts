import { outsideTarget } from '../plan/isolation.ts';
import { everything, isChanging, mayTakeWrites, surelyOpen, type Facts } from './facts.ts';
import { endsBefore, sidesOf, type Model, type ModelStep } from './model.ts';
import { resourceText } from './resource.ts';

export type LawName =
  | 'dns-last'
  | 'live-untouched'
  | 'freeze-before-last-copy'
  | 'one-writer'
  | 'never-twice'
  | 'always-a-way'
  | 'gate-before-irreversible'
  | 'salvage-first'
  | 'never-unserved'
  | 'one-side-open'
  | 'drill-isolated'
  | 'drill-cleaned';

/** What every law says, for people. */
export const lawSentences: Readonly<Record<LawName, string>> = {
  'dns-last':
    'DNS never moves unless every restoration step succeeded, none was skipped, and the switchover gate was approved',
  'live-untouched': 'nothing writes to a host that serves users',
  'freeze-before-last-copy':
    'nothing is copied from a host users still change without a freeze and a final pass after it',
  'one-writer': 'two lanes never write one resource',
  'never-twice': 'no step is started while it may still run, and nothing runs when the run has ended',
  'always-a-way': 'abort is accepted in every state, and from every state there is a way to an end and to completion',
  'gate-before-irreversible': 'no step that cannot be undone runs without a gate passed before it',
  'salvage-first': 'on return nothing of production is overwritten before the salvage gate is approved',
  'never-unserved': 'no run ends with nobody serving unless an authoriser signed that',
  'one-side-open': 'no side is opened to users while the other may still take writes',
  'drill-isolated':
    'a drill writes inside its isolated target alone, touches nothing the real procedures write, and tells nobody outside',
  'drill-cleaned': 'no drill ends with something left behind unless a person said so',
};

/** A moment the laws look at: a step is about to start, or the run has come to its end. */
export type Moment =
  | { readonly kind: 'start'; readonly step: ModelStep; readonly facts: Facts }
  | { readonly kind: 'end'; readonly end: string; readonly facts: Facts };

/** Undefined: the law holds at this moment. Otherwise what breaks it, in words that follow a story. */
export type Law = (moment: Moment, model: Model) => string | undefined;

export const laws: readonly (readonly [LawName, Law])[] = [
  ['dns-last', dnsLast],
  ['live-untouched', liveUntouched],
  ['freeze-before-last-copy', freezeBeforeLastCopy],
  ['never-twice', neverTwice],
  ['gate-before-irreversible', gateBeforeIrreversible],
  ['salvage-first', salvageFirst],
  ['never-unserved', neverUnserved],
  ['one-side-open', oneSideOpen],
  ['drill-isolated', drillIsolated],
  ['drill-cleaned', drillCleaned],
];

function dnsLast(moment: Moment, model: Model): string | undefined {
  if (moment.kind !== 'start' || moment.step.moves === undefined || moment.step.aside) return undefined;
  const { step, facts } = moment;
  if (!facts.passed.includes('switchover')) return `${step.id} moves DNS, and gate switchover has not been approved`;
  if (model.restorations.length === 0) return `${step.id} moves DNS, and nothing was restored`;
  const missing = model.restorations.filter(({ id }) => !facts.restored.includes(id));
  if (missing.length === 0) return undefined;
  return `${step.id} moves DNS, and ${listed(missing.map(({ id }) => id))} ${missing.length === 1 ? 'has' : 'have'} not succeeded`;
}

function liveUntouched(moment: Moment, model: Model): string | undefined {
  if (moment.kind !== 'start') return undefined;
  const { step, facts } = moment;
  const hit = step.writesLive.find((part) => isChanging(facts, model, part.host));
  return hit === undefined ? undefined : `${step.id} writes ${resourceText(hit)} while ${hit.host} may serve users`;
}

function freezeBeforeLastCopy(moment: Moment, model: Model): string | undefined {
  if (moment.kind === 'end') return undefined;
  const { step, facts } = moment;
  const live = step.reads.find((read) => isChanging(facts, model, read.from.host));
  if (live !== undefined && ![...model.steps.values()].some((later) => isFinalPass(later, step, live.into))) {
    return `${step.id} copies ${resourceText(live.from)} while users still change it, and no final pass comes after a freeze`;
  }
  const leads =
    (step.moves !== undefined && !step.aside) || (step.service?.kind === 'open' && step.service.side === model.target);
  if (!leads || step.aside) return undefined;
  const passes = facts.dirty.filter((one) => one.includes(':'));
  if (passes.length === 0) return undefined;
  return `${step.id} leads users to what was copied to ${passes.join(', ')} while they still changed the source`;
}

/** A later step that brings the same data once more and puts it into use. */
function isFinalPass(later: ModelStep, first: ModelStep, into: string): boolean {
  return !later.aside && endsBefore(first, later) && later.reads.some((read) => read.final && read.into === into);
}

function neverTwice(moment: Moment): string | undefined {
  const { mayRun } = moment.facts;
  if (moment.kind === 'end') {
    return mayRun.length === 0 ? undefined : `the run has ended (${moment.end}), and ${listed(mayRun)} may still run`;
  }
  const running = mayRun.includes(moment.step.id) || mayRun.includes(everything);
  return running ? `${moment.step.id} is started while it may still run` : undefined;
}

function gateBeforeIrreversible(moment: Moment): string | undefined {
  if (moment.kind !== 'start' || !moment.step.step.irreversible) return undefined;
  const { step, facts } = moment;
  if (step.guards.some((gate) => facts.passed.includes(gate))) return undefined;
  const guards =
    step.guards.length === 0 ? 'no gate guards it' : `gate ${step.guards.join(' or ')} has not been approved`;
  return `${step.id} cannot be undone, and ${guards}`;
}

function salvageFirst(moment: Moment, { plan }: Model): string | undefined {
  if (moment.kind !== 'start' || plan.procedure !== 'return' || moment.facts.passed.includes('salvage'))
    return undefined;
  const { step } = moment;
  const hit = step.writesLive.find((part) => sidesOf(plan, part.host).includes('production'));
  if (hit === undefined || step.aside) return undefined;
  return `${step.id} overwrites ${resourceText(hit)} before anybody approved what production still held`;
}

function neverUnserved(moment: Moment, model: Model): string | undefined {
  if (moment.kind !== 'end') return undefined;
  const { end, facts } = moment;
  if (end === 'aborted' && facts.passed.includes('unserved')) return undefined;
  const arrived = end === 'completed';
  for (const [record, sides] of Object.entries(facts.dns)) {
    const expected = arrived && model.records.length === 0 ? [model.target] : sides;
    const astray = arrived ? expected.find((side) => side !== model.target) : undefined;
    if (astray !== undefined) return `the run has ended (${end}), and DNS of ${record} may still point at ${astray}`;
    const closed = expected.find((side) => !surelyOpen(facts, side));
    if (closed !== undefined) {
      return `the run has ended (${end}) while users go to ${closed}, and ${closed} may not serve them`;
    }
  }
  return undefined;
}

function drillIsolated(moment: Moment, { plan }: Model): string | undefined {
  if (moment.kind !== 'start' || plan.procedure !== 'drill') return undefined;
  return outsideTarget(moment.step.step, plan)[0];
}

function drillCleaned(moment: Moment): string | undefined {
  if (moment.kind !== 'end' || moment.facts.left.length === 0) return undefined;
  return `the drill has ended (${moment.end}), and ${listed(moment.facts.left)} may still be there`;
}

/** Two sides that both take writes are two truths: nobody can put them together again. */
function oneSideOpen(moment: Moment): string | undefined {
  if (moment.kind !== 'start') return undefined;
  const { step, facts } = moment;
  const { service } = step;
  if (service === undefined || (service.kind !== 'open' && service.kind !== 'lift')) return undefined;
  // A fence that is lifted behind a closed door lets nobody in yet.
  if (service.kind === 'lift' && ['closed', 'owed'].includes(facts[service.side].door)) return undefined;
  const other = service.side === 'production' ? 'recovery' : 'production';
  if (!mayTakeWrites(facts, other)) return undefined;
  return `${step.id} opens ${service.side} while ${other} may still take writes`;
}

function listed(names: readonly string[]): string {
  return names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
