import type { Plan } from '../plan/plan.ts';
import type { GatePolicy } from '../runbook/schema/world.ts';
import { strengthToAdopt } from './on-record.ts';
import { keysOfPerson } from './people.ts';
import { deciders } from './policy.ts';

/** What a person may do at one place, and under which condition or why not. */
export interface MayAnswer {
  readonly person: string;
  readonly may: 'yes' | 'unless-starter' | 'no';
  readonly why: string;
  /** Where `may` is no: ways past the ordinary policy, each of which leaves a review. */
  readonly aside?: 'phone' | 'alone';
}

/** A key that was good at the time asked about, and soon is not. */
export interface EndingKey {
  readonly person: string;
  readonly until: string;
  /** Whole days left. */
  readonly days: number;
  /** The person has another key that lasts longer. */
  readonly another: boolean;
}

/** One gate or deciding verb with everybody's answer. */
export interface MayRow {
  readonly what: string;
  readonly needs: string;
  /** Different people that must say yes, and whether that many can. */
  readonly approvals: number;
  readonly enough: boolean;
  readonly people: readonly MayAnswer[];
}

export interface MayTable {
  readonly procedure: string;
  readonly gates: readonly MayRow[];
  readonly verbs: readonly MayRow[];
  readonly ending: readonly EndingKey[];
}

const dayMs = 86_400_000;
/** A new key takes days: to make, to bring over safely, to sign in. */
const endingDays = 30;

const strengths = ['os-user', 'ssh-key', 'hardware-key', 'hardware-key-pin'] as const;
type Strength = (typeof strengths)[number];

/**
 * Who may pass each gate of a plan and say each deciding word: by role, by strength of identity and the keys that are
 * there and good at `at`, and whether the starter of the run is left out.
 */
export function whoCan(plan: Plan, at: string): MayTable {
  const gates = Object.values(plan.gates).map((gate) => gateRow(plan, gate, at));
  const verbs = verbPolicies.map(({ what, roles, notTheStarter, signed }) => {
    const strength = signed === true ? strengthToAdopt(plan) : 'os-user';
    const policy = { ...anyStrength(roles), strength, notTheStarter: notTheStarter === true };
    const row = rowOf(plan, { what, policy, at });
    return notTheStarter === true ? { ...row, needs: row.needs.replace('not the starter', 'not who drives') } : row;
  });
  return { procedure: plan.procedure, gates, verbs, ending: endingKeys(plan, at) };
}

/** Keys that are good at `at` and not thirty days later. */
function endingKeys(plan: Plan, at: string): readonly EndingKey[] {
  const nowMs = Date.parse(at);
  return Object.keys(plan.world.people).flatMap((person) => {
    const good = keysAt(plan, person, at).filter(({ invalid }) => invalid === undefined);
    const ends = good.map(({ validBeforeMs }) => validBeforeMs ?? Infinity);
    const lasts = Math.max(...ends);
    return ends
      .filter((endMs) => endMs - nowMs < endingDays * dayMs)
      .map((endMs) => ({
        person,
        until: new Date(endMs).toISOString(),
        days: Math.floor((endMs - nowMs) / dayMs),
        another: lasts - nowMs >= endingDays * dayMs,
      }));
  });
}

function keysAt(plan: Plan, person: string, at: string): ReturnType<typeof keysOfPerson> {
  const signers = plan.allowedSigners === undefined ? {} : { allowedSigners: plan.allowedSigners };
  return keysOfPerson(person, { people: plan.world.people, at, ...signers });
}

const everybody: GatePolicy['roles'] = ['authoriser', 'operator', 'approver'];
const deciding = everybody.filter((role) => deciders.includes(role));
const verbPolicies: readonly {
  readonly what: string;
  readonly roles: GatePolicy['roles'];
  readonly notTheStarter?: true;
  /** Signed where any gate asks for a signature. */
  readonly signed?: true;
}[] = [
  { what: 'reject a gate of others', roles: ['operator'] },
  { what: 'decide (retry, skip, …)', roles: deciding },
  { what: 'mark-done (copy, import)', roles: deciding, notTheStarter: true },
  { what: 'abort', roles: deciding },
  { what: 'handover, takeover', roles: deciding },
  { what: 'run adopt', roles: deciding, signed: true },
  { what: 'obligation, lesson', roles: deciding },
  { what: 'note', roles: everybody },
];

