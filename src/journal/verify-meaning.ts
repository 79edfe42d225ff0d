import { sha256, spell, type JournalProblem, type ReadEvent } from './verify-read.ts';

/** One answer of a person as the record has it, with everything a check needs. */
export interface RecordedAnswer {
  readonly event: ReadEvent;
  readonly identity: Fields;
  /** Statement it stands under, where it answers a gate. */
  readonly statement?: unknown;
  /** People and allowed_signers the run carried. */
  readonly people: unknown;
  readonly carriedSigners?: string;
}

/** Says whether the signature of an answer holds, and whose key made it. */
export type AnswerCheck = (answer: RecordedAnswer) => { readonly good: boolean; readonly text: string };

export interface AnswerFinding {
  readonly seq: number;
  readonly type: string;
  readonly subject: string;
  readonly decision: string;
  readonly person: string;
  readonly strength: string;
  readonly signature: 'good' | 'bad' | 'none' | 'not checked';
  readonly text: string;
  /** Events up to here are vouched for by this signature; 0 where there is none. */
  readonly anchorsSeq: number;
}

export interface MeaningContext {
  readonly run: string;
  readonly checkAnswer?: AnswerCheck;
}

type Fields = Readonly<Record<string, unknown>>;

interface Opened {
  readonly statement: Fields;
  readonly digest: string;
  readonly approvers: Set<string>;
}

interface Reading {
  readonly events: readonly ReadEvent[];
  readonly context: MeaningContext;
  readonly problems: JournalProblem[];
  readonly answers: AnswerFinding[];
  /** Gate → what it showed last. */
  readonly opened: Map<string, Opened>;
  /** Nonces of statements so far: an answer to one is never an answer to another. */
  readonly nonces: Set<unknown>;
  plan: Fields;
  planDigest: unknown;
}

const signedTypes = [
  'gate.decided',
  'decision.made',
  'run.aborting',
  'obligation.settled',
  'run.adopted',
  'watch.handed',
  'lesson.added',
  'lesson.closed',
];
const strengths = ['os-user', 'ssh-key', 'hardware-key', 'hardware-key-pin'];

/** What must fit together inside the events, beyond their chain: plan, statements, answers. */
export function checkMeaning(
  events: readonly ReadEvent[],
  context: MeaningContext,
): { readonly problems: readonly JournalProblem[]; readonly answers: readonly AnswerFinding[]; readonly site: string } {
  const reading: Reading = {
    events,
    context,
    problems: [],
    answers: [],
    opened: new Map(),
    nonces: new Set(),
    plan: {},
    planDigest: '',
  };
  for (const event of events) checkEvent(reading, event);
  return { problems: reading.problems, answers: reading.answers, site: String(fields(events[0]?.data)['site'] ?? '?') };
}

function checkEvent(reading: Reading, event: ReadEvent): void {
  const data = fields(event.data);
  if ((event.type === 'run.began') !== (event.seq === 1)) {
    complain(reading, event, 'a run begins with its first event and only there');
  }
  if (event.type === 'run.began') checkBeginning(reading, event, data);
  if (event.type === 'gate.opened') checkOpening(reading, event, data);
  if (event.type === 'gate.decided') checkDecision(reading, event, data);
  if (signedTypes.includes(event.type)) noteAnswer(reading, event, data);
}

function checkBeginning(reading: Reading, event: ReadEvent, data: Fields): void {
  if (data['format'] !== 1) complain(reading, event, `format ${String(data['format'])} is not known to this verifier`);
  reading.plan = fields(data['plan']);
  reading.planDigest = data['planDigest'];
  const { digest, ...content } = reading.plan;
  if (digest !== data['planDigest'] || sha256(spell(content)) !== digest) {
    complain(reading, event, 'the plan does not match its digest');
  }
}

