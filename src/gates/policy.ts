import { DrpError, type ErrorCode } from '../base/errors.ts';
import type { EventOf, Identity, Statement } from '../events/event.ts';
import type { GatePolicy } from '../runbook/schema/world.ts';
import { approvalDiffers } from './approval.ts';
import { identify, isRefusal, peopleOfOsUser, type PeopleContext, type Speaker } from './people.ts';
import { sameWords, sixWords } from './six-words.ts';
import type { Attestation, Word } from './word.ts';

/** An answer that already stands under the statement a gate shows. */
export type Answer = Pick<
  EventOf<'gate.decided'>['data'],
  'decision' | 'person' | 'at' | 'identity' | 'passed' | 'statementDigest'
>;

export interface JudgedGate {
  readonly policy: GatePolicy;
  /** What the gate shows, or showed last; absent while its evidence is gathered. */
  readonly statement?: Statement;
  readonly statementDigest?: string;
  /** All answers under that statement, in order. */
  readonly answers: readonly Answer[];
}

/** Everything a verdict depends on. `at`: now, but never before the last event (a clock that jumps back revives nothing). */
export interface JudgeContext extends PeopleContext {
  readonly run: string;
  readonly starter: { readonly person: string; readonly identity: Identity };
  readonly driver: { readonly osUser: string; readonly person?: string };
  /** Verbs the word's subject accepts now, as in `Waiting.verbs`. */
  readonly accepted: readonly string[];
  /** Where the subject is a gate. */
  readonly gate?: JudgedGate;
  /** Where the subject is a step: `restores` = it writes data users will see. */
  readonly step?: { readonly skippable: boolean; readonly restores: boolean };
  /** Where the subject is a review: the answer that is to be looked at again. */
  readonly reviewed?: Pick<Answer, 'person' | 'identity'>;
  /** Least strength a deciding word must have; absent: any. */
  readonly leastStrength?: string;
  /** Nonces of signed words already taken in this run. */
  readonly nonces?: ReadonlySet<string>;
}

/** Whether an answer counts, and why not; the only way to one, whatever path the word took. */
export type Verdict =
  | {
      readonly kind: 'accepted';
      readonly person: string;
      readonly identity: Identity;
      /** approve: the gate's policy is met with this answer. */
      readonly passed: boolean;
      readonly reason: string;
      /** When it was said: signed, or now. */
      readonly at: string;
      /** To keep for `JudgeContext.nonces`; absent where nothing was signed. */
      readonly nonce?: string;
    }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly text: string;
      readonly hint: string;
      readonly person: string;
    };

/** A signed word is good this long: it is typed and sent, not kept. */
const wordLifeMs = 3_600_000;
const strengths = ['os-user', 'ssh-key', 'hardware-key', 'hardware-key-pin'];
/** Roles whose word decides about steps and runs. */
export const deciders: readonly string[] = ['operator', 'authoriser'];

/**
 * Whether a word counts: the one rule for every verb and every path (prompt, command, signed file). Pure; the caller
 * journals what it says, refusals too. Settling an obligation is `decide` with decision `settle` and `accepted: ['settle']`.
 */
export function judge(word: Word, context: JudgeContext): Verdict {
  let speaker: Speaker | undefined;
  try {
    speaker = word.attested === undefined ? identify(word, context) : identifyAttested(word, word.attested, context);
    if (word.run !== context.run) refuse('word-not-now', { ...asked(word) });
    checkFreshness(word, speaker, context);
    const passed = judgeVerb(word, speaker, context);
    const at = speaker.signed?.at ?? context.at;
    const nonce = speaker.signed === undefined ? {} : { nonce: speaker.signed.nonce };
    return {
      kind: 'accepted',
      person: speaker.person,
      identity: speaker.identity,
      passed,
      reason: word.reason,
      at,
      ...nonce,
    };
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const { code, message, hint } = thrown;
    return { kind: 'refused', code, text: message, hint, person: speaker?.person ?? word.person ?? word.osUser };
  }
}

function judgeVerb(word: Word, speaker: Speaker, context: JudgeContext): boolean {
  switch (word.verb) {
    case 'approve':
      return word.breakGlass === true ? judgeBreakGlass(word, speaker, context) : judgeApproval(word, speaker, context);
    case 'reject':
      judgeRejection(word, speaker, context);
      return false;
    case 'decide':
      judgeDecision(word, speaker, context);
      return false;
    case 'abort':
      needReason(word, 'abort');
      needRole(word, context, { person: speaker.person, roles: deciders });
      return false;
    case 'note':
      if (word.reason.trim() === '') refuse('reason-missing', { verb: 'note', what: 'a text' });
      return false;
  }
}

