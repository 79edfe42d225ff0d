import type { Event } from '../events/event.ts';
import { lastOpened } from '../events/last-opened.ts';
import { reviewId } from '../events/review-id.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import { parseSignedText } from './approval.ts';
import type { Answer, JudgeContext, JudgedGate } from './policy.ts';

/** What a gate showed last among these events, and the answers that stand under it. */
function answersUnder(events: readonly Event[], gate: string): Omit<JudgedGate, 'policy'> {
  const opened = lastOpened(events, gate);
  if (opened === undefined) return { answers: [] };
  const answers = events.flatMap((event): Answer[] =>
    event.type === 'gate.decided' && event.data.statementDigest === opened.data.digest ? [event.data] : [],
  );
  return { answers, statement: opened.data.statement, statementDigest: opened.data.digest };
}

/** Nonces of the signed words among these events: each is good once. */
export function noncesOf(events: readonly Event[]): ReadonlySet<string> {
  const texts = events.flatMap((event) =>
    'identity' in event.data && event.data.identity?.signed !== undefined ? [event.data.identity.signed] : [],
  );
  const signed = texts.map((text) => parseSignedText(text));
  return new Set(signed.flatMap((one) => (one === undefined ? [] : [one.nonce])));
}

/** What the rule asks of the subject where it is a gate or a step of the plan, or a review; nothing where it is something else. */
export function subjectOnRecord(
  plan: Plan,
  subject: string,
  events: readonly Event[],
): Pick<JudgeContext, 'gate' | 'step' | 'reviewed'> {
  const policy = plan.gates[subject];
  const step = stepsOf(plan).find((one) => one.id === subject && one.kind !== 'gate');
  const reviewed = events.find((event) => event.type === 'gate.decided' && reviewId(event.run, event.data) === subject);
  return {
    ...(policy === undefined ? {} : { gate: { policy, ...answersUnder(events, subject) } }),
    ...(step === undefined ? {} : { step: { skippable: step.skippable, restores: restores(step) } }),
    ...(reviewed?.type === 'gate.decided' ? { reviewed: reviewed.data } : {}),
  };
}

/** A run whose gates want signatures is not taken over on the word of an OS user. */
export function strengthToAdopt(plan: Plan): 'ssh-key' | 'os-user' {
  return Object.values(plan.gates).some((gate) => gate.strength !== 'os-user') ? 'ssh-key' : 'os-user';
}

function restores(step: PlannedStep): boolean {
  return (step.kind === 'copy' || step.kind === 'database') && step.writes.length > 0;
}
