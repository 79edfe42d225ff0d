import { createHash } from 'node:crypto';
import { systemClock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import { explore, type Breach } from './explore.ts';
import { lawSentences, type LawName } from './laws.ts';
import { modelOf } from './model.ts';
import { laneGroups, sharedWrites, unfinishedRestorations } from './static-laws.ts';

/** The verdict over every path of a plan's machine. */
export interface Proof {
  readonly safe: boolean;
  /** The procedure. */
  readonly name: string;
  readonly states: number;
  readonly transitions: number;
  readonly ms: number;
  /** At most one a law: the shortest. */
  readonly breaches: readonly Breach[];
  /** Phases with lanes, and into which groups these fall: lanes of one group see each other, so every order of them was looked at. */
  readonly lanes: readonly {
    readonly phase: string;
    readonly groups: readonly (readonly string[])[];
    /** One order of the groups stood for all of them. */
    readonly reduced: boolean;
  }[];
}

export interface ProofOptions {
  /** Every order of every lane, also where lanes cannot see each other. */
  readonly exhaustive?: boolean;
  readonly maxStates?: number;
}

/** Fifty times what a runbook of one site needs with its lanes held back. */
const defaultMaxStates = 50_000;

/**
 * Looks at every path of the plan's machine under the laws. Pure but for the stop watch. What it proves it proves of
 * the machine and of what steps declare; a command that does more than it declares is not caught. Throws
 * proof-too-large.
 */
export function provePlan(plan: Plan, options: ProofOptions = {}): Proof {
  const startedMs = systemClock.nowMs();
  const model = modelOf(plan);
  const fixed: readonly Breach[] = [
    ...sharedWrites(model)
      .slice(0, 1)
      .map((story): Breach => ({ law: 'one-writer', story })),
    ...unfinishedRestorations(model)
      .slice(0, 1)
      .map((story): Breach => ({ law: 'dns-last', story })),
  ];
  const sharing = laneGroups(model);
  const groups = options.exhaustive === true ? new Map<string, never>() : sharing;
  const found = explore(model, {
    groups,
    maxStates: options.maxStates ?? defaultMaxStates,
    unsafe: fixed.length > 0,
  });
  const breaches = [...fixed, ...found.breaches.filter(({ law }) => !fixed.some((one) => one.law === law))];
  return {
    safe: breaches.length === 0,
    name: plan.procedure,
    states: found.states,
    transitions: found.transitions,
    ms: systemClock.nowMs() - startedMs,
    breaches,
    lanes: [...sharing].flatMap(([phase, all]) =>
      all.flat().length < 2 ? [] : [{ phase, groups: all, reduced: options.exhaustive !== true && all.length > 1 }],
    ),
  };
}

/** Throws plan-unsafe, with the stories as its problems, where the plan breaks a law. */
export function requireSafe(plan: Plan, options: ProofOptions = {}): Proof {
  const proof = provePlan(plan, options);
  const [first] = proof.breaches;
  if (first === undefined) return proof;
  const problems = proof.breaches.map((breach) => ({ message: `${lawText(breach.law)}: ${breach.story.join(' → ')}` }));
  throw new DrpError('plan-unsafe', { law: lawText(first.law), site: plan.site }, { problems });
}

/** Stands for what was proven of which plan by which drp, the same wherever it is computed. */
export function proofDigest(
  proof: Proof,
  of: { readonly plan: Pick<Plan, 'digest'>; readonly version: string },
): string {
  const { safe, name, states, transitions, breaches } = proof;
  const stories = breaches.map(({ law, story }) => [law, ...story]);
  return createHash('sha256')
    .update(JSON.stringify([of.plan.digest, of.version, name, safe, states, transitions, stories]))
    .digest('hex');
}

export function lawText(law: LawName): string {
  return lawSentences[law];
}
