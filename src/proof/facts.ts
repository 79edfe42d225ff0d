import { removedBy, sidesOf, type Model, type ModelStep } from './model.ts';
import type { Side } from './step-act.ts';

/**
 * How far a side is open to users. `as-found`: nothing was done to it. `either`: a change is under way or unknown. `owed`:
 * closed where it could be reached, else nobody reaches it now, and the site owes closing it when it comes back.
 */
export type Openness = 'as-found' | 'open' | 'closed' | 'owed' | 'either';

export interface SideFacts {
  readonly door: Openness;
  /** Fenced by the host or the provider. `may`: begun, or taken back in part. */
  readonly fenced: 'no' | 'may' | 'yes';
  /** Databases whose roles may be barred. */
  readonly barred: readonly string[];
}

/** What the laws remember of a path, as small as they allow: these multiply the states to look at. Plain values only. */
export interface Facts {
  readonly production: SideFacts;
  readonly recovery: SideFacts;
  /** Record → sides it may point at now. */
  readonly dns: Readonly<Record<string, readonly Side[]>>;
  /** Copies whose source users changed meanwhile, by where they go; and steps that are making one. */
  readonly dirty: readonly string[];
  /** Restoration steps that succeeded or were marked done. */
  readonly restored: readonly string[];
  readonly passed: readonly string[];
  /** Steps of which something may run; `everything` stands for all of a run that is being stopped. */
  readonly mayRun: readonly string[];
  /** What a drill may have made and has not removed. */
  readonly left: readonly string[];
}

export const everything = 'all steps';

/** The world before the first event: who serves, where DNS points. */
export function initialFacts(model: Model): Facts {
  const untouched = { fenced: 'no', barred: [] } as const;
  const recovers = model.origin === 'production';
  return {
    // Activation: production may be dead or alive. Return: users are on the recovery side, production is not open.
    production: { ...untouched, door: recovers ? 'as-found' : 'closed' },
    recovery: { ...untouched, door: recovers ? 'as-found' : 'open' },
    dns: Object.fromEntries(recordsOf(model).map((record) => [record, [model.origin]])),
    dirty: [],
    restored: [],
    passed: [],
    mayRun: [],
    left: [],
  };
}

/** Without DNS in the plan users are taken to be where the procedure found them until it completes. */
function recordsOf(model: Model): readonly string[] {
  return model.records.length > 0 ? model.records : ['users'];
}

/** Users may be changing data on this side now. */
function mayServe(facts: Facts, side: Side): boolean {
  const { door, fenced } = facts[side];
  return door !== 'closed' && fenced !== 'yes' && Object.values(facts.dns).some((sides) => sides.includes(side));
}

/** This side takes writes of whoever comes to it, wherever DNS points: caches and bookmarks are not DNS. */
export function mayTakeWrites(facts: Facts, side: Side): boolean {
  const { door, fenced } = facts[side];
  return door !== 'closed' && door !== 'owed' && fenced !== 'yes';
}

/** This side answers users, or is at least as this run found it. */
export function surelyOpen(facts: Facts, side: Side): boolean {
  const { door, fenced, barred } = facts[side];
  return (door === 'open' || door === 'as-found') && fenced === 'no' && barred.length === 0;
}

/** A step's effect is let loose. */
export function afterStart(facts: Facts, step: ModelStep, model: Model): Facts {
  const made = step.step.kind === 'isolate' ? model.makes : facts.left;
  const next = { ...facts, mayRun: added(facts.mayRun, step.id), left: made };
  const live = step.reads.filter((read) => isChanging(facts, model, read.from.host));
  const dirty = [
    ...facts.dirty.filter((one) => one !== step.id),
    ...(live.length === 0 ? [] : [step.id, ...live.map(({ into }) => into)]),
  ];
  return { ...withService(next, step, 'started'), dns: withDns(facts, step, 'started'), dirty: sorted(dirty) };
}