function judgeApproval(word: Word, speaker: Speaker, context: JudgeContext): boolean {
  const { gate, statement } = openGate(word, speaker, context);
  const { policy } = gate;
  if (context.at > statement.expiresAt) refuse('approval-expired', { ...asked(word), expiresAt: statement.expiresAt });
  needRole(word, context, { person: speaker.person, roles: policy.roles });
  if (policy.notTheStarter && isSamePerson(speaker, context.starter))
    refuse('starter-may-not', { ...asked(word), person: speaker.person });
  if (speaker.identity.strength !== 'attested') needStrength(word, speaker, policy.strength);
  const approvals = gate.answers.filter(({ decision }) => decision === 'approve');
  if (approvals.some((answer) => isSamePerson(speaker, answer) || shareVoice(speaker, answer))) {
    refuse('second-person-needed', {
      ...asked(word),
      person: speaker.person,
      reason: 'an approval by the same user or key is already there',
    });
  }
  checkRed(word, statement);
  return approvals.length + 1 >= policy.approvals;
}

function judgeRejection(word: Word, speaker: Speaker, context: JudgeContext): void {
  const { gate } = openGate(word, speaker, context);
  needReason(word, 'reject');
  // Saying no is safe: no strength, no expiry, and the operator may do it at any gate.
  needRole(word, context, { person: speaker.person, roles: [...new Set([...gate.policy.roles, 'operator'])] });
}

function judgeDecision(word: Word, speaker: Speaker, context: JudgeContext): void {
  const verb = word.decision ?? '';
  needRole(word, context, { person: speaker.person, roles: deciders });
  needReason(word, verb);
  needStrength(word, speaker, context.leastStrength ?? 'os-user');
  if (verb === 'skip' && context.step?.skippable === false) refuse('not-skippable', { step: word.subject });
  // A gate is passed or rejected by approve and reject alone: their rules must not be reachable by another verb.
  if (verb === 'approve' || verb === 'reject' || !context.accepted.includes(verb))
    refuse('word-not-now', { ...asked(word), verb });
  if (verb === 'settle') needAnotherReviewer(word, speaker, context);
  if (verb !== 'mark-done') return;
  if ((word.evidence ?? '').trim() === '') refuse('reason-missing', { verb, what: 'evidence of what was done' });
  if (context.step?.restores === true && isDriver(speaker, context)) {
    const reason = 'a restoration done by hand is attested by someone other than who drives the run';
    refuse('second-person-needed', { ...asked(word), verb, person: speaker.person, reason });
  }
}

/** Nobody looks again at what they did themselves: who answered aside from the policy, or attested it. */
function needAnotherReviewer(word: Word, speaker: Speaker, { reviewed }: JudgeContext): void {
  if (reviewed === undefined) return;
  const behind = reviewed.identity.attested?.by;
  if (!isSamePerson(speaker, reviewed) && speaker.person !== behind) return;
  const reason = 'a review is by someone other than who gave the answer, or attested it';
  refuse('second-person-needed', { ...asked(word), verb: 'settle', person: speaker.person, reason });
}

/** The gate, open, showing the statement the answer stands under; refuses everything else. */
function openGate(word: Word, speaker: Speaker, context: JudgeContext): { gate: JudgedGate; statement: Statement } {
  const { gate } = context;
  if (gate === undefined) return refuse('word-not-now', { ...asked(word) });
  const decided = gate.answers.find(
    ({ passed, decision, person }) => passed || decision === 'reject' || person === speaker.person,
  );
  if (decided !== undefined) {
    const { person, at, decision } = decided;
    refuse('already-decided', { ...asked(word), person, at, decision });
  }
  const { statement, statementDigest } = gate;
  if (statement === undefined || !context.accepted.includes(word.verb))
    return refuse('word-not-now', { ...asked(word) });
  const { signed } = speaker;
  if (signed?.format === 'drp-approval@v1') {
    const field = approvalDiffers(signed, statement);
    if (field !== undefined) refuse('approval-stale', { ...asked(word), reason: `another ${field}` });
  } else if (word.statementDigest !== statementDigest) {
    refuse('approval-stale', {
      ...asked(word),
      reason: word.statementDigest === undefined ? 'it names none' : 'another digest',
    });
  }
  return { gate, statement };
}

function checkRed(word: Word, statement: Statement): void {
  const { red, fixed } = redTitles(statement);
  if (fixed.length > 0) refuse('evidence-red', { ...asked(word), what: fixed.join(', ') });
  if (red.length > 0 && word.reason.trim() === '')
    refuse('override-needs-reason', { ...asked(word), what: red.join(', ') });
}

/** Titles of red findings; `fixed`: those that no reason overrides, so that nobody can approve while they stand. */
export function redTitles({ evidence, procedure }: Pick<Statement, 'evidence' | 'procedure'>): {
  readonly red: readonly string[];
  readonly fixed: readonly string[];
} {
  const red = evidence.filter(({ severity }) => severity === 'red');
  const fixed = red.filter(({ overridable }) => overridable === false || procedure === 'return');
  return { red: red.map(({ title }) => title), fixed: fixed.map(({ title }) => title) };
}

