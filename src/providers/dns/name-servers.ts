import { toError } from '../../base/errors.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { NameServerAnswer, RecordSet } from '../providers.ts';
import { askServer } from './exchange.ts';
import type { RecordName } from './record-set.ts';
import { plainName, sameRecord } from './record-set.ts';
import type { Question, Reply } from './wire.ts';

/** Time one try may take; there are two. A server of the same continent answers in a tenth of it. */
const tryMs = 2_000;

type NameServer = DnsZone['servers'][number];

/** Asks every name server of the zone itself, all at once. Never throws for a server: a silent one is named in its answer. */
export async function askNameServers(
  zone: DnsZone,
  names: readonly RecordName[],
  signal?: AbortSignal,
): Promise<readonly NameServerAnswer[]> {
  const answers = await Promise.all(zone.servers.map((server) => askOne(server, { zone: zone.zone, names }, signal)));
  signal?.throwIfAborted();
  return answers;
}

async function askOne(
  server: NameServer,
  { zone, names }: { readonly zone: string; readonly names: readonly RecordName[] },
  signal?: AbortSignal,
): Promise<NameServerAnswer> {
  const who = { server: server.name, address: server.address };
  const options = { timeoutMs: tryMs, ...(signal === undefined ? {} : { signal }) };
  try {
    const [soa, ...replies] = await Promise.all(
      [{ name: zone, type: 'SOA' } as const, ...names].map((question) => askWithAuthority(server, question, options)),
    );
    const serial = soa?.serial;
    const records = recordsAskedFor(replies, names);
    return { ...who, answer: { kind: 'answered', records, ...(serial === undefined ? {} : { serial }) } };
  } catch (error) {
    return { ...who, answer: { kind: 'silent', reason: toError(error).message } };
  }
}

/** A reply that only repeats what others said, or refuses, is no answer. NXDOMAIN is one: the name is not there. */
export async function askWithAuthority(
  server: { readonly address: string; readonly port: number },
  question: Question,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Reply> {
  const reply = await askServer(server, question, options);
  if (reply.rcode !== 'NOERROR' && reply.rcode !== 'NXDOMAIN') throw new Error(`answers ${reply.rcode}`);
  if (!reply.authoritative) throw new Error('answers without authority for the zone');
  if (reply.question !== undefined && plainName(reply.question.name) !== plainName(question.name)) {
    throw new Error('answers another question');
  }
  return reply;
}

/** Sets of the names themselves: what was asked for, or the CNAME that stands in its place; each once. */
export function recordsAskedFor(replies: readonly Reply[], names: readonly RecordName[]): readonly RecordSet[] {
  const records = replies.flatMap((reply, index) => {
    const asked = names[index];
    const fits = (record: RecordSet): boolean =>
      asked !== undefined &&
      record.name === plainName(asked.name) &&
      (record.type === asked.type || record.type === 'CNAME');
    return reply.records.filter(fits);
  });
  return records.filter((record, index) => records.findIndex((other) => sameRecord(other, record)) === index);
}
