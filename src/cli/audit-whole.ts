import { DrpError, isDrpError, toError } from '../base/errors.ts';
import { anchorsIn, type Anchor } from '../events/anchored.ts';
import type { Event } from '../events/event.ts';
import { fold, type Run } from '../executor/fold.ts';
import { createAnswerCheck } from '../gates/answer-check.ts';
import { replayPolicy } from '../gates/replay-policy.ts';
import { storedIn } from '../journal/export.ts';
import { toEvents } from '../journal/rules.ts';
import { verifyExport, type JournalVerdict } from '../journal/verify.ts';

/** One kind of check and what came of it. `not-checked`: what it needs is broken or missing. */
export interface AuditCheck {
  readonly what: 'record' | 'policy' | 'machine';
  readonly state: 'holds' | 'broken' | 'not-checked';
  readonly text: string;
}

/** The verdict on a record as a whole. */
export interface WholeVerdict extends JournalVerdict {
  readonly checks: readonly AuditCheck[];
  readonly proved: readonly string[];
  readonly notProved: readonly string[];
  /** Places outside the store that, as the record itself says, keep a head of it: what to compare it with. */
  readonly kept: readonly string[];
}

export interface AuditOptions {
  /** allowed_signers text from outside the record. */
  readonly allowedSigners?: string;
  /** Heads seen elsewhere: `RUN SEQ:HASH`, 12 to 64 digits. */
  readonly anchors?: readonly string[];
}

/**
 * Verifies the bytes of one export with nothing else at hand: the independent reader first (chain, statements, signatures,
 * anchors), then the policy of every answer and the machine's way through the events, as far as the chain holds.
 */
export function auditWhole(bytes: Uint8Array, options: AuditOptions): WholeVerdict {
  const signers = options.allowedSigners === undefined ? {} : { allowedSigners: options.allowedSigners };
  const record = verifyExport(bytes, { checkAnswer: createAnswerCheck(signers), anchors: options.anchors ?? [] });
  const events = readable(bytes, record);
  const policy = Array.isArray(events) ? checkPolicy(events, signers) : notChecked('policy', events);
  const machine = Array.isArray(events) ? checkMachine(events) : notChecked('machine', events);
  const known = new Set(record.problems.map(({ seq }) => seq));
  // What breaks the record itself is said once, in the words of the reader that found it first.
  const added = [...policy.problems, ...machine.problems].filter(({ seq }) => !known.has(seq));
  const problems = [...record.problems, ...added].sort((a, b) => a.seq - b.seq);
  const firstWrong = problems.find(({ seq }) => seq > 0)?.seq ?? record.events + 1;
  const verdict: JournalVerdict = {
    ...record,
    good: problems.length === 0,
    problems,
    upToSeq: Math.min(record.upToSeq, firstWrong - 1),
  };
  const checks: readonly AuditCheck[] = [
    { what: 'record', state: record.good ? 'holds' : 'broken', text: recordText(record) },
    policy.check,
    machine.check,
  ];
  const kept = Array.isArray(events) ? placesOf(events) : [];
  return { ...verdict, checks, kept, ...claims(verdict, checks, signers) };
}

/** The furthest head at each place. Nothing of it is believed: whoever rewrites a record can write it in. */
function placesOf(events: readonly Event[]): readonly string[] {
  const places = new Map<string, Anchor>();
  for (const anchor of anchorsIn(events)) {
    if (anchor.kind !== 'signature') places.set(`${anchor.kind} ${anchor.name}`, anchor);
  }
  return [...places].map(([place, { upToSeq }]) => `${place} up to event ${upToSeq}`);
}

interface Checked {
  readonly check: AuditCheck;
  readonly problems: JournalVerdict['problems'];
}

/** The events as far as the chain holds, as this version reads them; a text where it cannot. */
function readable(bytes: Uint8Array, record: JournalVerdict): Event[] | string {
  if (record.events === 0) return 'there is no event whose chain holds';
  try {
    return [...toEvents(record.run, storedIn(Buffer.from(bytes).toString('utf8')).slice(0, record.events))];
  } catch (thrown) {
    return toError(thrown).message;
  }
}

