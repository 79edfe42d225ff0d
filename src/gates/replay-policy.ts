import { toError } from '../base/errors.ts';
import { canonicalJson } from '../events/canonical.ts';
import type { Event, EventOf, Identity } from '../events/event.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { lessonPromise } from './answer-check.ts';
import { parseSignedText } from './approval.ts';
import { noncesOf, strengthToAdopt, subjectOnRecord } from './on-record.ts';
import { judge } from './policy.ts';
import { sixWords } from './six-words.ts';
import { policyShown } from './statement.ts';
import type { Word } from './word.ts';

/** Between the verdict on an answer and its event the evidence is read again; it takes at most this long, ms. */
const recheckMs = 120_000;

export interface PolicyReplay {
  /** Words of people that were judged again. */
  readonly judged: number;
  readonly problems: readonly { readonly seq: number; readonly message: string }[];
}

/**
 * Judges every deciding word of a record again, by the rule that stood at the gate (policy.ts) and over the events before it:
 * roles, quorum, not the starter, strength, keys at that time, expiry, red evidence, nonces. `allowedSigners`: who people are,
 * from outside; else as the run carried them. Pure. Whether the machine took the decision there, its own replay tells.
 */
export function replayPolicy(
  events: readonly Event[],
  options: { readonly allowedSigners?: string } = {},
): PolicyReplay {
  const [began] = events;
  if (began?.type !== 'run.began') return { judged: 0, problems: [{ seq: 1, message: 'the run has no beginning' }] };
  const plan = frozenPlan(began);
  const problems: { seq: number; message: string }[] = [];
  let judged = 0;
  for (const [index, event] of events.entries()) {
    const wrong = event.type === 'gate.opened' ? tried(() => policyDiffers(plan, event)) : undefined;
    if (wrong !== undefined) problems.push({ seq: event.seq, message: wrong });
    const refused = tried(() => {
      // A rehearsal passes its own gates: nobody decides.
      const said = began.data.mode === 'dry-run' ? undefined : wordOf(event);
      if (said === undefined) return undefined;
      judged += 1;
      return judgeAgain(event, said, { before: events.slice(0, index), began, plan, ...options });
    });
    if (refused !== undefined) problems.push({ seq: event.seq, message: refused });
  }
  return { judged, problems };
}

interface Around {
  readonly before: readonly Event[];
  readonly began: EventOf<'run.began'>;
  readonly plan: Plan;
  readonly allowedSigners?: string;
}

interface Said {
  readonly word: Omit<Word, 'run' | 'osUser' | 'path' | 'reason'>;
  readonly person: string;
  readonly identity: Identity;
  readonly reason: string;
}

/** Why the rule would have refused what this event says; undefined where it would not. */
function judgeAgain(event: Event, { word, person, identity, reason }: Said, around: Around): string | undefined {
  const { before, began, plan } = around;
  const signers = around.allowedSigners ?? plan.allowedSigners;
  const { signed, signature } = identity;
  const said: Word = {
    ...word,
    reason,
    person,
    run: event.run,
    osUser: identity.osUser ?? '',
    path: 'signed-file',
    ...attestedSaid(event, person, identity),
    ...evidenceSaid(word.evidence, signed),
    ...(signed === undefined || signature === undefined ? {} : { signed: { text: signed, signature } }),
  };
  const verdict = judge(said, {
    people: plan.world.people,
    run: event.run,
    starter: began.data.startedBy,
    ...(signers === undefined ? {} : { allowedSigners: signers }),
    at: judgedAt(event, identity),
    driver: { osUser: driverBefore(before) ?? identity.osUser ?? '' },
    accepted: [word.decision ?? word.verb],
    ...subjectOnRecord(plan, word.subject, before),
    ...(event.type === 'run.adopted' ? { leastStrength: strengthToAdopt(plan) } : {}),
    nonces: noncesOf(before),
  });
  if (verdict.kind === 'refused') return `${person} could not say this: ${verdict.text}`;
  // A touched key that took a PIN, too, may stand as a touched one.
  if (![identity.strength, `${identity.strength}-pin`].includes(verdict.identity.strength))
    return `it claims ${identity.strength}, its proof is ${verdict.identity.strength}`;
  return event.type === 'gate.decided' && event.data.decision === 'approve' && event.data.passed !== verdict.passed
    ? `the gate is ${verdict.passed ? 'passed' : 'not passed'} with this answer, the record says otherwise`
    : undefined;
}