/** A step succeeded, or a person marked it done. */
export function afterDone(facts: Facts, step: ModelStep, model: Model): Facts {
  const tainted = facts.dirty.includes(step.id);
  const finals = step.reads.filter((read) => read.final).map(({ into }) => into);
  const dirty = facts.dirty.filter((one) => one !== step.id && (tainted || !finals.includes(one)));
  const next = {
    ...facts,
    mayRun: without(facts.mayRun, step.id),
    restored: model.restorations.includes(step) ? added(facts.restored, step.id) : facts.restored,
    dirty,
    left: without(facts.left, removedBy(step.step) ?? ''),
  };
  return { ...withService(next, step, 'done'), dns: withDns(facts, step, 'done') };
}

/** Nothing of the step runs any more: it failed, was stopped, or a person takes responsibility. */
export function afterEnd(facts: Facts, step: string): Facts {
  return { ...facts, mayRun: without(facts.mayRun, step) };
}

/** On the way to an end only who serves matters, and what is left behind. */
export function whenEnding(facts: Facts): Facts {
  const passed = facts.passed.filter((gate) => gate === 'unserved' || gate === 'clean-up');
  return { ...facts, dirty: [], restored: [], passed };
}

/** What runs is stopped as a whole. */
export function whenStopping(facts: Facts): Facts {
  return { ...facts, mayRun: facts.mayRun.length === 0 ? [] : [everything] };
}

/** A person leaves what a clean-up would have removed: the site owes it from then on. Without a step: all of it. */
export function withLeft(facts: Facts, step?: ModelStep): Facts {
  return { ...facts, left: step === undefined ? [] : without(facts.left, removedBy(step.step) ?? '') };
}

export function withPassed(facts: Facts, gate: string): Facts {
  return { ...facts, passed: added(facts.passed, gate) };
}

/** Users may be changing data on this host now. */
export function isChanging(facts: Facts, model: Model, host: string): boolean {
  return sidesOf(model.plan, host).some((side) => mayServe(facts, side));
}

function withService(facts: Facts, step: ModelStep, when: 'started' | 'done'): Facts {
  const { service } = step;
  if (service === undefined) return facts;
  const side = facts[service.side];
  const done = when === 'done';
  const change = (): SideFacts => {
    switch (service.kind) {
      case 'close':
        if (side.door === 'closed') return side;
        return { ...side, door: !done ? 'either' : service.sure ? 'closed' : 'owed' };
      case 'open':
        // Verified from outside once done: whatever the fence did to the host no longer keeps users out.
        if (done) return { ...side, door: side.door === 'as-found' ? 'as-found' : 'open', fenced: 'no' };
        return side.door === 'closed' || side.door === 'owed' ? { ...side, door: 'either' } : side;
      case 'fence':
        return {
          ...side,
          fenced: done ? 'yes' : side.fenced === 'no' ? 'may' : side.fenced,
          barred: service.bars.reduce(added, side.barred),
        };
      case 'lift':
        return {
          ...side,
          fenced: done && service.whole ? 'no' : side.fenced === 'yes' ? 'may' : side.fenced,
          barred: done ? side.barred.filter((one) => !service.bars.includes(one)) : side.barred,
        };
    }
  };
  return { ...facts, [service.side]: change() };
}

function withDns(facts: Facts, step: ModelStep, when: 'started' | 'done'): Facts['dns'] {
  const { moves } = step;
  if (moves === undefined) return facts.dns;
  const next = moves.records.map((record): [string, readonly Side[]] => [
    record,
    when === 'done' ? [moves.to] : added(facts.dns[record] ?? [], moves.to),
  ]);
  return { ...facts.dns, ...Object.fromEntries(next) };
}

function added<T extends string>(list: readonly T[], one: T): readonly T[] {
  return list.includes(one) ? list : sorted([...list, one]);
}

function without(list: readonly string[], one: string): readonly string[] {
  return list.includes(one) ? list.filter((other) => other !== one) : list;
}

function sorted<T extends string>(list: readonly T[]): readonly T[] {
  return [...new Set(list)].sort();
}