function notChecked(what: AuditCheck['what'], why: string): Checked {
  return { check: { what, state: 'not-checked', text: why }, problems: [] };
}

function checkPolicy(events: readonly Event[], signers: { readonly allowedSigners?: string }): Checked {
  const { judged, problems } = replayPolicy(events, signers);
  const gates = events.filter((event) => event.type === 'gate.decided' && event.data.passed).length;
  return {
    problems,
    check:
      problems.length === 0
        ? { what: 'policy', state: 'holds', text: `${judged} words of people judged again, ${gates} gates decided` }
        : { what: 'policy', state: 'broken', text: `${problems.length} of ${judged} words of people would be refused` },
  };
}

function checkMachine(events: readonly Event[]): Checked {
  let run: Run | undefined;
  for (const event of events) {
    try {
      run = fold(run, event);
    } catch (thrown) {
      const message = isDrpError(thrown, 'journal-diverges')
        ? `it does not follow from the events before it: ${String(thrown.details.what)}`
        : `the run's machine cannot take it: ${toError(thrown).message}`;
      return {
        problems: [{ seq: event.seq, message }],
        check: { what: 'machine', state: 'broken', text: `it can be followed up to event ${event.seq - 1}` },
      };
    }
  }
  if (run === undefined) throw new DrpError('internal', { what: 'a record without events was followed' });
  return {
    problems: [],
    check: { what: 'machine', state: 'holds', text: `each of ${events.length} events follows from those before it` },
  };
}

function recordText({ events, answers, good, upToSeq }: JournalVerdict): string {
  const signed = answers.filter(({ signature }) => signature === 'good').length;
  return good ? `chain of ${events} events, statements, ${signed} signatures` : `good up to event ${upToSeq}`;
}

/** What the verdict stands for, and what it does not, in words. */
function claims(
  verdict: JournalVerdict,
  checks: readonly AuditCheck[],
  { allowedSigners }: { readonly allowedSigners?: string },
): Pick<WholeVerdict, 'proved' | 'notProved'> {
  const { upToSeq, anchoredUpToSeq, answers } = verdict;
  const holds = (what: AuditCheck['what']): boolean => checks.some((one) => one.what === what && one.state === 'holds');
  const within = answers.filter(({ seq }) => seq <= upToSeq);
  const signed = within.filter(({ signature }) => signature === 'good').length;
  const byOsUser = within.filter(({ signature, person }) => signature === 'none' && person !== 'drp');
  const places = (list: typeof within): string => list.map(({ seq }) => seq).join(', ');
  const anchored = Math.min(anchoredUpToSeq, upToSeq);
  const end = `event ${upToSeq}`;
  const said = (when: boolean, text: string): readonly string[] => (when ? [text] : []);
  return {
    proved: [
      ...said(upToSeq > 0, `up to ${end} every event is whole, in order, and continues the one before`),
      ...said(
        signed > 0,
        `${signed} answers were signed by keys ${allowedSigners === undefined ? 'the run carried' : 'you trust'}`,
      ),
      ...said(holds('policy'), 'every gate and decision came from people who might, by the policy shown there'),
      ...said(holds('machine'), 'every event follows from those before it by the machine the run began with'),
      ...said(anchored > 0, `nothing up to event ${anchored} was rewritten since it was signed or anchored`),
    ],
    notProved: [
      ...said(!verdict.good, `anything after ${end}`),
      ...said(
        anchored < upToSeq,
        `that events ${anchored + 1} to ${upToSeq} were not rewritten whole, or more cut off: no anchor reaches them`,
      ),
      ...said(signed > 0 && allowedSigners === undefined, 'who the signers are: their keys are those the run carried'),
      ...said(
        byOsUser.length > 0,
        `who gave the answers of events ${places(byOsUser)}: they rest on the machine of the driver alone`,
      ),
      ...said(!holds('policy'), 'that each gate was passed by people who might'),
      ...said(!holds('machine'), 'that each event follows from those before it'),
      'that the clocks were right, and that what was written is what happened',
    ],
  };
}