/** One person passes the gate alone: any strength and quorum, but never against a red that nobody may override. */
function judgeBreakGlass(word: Word, speaker: Speaker, context: JudgeContext): boolean {
  const { gate, statement } = openGate(word, speaker, context);
  if (gate.policy.breakGlass !== true) refuse('not-allowed-here', { ...asked(word), what: 'break-glass' });
  if (word.signed !== undefined || word.attested !== undefined)
    refuse('not-allowed-here', { ...asked(word), what: 'break-glass with a signature or over the phone' });
  if (context.at > statement.expiresAt) refuse('approval-expired', { ...asked(word), expiresAt: statement.expiresAt });
  needReason(word, 'approve');
  needRole(word, context, { person: speaker.person, roles: deciders });
  checkRed(word, statement);
  return true;
}

/**
 * The person at the phone, on the word of who speaks here: the six words of the statement are right, the number and a second
 * witness are named, and the three are different people. What the gate asks of its approver is judged as ever.
 */
function identifyAttested(word: Word, attested: Attestation, context: JudgeContext): Speaker {
  const { attested: _, ...own } = word;
  const by = identify(own, context);
  const { person, number, witness } = attested;
  const wrong = (what: string): never => refuse('not-allowed-here', { ...asked(word), what });
  if (word.verb !== 'approve' || context.gate?.policy.attested !== true) wrong('an approval over the phone');
  if (word.signed !== undefined) wrong('a signature over the phone');
  if (context.people[person] === undefined) refuse('person-unknown', { who: `'${person}'` });
  needRole(word, context, { person: by.person, roles: deciders });
  if (!sameWords(attested.words, sixWords(context.gate?.statementDigest ?? '0')))
    wrong('another statement than the six words');
  if (number.trim() === '' || witness.trim() === '')
    refuse('reason-missing', { verb: 'approve', what: 'number and witness' });
  if (new Set([by.person, person, witness.trim()]).size < 3) wrong('one person in two places');
  return {
    person,
    identity: { strength: 'attested', attested: { by: by.person, osUser: word.osUser, number, witness } },
  };
}

function checkFreshness(word: Word, speaker: Speaker, context: JudgeContext): void {
  const { signed } = speaker;
  if (signed === undefined || signed.format === 'drp-approval@v1') return;
  if (context.nonces?.has(signed.nonce) === true) refuse('signature-invalid', { reason: 'it was already taken once' });
  if (Math.abs(Date.parse(context.at) - Date.parse(signed.at)) > wordLifeMs) {
    refuse('signature-invalid', { reason: `it was made at ${signed.at}, too far from now (${context.at})` });
  }
}

function needRole(
  word: Word,
  context: JudgeContext,
  need: { readonly person: string; readonly roles: readonly string[] },
): void {
  requireRole(context.people, need, { ...asked(word), verb: word.decision ?? word.verb });
}

/** Throws role-missing, which names who has one of these roles, where the person has none. */
export function requireRole(
  people: JudgeContext['people'],
  { person, roles }: { readonly person: string; readonly roles: readonly string[] },
  about: { readonly run: string; readonly verb: string; readonly subject: string },
): void {
  const has = (name: string): boolean => people[name]?.roles.some((role) => roles.includes(role)) === true;
  if (has(person)) return;
  const able = Object.keys(people).filter(has);
  const who = able.length === 0 ? 'nobody in the runbook of this run' : able.join(', ');
  refuse('role-missing', { ...about, person, roles: roles.join(' or '), who });
}

function needStrength(word: Word, speaker: Speaker, needed: string): void {
  const found = speaker.identity.strength;
  if (strengths.indexOf(found) < strengths.indexOf(needed))
    refuse('strength-too-low', { ...asked(word), needed, found });
}

function needReason(word: Word, verb: string): void {
  if (word.reason.trim() === '') refuse('reason-missing', { verb, what: 'a reason' });
}

/** The same person, or nothing that tells two people apart: one OS user without signatures, or one key. */
function isSamePerson(one: Speaker, other: { readonly person: string; readonly identity: Identity }): boolean {
  if (one.person === other.person) return true;
  const { fingerprint, osUser } = one.identity;
  if (fingerprint !== undefined) return fingerprint === other.identity.fingerprint;
  return osUser !== undefined && osUser === other.identity.osUser;
}

/** One of two approvals over the phone rests on the word of who gave, or attested, the other. */
function shareVoice(one: Speaker, other: Pick<Answer, 'person' | 'identity'>): boolean {
  const behind = ({ person, identity }: Pick<Answer, 'person' | 'identity'>): string => identity.attested?.by ?? person;
  return behind(one) === behind(other);
}

function isDriver(speaker: Speaker, context: JudgeContext): boolean {
  const { driver, starter, people } = context;
  const behind = peopleOfOsUser(people, driver.osUser);
  const person = driver.person ?? (behind.length === 1 ? behind[0] : starter.person);
  return isSamePerson(speaker, { person: person ?? '', identity: { strength: 'os-user', osUser: driver.osUser } });
}

function asked(word: Word): { run: string; verb: string; subject: string; gate: string } {
  return { run: word.run, verb: word.verb, subject: word.subject, gate: word.subject };
}

function refuse(code: ErrorCode, details: Readonly<Record<string, string | undefined>>): never {
  throw new DrpError(code, details);
}
