import { DrpError, isDrpError, type ErrorCode } from '../base/errors.ts';
import type { Draft, EventData } from '../events/event.ts';
import { lastOpened } from '../events/last-opened.ts';
import { reviewId } from '../events/review-id.ts';
import { watchOf } from '../events/watch.ts';
import { noncesOf, subjectOnRecord } from '../gates/on-record.ts';
import { deciders, judge, type JudgeContext, type Verdict } from '../gates/policy.ts';
import type { Word, WordAnswer } from '../gates/word.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Person } from '../runbook/schema/world.ts';
import { copyNamed } from './copy-named.ts';
import { moving } from './drafts.ts';
import { stepOf, type Driving } from './driving.ts';
import { acceptedNow } from './fold.ts';
import { refuseStaleEvidence, renewExpired } from './fresh-evidence.ts';
import { refuseLateHold } from './hold.ts';
import { verifyStep } from './launch.ts';
import { mustStillHold, owedOnPaper } from './on-paper.ts';

type Accepted = Extract<Verdict, { kind: 'accepted' }>;

/** Postconditions are read within this time, ms. */
const recheckMs = 60_000;

/** Judges a word, journals what it says or that it was refused, and says which. Refusals are the speaker's to mend. */
export async function hearWord(driving: Driving, word: Word): Promise<WordAnswer> {
  // A signed text cannot be redacted without breaking its signature, so it must not hold a secret in the first place.
  const held = driving.redaction.finds(
    [word.subject, word.reason, word.evidence, word.person, word.signed?.text].join('\n'),
  );
  const verdict = held === undefined ? judge(word, judgeContext(driving, word)) : secretRefused(word, held);
  if (verdict.kind === 'refused') {
    const answer = await refuse(driving, word, verdict);
    if (verdict.code === 'approval-expired') await renewExpired(driving, word.subject);
    return answer;
  }
  try {
    return { kind: 'accepted', text: await obey(driving, word, verdict) };
  } catch (thrown) {
    if (!isDrpError(thrown) || thrown.exitCode === 5) throw thrown;
    const { code, message, hint } = thrown;
    return await refuse(driving, word, { code, text: message, hint, person: verdict.person });
  }
}

function secretRefused(word: Word, secret: string): Extract<Verdict, { kind: 'refused' }> {
  const { code, message, hint } = new DrpError('word-holds-secret', { secret });
  return { kind: 'refused', code, text: message, hint, person: word.osUser };
}

async function refuse(
  driving: Driving,
  word: Word,
  why: { readonly code: ErrorCode; readonly text: string; readonly hint: string; readonly person: string },
): Promise<WordAnswer> {
  const { code, text, hint, person } = why;
  await driving.log.append([
    {
      type: 'word.refused',
      by: person,
      data: { verb: word.decision ?? word.verb, subject: word.subject, person, code, reason: text },
    },
  ]);
  return { kind: 'refused', code, text, hint };
}

async function obey(driving: Driving, word: Word, verdict: Accepted): Promise<string> {
  const { person, identity } = verdict;
  const reason = word.reason;
  switch (word.verb) {
    case 'approve':
    case 'reject':
      return await decideGate(driving, word, verdict);
    case 'decide':
      return await decide(driving, word, verdict);
    case 'abort':
      await append(
        driving,
        word,
        moving(driving.log.run, { type: 'run.aborting', by: person, data: { person, reason, identity } }),
      );
      return 'aborting: what runs is being stopped';
    case 'note':
      await driving.log.append([{ type: 'note.added', by: person, data: { person, text: reason, identity } }]);
      return 'noted';
  }
}

async function decideGate(driving: Driving, word: Word, verdict: Accepted): Promise<string> {
  const { log } = driving;
  const gate = word.subject;
  const opened = lastOpened(log.events, gate);
  if (opened === undefined || (word.verb !== 'approve' && word.verb !== 'reject')) {
    throw new DrpError('word-not-now', { verb: word.verb, subject: gate, run: log.began.run });
  }
  if (word.verb === 'approve') await refuseStaleEvidence(driving, gate);
  const { person, identity, at } = verdict;
  // A rejection decides at once; an approval passes with the answer that completes the policy.
  const passed = word.verb === 'reject' || verdict.passed;
  const data = {
    gate,
    attempt: opened.data.statement.attempt,
    decision: word.verb,
    person,
    reason: word.reason,
    at,
    identity,
    statementDigest: opened.data.digest,
    passed,
    ...(word.breakGlass === true ? { breakGlass: true as const } : {}),
  };
  const decided = moving(log.run, { type: 'gate.decided', by: person, data });
  await append(driving, word, [decided, ...reviewOf(data, log.began.run)]);
  if (word.verb === 'reject') return `gate '${gate}' rejected by ${person}`;
  return passed
    ? `gate '${gate}' passed with the approval of ${person}`
    : `approval of ${person} kept; the gate needs another person`;
}