/** A record is not believed: what it holds may be of any shape. */
function tried(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (thrown) {
    return `it cannot be judged: ${toError(thrown).message}`;
  }
}

/**
 * The latest instant at which the driver can have judged what this event says without the event contradicting it: an unsigned
 * answer says when; a signed one was heard somewhat before it was written.
 */
function judgedAt(event: Event, identity: Identity): string {
  if (event.type !== 'gate.decided') return event.at;
  // A record is not believed: an instant that is no text would never be late.
  if (identity.signed === undefined) return new Date(String(event.data.at)).toISOString();
  return new Date(Date.parse(event.at) - recheckMs).toISOString();
}

/** Marking a step done adds what was read back; the signature stands over what the person said alone. */
function evidenceSaid(evidence: string | undefined, signed: string | undefined): { readonly evidence?: string } {
  const text = signed === undefined ? undefined : parseSignedText(signed);
  if (text?.format !== 'drp-word@v1' || evidence?.startsWith(text.evidence) !== true)
    return evidence === undefined ? {} : { evidence };
  return { evidence: text.evidence };
}

/** An approval over the phone was said by who attests to it. The six words were held against the digest at the time. */
function attestedSaid(event: Event, person: string, { attested }: Identity): Partial<Word> {
  if (attested === undefined || event.type !== 'gate.decided') return {};
  const { by, osUser, number, witness } = attested;
  const words = sixWords(event.data.statementDigest);
  return { person: by, osUser, attested: { person, words, number, witness } };
}

function driverBefore(events: readonly Event[]): string | undefined {
  const attached = events.findLast((event) => event.type === 'driver.attached');
  return attached?.type === 'driver.attached' ? attached.data.driver.osUser : undefined;
}

/** A gate is passed under the policy of the plan: a statement that shows a milder one is not of this run. */
function policyDiffers(plan: Plan, { data }: EventOf<'gate.opened'>): string | undefined {
  const gate = plan.gates[data.gate];
  if (gate === undefined) return `the plan has no gate '${data.gate}'`;
  const { policy } = data.statement;
  return canonicalJson(policy as never) === canonicalJson(policyShown(gate))
    ? undefined
    : `the statement shows another policy than the plan has for gate '${data.gate}'`;
}

/** What a person said with this event; undefined where nobody decided: drp itself, a note, a fact. */
function wordOf(event: Event): Said | undefined {
  switch (event.type) {
    case 'gate.decided': {
      const { gate, decision, statementDigest, breakGlass } = event.data;
      const glass = breakGlass === true ? { breakGlass } : {};
      return { ...event.data, word: { verb: decision, subject: gate, statementDigest, ...glass } };
    }
    case 'gate.renewed': {
      const { person, identity, reason, gate } = event.data;
      if (person === undefined || identity === undefined) return undefined;
      return { person, identity, reason, word: { verb: 'decide', decision: 'renew', subject: gate } };
    }
    case 'decision.made': {
      const { verb, subject, evidence } = event.data;
      const more = evidence === undefined ? {} : { evidence };
      return { ...event.data, word: { verb: 'decide', decision: verb, subject, ...more } };
    }
    case 'run.aborting':
      return { ...event.data, word: { verb: 'abort', subject: '' } };
    case 'run.adopted':
      return { ...event.data, word: { verb: 'decide', decision: 'adopt', subject: '' } };
    case 'watch.handed':
      return { ...event.data, word: { verb: 'decide', decision: 'handover', subject: event.data.to } };
    case 'obligation.settled':
      // A step that ends well settles what it was owed for.
      if (event.data.person === 'drp') return undefined;
      return { ...event.data, word: { verb: 'decide', decision: 'settle', subject: event.data.id } };
    case 'lesson.added': {
      const { text, owner, dueAt, id } = event.data;
      const word = { verb: 'decide', decision: 'lesson', subject: id, evidence: lessonPromise(owner, dueAt) } as const;
      return { ...event.data, reason: text, word };
    }
    case 'lesson.closed':
      return { ...event.data, word: { verb: 'decide', decision: 'close-lesson', subject: event.data.id } };
    default:
      return undefined;
  }
}