function checkOpening(reading: Reading, event: ReadEvent, data: Fields): void {
  const statement = fields(data['statement']);
  const head = fields(statement['head']);
  const digest = sha256(spell(statement));
  if (digest !== data['digest']) complain(reading, event, 'the statement does not match its digest');
  if (statement['run'] !== reading.context.run || statement['gate'] !== data['gate']) {
    complain(reading, event, 'the statement is of another run or gate');
  }
  if (statement['planDigest'] !== reading.planDigest) complain(reading, event, 'the statement is of another plan');
  const anchored = reading.events[Number(head['seq']) - 1];
  if (anchored === undefined || anchored.seq >= event.seq || anchored.hash !== head['hash']) {
    complain(reading, event, 'the journal head in the statement is not one of this journal');
  }
  const evidence = Array.isArray(statement['evidence']) ? statement['evidence'].map(fields) : [];
  const bound = evidence.map(({ id, severity, choice }) => ({ id, severity, choice: choice ?? null }));
  if (sha256(spell(bound)) !== statement['evidenceDigest'])
    complain(reading, event, 'the evidence does not match its digest');
  if (reading.nonces.has(statement['nonce'])) complain(reading, event, 'the nonce of its statement was used before');
  reading.nonces.add(statement['nonce']);
  reading.opened.set(String(data['gate']), { statement, digest, approvers: new Set() });
}

function checkDecision(reading: Reading, event: ReadEvent, data: Fields): void {
  const opened = reading.opened.get(String(data['gate']));
  if (opened === undefined || opened.digest !== data['statementDigest']) {
    return complain(reading, event, 'it answers a statement the gate did not show');
  }
  if (data['decision'] !== 'approve') return;
  const policy = fields(opened.statement['policy']);
  const strength = String(fields(data['identity'])['strength']);
  // A rehearsal passes its own gates.
  const aside =
    (strength === 'attested' && policy['attested'] === true) ||
    (data['breakGlass'] === true && policy['breakGlass'] === true) ||
    (data['person'] === 'dry-run' && opened.statement['mode'] === 'dry-run');
  if (!aside && strengths.indexOf(strength) < strengths.indexOf(String(policy['strength']))) {
    complain(reading, event, `the gate needs ${String(policy['strength'])}, the answer has ${strength}`);
  }
  opened.approvers.add(String(data['person']));
  if (aside && strength !== 'attested') return;
  if ((data['passed'] === true) !== opened.approvers.size >= Number(policy['approvals'])) {
    complain(
      reading,
      event,
      `the gate needs ${String(policy['approvals'])} approvals, ${opened.approvers.size} are there`,
    );
  }
}

function noteAnswer(reading: Reading, event: ReadEvent, data: Fields): void {
  const identity = fields(data['identity']);
  const strength = String(identity['strength'] ?? '?');
  const opened = event.type === 'gate.decided' ? reading.opened.get(String(data['gate'])) : undefined;
  const { signature, text } = judgeSignature(reading, { event, identity, opened, strength });
  if (signature === 'bad') complain(reading, event, text);
  const head = fields(opened?.statement['head']);
  reading.answers.push({
    seq: event.seq,
    type: event.type,
    strength,
    signature,
    text,
    subject: String(data['gate'] ?? data['subject'] ?? data['id'] ?? data['to'] ?? ''),
    decision: String(data['decision'] ?? data['verb'] ?? event.type),
    person: String(data['person']),
    anchorsSeq: signature === 'good' ? Number(head['seq'] ?? 0) : 0,
  });
}

function judgeSignature(
  reading: Reading,
  answer: {
    readonly event: ReadEvent;
    readonly identity: Fields;
    readonly opened: Opened | undefined;
    readonly strength: string;
  },
): Pick<AnswerFinding, 'signature' | 'text'> {
  const { event, identity, opened, strength } = answer;
  if (identity['signature'] === undefined) {
    if (strength === 'os-user')
      return { signature: 'none', text: `OS user ${String(identity['osUser'])}, as the driver saw it` };
    if (strength === 'attested') {
      const { by, number, witness } = fields(identity['attested']);
      return {
        signature: 'none',
        text: `over the phone (${String(number)}), on the word of ${String(by)}, ${String(witness)} listening`,
      };
    }
    return { signature: 'bad', text: `it claims ${strength} and carries no signature` };
  }
  const { checkAnswer } = reading.context;
  if (checkAnswer === undefined) return { signature: 'not checked', text: 'signatures were not checked' };
  const signers = reading.plan['allowedSigners'];
  const { good, text } = checkAnswer({
    event,
    identity,
    people: fields(reading.plan['world'])['people'],
    ...(opened === undefined ? {} : { statement: opened.statement }),
    ...(typeof signers === 'string' ? { carriedSigners: signers } : {}),
  });
  return { signature: good ? 'good' : 'bad', text };
}

function complain(reading: Reading, event: ReadEvent, message: string): void {
  reading.problems.push({ seq: event.seq, message });
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
