import type { Answer, Packet } from 'dns-packet';
import packet from 'dns-packet';
import { DrpError } from '../../base/errors.ts';
import type { DnsChange, RecordSet } from '../providers.ts';
import { recordSet } from './record-set.ts';

export interface Question {
  readonly name: string;
  readonly type: RecordSet['type'] | 'SOA';
}

/** A server's reply, read as far as drp needs it. */
export interface Reply {
  readonly id: number;
  /** NOERROR, NXDOMAIN, REFUSED, NXRRSET, NOTAUTH … */
  readonly rcode: string;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly question: Question | undefined;
  /** A, AAAA and CNAME sets of the answer section. */
  readonly records: readonly RecordSet[];
  readonly serial: number | undefined;
}

/** A question to an authoritative server: recursion is not asked for. */
export function encodeQuestion(id: number, question: Question): Uint8Array {
  return packet.encode({ type: 'query', id, flags: 0, questions: [{ ...question, class: 'IN' }] });
}

/** Throws what the package throws on bytes that are no DNS message. */
export function decodeReply(bytes: Uint8Array): Reply {
  const message = packet.decode(Buffer.from(bytes));
  const answers = message.answers ?? [];
  const [question] = message.questions ?? [];
  return {
    id: message.id ?? 0,
    // The package decodes it and its types do not say so.
    rcode: (message as unknown as { readonly rcode: string }).rcode,
    authoritative: message.flag_aa,
    truncated: message.flag_tc,
    question: question === undefined ? undefined : { name: question.name, type: question.type as Question['type'] },
    records: gather(answers),
    serial: answers.flatMap((answer) => (answer.type === 'SOA' ? [answer.data.serial ?? 0] : []))[0],
  };
}

const opcodeUpdate = 5 << 11;

/**
 * One RFC 2136 message for all changes: it is applied whole or not at all. Prerequisite for each: the RRset holds exactly
 * the old values (RFC 2136, 2.4.2; prerequisites cannot speak of a TTL). Then the old RRset goes and the new one comes.
 */
export function encodeUpdate(id: number, zone: string, changes: readonly DnsChange[]): Uint8Array {
  const message = {
    type: 'query',
    id,
    flags: opcodeUpdate,
    questions: [{ name: zone, type: 'SOA', class: 'IN' }],
    answers: changes.flatMap(({ from }) => records({ ...from, ttlSeconds: 0 })),
    authorities: changes.flatMap(({ from, to }) => [wholeSet(from), ...records(to)]),
  };
  return packet.encode(message as unknown as Packet);
}

function records(set: RecordSet): object[] {
  return set.values.map((data) => ({ name: set.name, type: set.type, class: 'IN', ttl: set.ttlSeconds, data }));
}

const typeNumbers: Readonly<Record<RecordSet['type'], number>> = { A: 1, CNAME: 5, AAAA: 28 };

/** Class ANY without data means "the whole RRset"; the package writes data as given only for types it does not know. */
function wholeSet(set: RecordSet): object {
  const type = `UNKNOWN_${String(typeNumbers[set.type])}`;
  return { name: set.name, type, class: 'ANY', ttl: 0, data: Buffer.alloc(0) };
}

function gather(answers: readonly Answer[]): readonly RecordSet[] {
  const sets = new Map<string, RecordSet>();
  for (const answer of answers) {
    if (answer.type !== 'A' && answer.type !== 'AAAA' && answer.type !== 'CNAME') continue;
    const key = `${answer.name.toLowerCase()} ${answer.type}`;
    const values = [...(sets.get(key)?.values ?? []), answer.data];
    sets.set(key, recordSet({ name: answer.name, type: answer.type }, { ttlSeconds: answer.ttl ?? 0, values }));
  }
  return [...sets.values()];
}

/** A name as it stands in a message: lower case, not compressed. */
export function encodeName(name: string): Uint8Array {
  const labels = name
    .toLowerCase()
    .split('.')
    .filter((label) => label !== '')
    .map((label) => Buffer.from(label, 'ascii'));
  if (labels.some((label) => label.length > 63)) throw new DrpError('internal', { what: `no DNS name: ${name}` });
  return Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]);
}
