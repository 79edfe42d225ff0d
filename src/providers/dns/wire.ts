import type { Answer, Packet } from 'dns-packet';
import packet from 'dns-packet';
import { DrpError } from '../../base/errors.ts';
import type { DnsChange, RecordSet } from '../providers.ts';
import { recordSet } from './record-set.ts';

export interface Question {
  readonly name: string;
  readonly type: RecordSet['type'] | 'SOA' | 'CAA';
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
  /** CAA records of the answer section. */
  readonly authorities: readonly { readonly tag: string; readonly value: string }[];
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
    authorities: answers.flatMap((answer) =>
      answer.type === 'CAA' ? [{ tag: answer.data.tag.toLowerCase(), value: answer.data.value }] : [],
    ),
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

/**
 * An update that changes nothing: under the condition that the RRset holds exactly these values, one value that it does
 * not hold is to go (RFC 2136, 3.4.2.4: then nothing happens). The server still asks whether the key may do it.
 */
export function encodeEmptyUpdate(id: number, zone: string, standing: RecordSet): Uint8Array {
  const condition = packet.encode({
    type: 'query',
    id,
    flags: opcodeUpdate,
    questions: [{ name: zone, type: 'SOA', class: 'IN' }],
    answers: records({ ...standing, ttlSeconds: 0 }),
  } as unknown as Packet);
  // The package has no class NONE: the record is written as ANY, then its class is set, behind its name and type.
  const data = { name: standing.name, type: standing.type, class: 'ANY', ttl: 0, data: absentValue(standing) } as const;
  const single = packet.encode({ type: 'query', id, answers: [data] } as unknown as Packet);
  const record = Buffer.from(single.subarray(12));
  record.writeUInt16BE(classNone, encodeName(standing.name).length + 2);
  const message = Buffer.concat([condition, record]);
  message.writeUInt16BE(1, 8);
  return message;
}

const classNone = 254;

/** Of the ranges kept for documentation (RFC 5737, RFC 3849) and the name kept for it (RFC 6761): nobody is sent there. */
function absentValue({ type, values }: RecordSet): string {
  const candidates = {
    A: ['192.0.2.253', '198.51.100.253'],
    AAAA: ['2001:db8::fd', '2001:db8::fe'],
    CNAME: ['absent.invalid', 'nothing.invalid'],
  }[type];
  return candidates.find((value) => !values.includes(value)) ?? '';
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