function anyStrength(roles: GatePolicy['roles']): GatePolicy {
  return { roles, approvals: 1, notTheStarter: false, strength: 'os-user', expiresMs: 0 };
}

function gateRow(plan: Plan, gate: GatePolicy & { readonly id: string }, at: string): MayRow {
  return rowOf(plan, { what: gate.id, policy: gate, at });
}

function rowOf(plan: Plan, asked: { readonly what: string; readonly policy: GatePolicy; readonly at: string }): MayRow {
  const { what, policy, at } = asked;
  const people = Object.keys(plan.world.people).map((person) => {
    const answer = answerOf(plan, person, { policy, at });
    const aside = answer.may === 'no' ? asideOf(plan, person, policy) : undefined;
    return aside === undefined ? answer : { ...answer, aside };
  });
  const able = people.filter(({ may }) => may !== 'no').length;
  // One of them may be the starter, who does not count.
  const counted =
    policy.notTheStarter && people.every(({ may }) => may !== 'yes') ? able - starters(plan, people) : able;
  return { what, needs: needsText(policy), approvals: policy.approvals, enough: counted >= policy.approvals, people };
}

/** A person of the right role approves over the phone; an operator or authoriser passes the gate alone. */
function asideOf(plan: Plan, person: string, policy: GatePolicy): MayAnswer['aside'] {
  const known = plan.world.people[person];
  const has = (roles: readonly string[]): boolean => (known?.roles ?? []).some((role) => roles.includes(role));
  if (policy.attested === true && has(policy.roles)) return 'phone';
  return policy.breakGlass === true && has(deciders) && known?.osUser !== undefined ? 'alone' : undefined;
}

/** 1 where the run can only have been started by somebody who is then missing here. */
function starters(plan: Plan, people: readonly MayAnswer[]): number {
  const others = Object.keys(plan.world.people).filter(
    (person) => people.find((one) => one.person === person)?.may === 'no' && startable(plan, person),
  );
  return others.length === 0 ? 1 : 0;
}

function startable(plan: Plan, person: string): boolean {
  return (plan.world.people[person]?.roles ?? []).some((role) => deciders.includes(role));
}

function answerOf(
  plan: Plan,
  person: string,
  { policy, at }: { readonly policy: GatePolicy; readonly at: string },
): MayAnswer {
  const known = plan.world.people[person];
  const roles = known?.roles ?? [];
  if (!roles.some((role) => policy.roles.includes(role))) {
    return { person, may: 'no', why: `is ${roles.join(' and ')}` };
  }
  const strongest = strengthOf(plan, person, at);
  if (strongest.strength === undefined) return { person, may: 'no', why: strongest.why };
  if (strengths.indexOf(strongest.strength) < strengths.indexOf(policy.strength)) {
    return { person, may: 'no', why: strongest.why === '' ? `has no ${policy.strength}` : strongest.why };
  }
  return policy.notTheStarter
    ? { person, may: 'unless-starter', why: 'unless this person started the run' }
    : { person, may: 'yes', why: `by ${strongest.strength.replace('-pin', '')}` };
}

/** The strongest identity a person can show; `why`: what stands in the way of a stronger one. */
function strengthOf(
  plan: Plan,
  person: string,
  at: string,
): { readonly strength: Strength | undefined; readonly why: string } {
  const keys = keysAt(plan, person, at);
  const good = keys.filter((key) => key.invalid === undefined);
  const why = keys.find((key) => key.invalid !== undefined)?.invalid ?? '';
  const said = why === '' ? '' : `has a key, and ${why}`;
  // Whether it takes a PIN shows only when it signs.
  if (good.some((key) => key.hardware)) return { strength: 'hardware-key-pin', why: said };
  if (good.length > 0) return { strength: 'ssh-key', why: said };
  if (plan.world.people[person]?.osUser !== undefined) return { strength: 'os-user', why: said };
  return { strength: undefined, why: said === '' ? 'has no key and no OS user' : said };
}

function needsText({ roles, approvals, notTheStarter, strength, attested, breakGlass }: GatePolicy): string {
  const count = approvals === 1 ? '' : `${approvals} of `;
  const aside = `${attested === true ? '; or phone' : ''}${breakGlass === true ? '; or break-glass' : ''}`;
  return `${count}${roles.join(' or ')}, ${strength}${notTheStarter ? ', not the starter' : ''}${aside}`;
}