async function decide(driving: Driving, word: Word, verdict: Accepted): Promise<string> {
  const { log } = driving;
  const { person, identity } = verdict;
  const { subject, reason, decision = '' } = word;
  if (decision === 'handover') {
    const from = watchOf(log.events)?.person ?? person;
    await log.append([{ type: 'watch.handed', by: person, data: { person, from, to: subject, reason, identity } }]);
    return `${subject} has the watch of run ${log.began.run}`;
  }
  if (decision === 'renew') {
    await append(
      driving,
      word,
      moving(log.run, { type: 'gate.renewed', by: person, data: { gate: subject, reason, person, identity } }),
    );
    return `the evidence of gate '${subject}' is being gathered anew`;
  }
  if (decision === 'hold') refuseLateHold(log.plan, log.events);
  const chosen = decision === 'choose' ? copyNamed(log.events, word) : undefined;
  const seen: Seen = decision === 'mark-done' ? await seenNow(driving, subject) : { lines: [] };
  const verb = decision as 'retry';
  const evidence = [word.evidence ?? '', ...seen.lines].filter((line) => line !== '').join('\n');
  const data = {
    verb,
    subject,
    person,
    reason,
    identity,
    ...(evidence === '' ? {} : { evidence }),
    ...(chosen === undefined ? {} : { choice: chosen }),
  };
  const decided = moving(log.run, { type: 'decision.made', by: person, data });
  const step = stepsOf(log.plan).find((one) => one.id === subject);
  const unfenced = owedOnPaper(step, { run: log.began.run, seq: log.events.length + 1, against: seen.against });
  const owed = [...leftBehind(log, { verb, subject, person, reason }), ...unfenced];
  await append(driving, word, [decided, ...owed]);
  return `${subject}: ${decision}, by ${person}`;
}

/** A clean-up of a drill that a person leaves undone is a duty of the site from then on. */
function leftBehind(
  { plan, began }: Driving['log'],
  said: { readonly verb: string; readonly subject: string; readonly person: string; readonly reason: string },
): readonly Draft[] {
  const { verb, subject, person, reason } = said;
  if (verb !== 'skip') return [];
  const step = stepsOf(plan).find((one) => one.id === subject);
  if (subject !== 'cleaning' && step?.kind !== 'clean-up') return [];
  const what = step === undefined ? 'the clean-up' : `'${step.title}'`;
  const text = `${what} of drill ${began.run} was left undone by ${person}: ${reason}`;
  const id = `${began.run}.cleanup.${subject}`;
  return [{ type: 'obligation.opened', by: 'drp', data: { id, kind: 'cleanup', text } }];
}

interface Seen {
  readonly lines: readonly string[];
  /** What the world shows against it, where that refuses nothing. */
  readonly against?: string;
}

/** The postcondition as it is found; of a run brought in from paper it need only hold where nothing later undoes it. */
async function seenNow(driving: Driving, step: string): Promise<Seen> {
  const { log } = driving;
  try {
    return { lines: await verifyStep(driving, step, AbortSignal.timeout(recheckMs)) };
  } catch (thrown) {
    if (!isDrpError(thrown) || !log.run.onPaper || mustStillHold(stepOf(log, step))) throw thrown;
    return { lines: [`as found when it was attested: ${thrown.message}`], against: thrown.message };
  }
}

/** What was passed aside from the ordinary policy is looked at by somebody afterwards: the site owes that. */
function reviewOf(data: Omit<EventData['gate.decided'], 'state'>, run: string): readonly Draft[] {
  const { gate, person, identity, reason } = data;
  const { attested } = identity;
  if (attested === undefined && data.breakGlass !== true) return [];
  const how =
    attested === undefined
      ? `was passed by ${person} alone (break-glass): ${reason}`
      : `was approved by ${person} over the phone (${attested.number}), attested by ${attested.by} with ${attested.witness}`;
  const id = reviewId(run, data);
  return [
    { type: 'obligation.opened', by: 'drp', data: { id, kind: 'review', text: `gate '${gate}' ${how}: review it` } },
  ];
}

/** Appends what moves the machine, and facts in the same breath behind it. Throws word-not-now where the machine takes no such event. */
async function append(
  driving: Driving,
  word: Word,
  drafts: Draft | undefined | readonly [Draft | undefined, ...Draft[]],
): Promise<void> {
  const { log } = driving;
  const [draft, ...more] = drafts === undefined || 'type' in drafts ? [drafts] : drafts;
  if (draft === undefined) {
    throw new DrpError('word-not-now', { verb: word.decision ?? word.verb, subject: word.subject, run: log.began.run });
  }
  await log.append([draft, ...more]);
}

function judgeContext(driving: Driving, word: Word): JudgeContext {
  const { log, deps } = driving;
  const { plan, began, events } = log;
  const now = deps.clock.nowIso();
  const last = events.at(-1)?.at ?? now;
  const prefix = `${word.subject}.`;
  return {
    people: plan.world.people,
    ...(plan.allowedSigners === undefined ? {} : { allowedSigners: plan.allowedSigners }),
    // A clock that jumps back revives nothing that has expired.
    at: now < last ? last : now,
    run: began.run,
    starter: began.data.startedBy,
    driver: { osUser: deps.driver.osUser },
    accepted: [
      ...acceptedNow(log.run)
        .filter((type) => type.startsWith(prefix))
        .map((type) => type.slice(prefix.length)),
      ...(mayLead(plan.world.people[word.subject]) ? ['handover'] : []),
    ],
    ...subjectOnRecord(plan, word.subject, events),
    nonces: noncesOf(events),
  };
}

/** The lead of the watch can decide. */
function mayLead(person: Person | undefined): boolean {
  return person?.roles.some((role) => deciders.includes(role)) ?? false;
}
