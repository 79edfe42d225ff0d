import { formatDuration } from '../../base/duration.ts';
import type { NameServerAnswer, RecordSet } from '../../providers/providers.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { CheckContext, Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';

type Record = DnsZone['records'][string];
type RecordName = Pick<RecordSet, 'name' | 'type'>;
type Answered = Extract<NameServerAnswer['answer'], { kind: 'answered' }>;

/** A change on its way from server to server needs seconds; what still differs after two of these looks is stale. */
const secondLookMs = 2_000;
const looksMax = 3;

/** What is asked of each server: the runbook's records, and the address family beside each that it may have forgotten. */
export function namesAsked(zone: DnsZone): readonly RecordName[] {
  const records = Object.values(zone.records).map(({ name, type }): RecordName => ({ name: plain(name), type }));
  return [...records, ...forgettable(records)];
}

/** Asks every server; those that differ are asked again a little later. */
export async function askZone(
  context: CheckContext,
  zone: DnsZone,
  names: readonly RecordName[],
): Promise<readonly NameServerAnswer[]> {
  for (let look = 1; ; look += 1) {
    const answers = await context.providers.askNameServers(zone, names, context.signal);
    if (look === looksMax || disagreement(answers) === undefined) return answers;
    await context.clock.sleep(secondLookMs, context.signal);
  }
}

/** Servers, agreement, values, TTLs and forgotten families of one zone. Pure. */
export function zoneFindings(
  zone: DnsZone,
  answers: readonly NameServerAnswer[],
  objectives: Pick<Runbook['objectives'], 'rtoMs'>,
): readonly Finding[] {
  const spoken = answers.filter(({ answer }) => answer.kind === 'answered');
  const servers = answers.map(serverFinding);
  if (spoken.length === 0) return servers;
  return [
    ...servers,
    agreement(zone, answers),
    ...Object.values(zone.records).flatMap((record) => [
      valuesFinding(record, spoken),
      ttlFinding(record, spoken, objectives.rtoMs),
    ]),
    ...familyFindings(zone, spoken),
  ];
}

function serverFinding({ server, address, answer }: NameServerAnswer): Finding {
  const say = findingFor('dns.server', server);
  if (answer.kind === 'answered') return say.ok(`${address} answers with authority`);
  const advice = `Mend ${server}: part of all users ask it, and get no address.`;
  return say.fail(answer.reason, { advice, outOfReach: true });
}

function agreement(zone: DnsZone, answers: readonly NameServerAnswer[]): Finding {
  const say = findingFor('dns.agree', zone.zone);
  const differs = disagreement(answers);
  const serials = answers.flatMap(({ answer }) => (answer.kind === 'answered' ? [answer.serial ?? 0] : []));
  if (differs === undefined) {
    return say.ok(`${String(serials.length)} servers at serial ${String(serials[0] ?? 0)}`);
  }
  const advice = `See why ${differs.server} hears of no change (notify, transfer, its way to the primary): it would go on sending users to the old side.`;
  return say.fail(differs.found, { threshold: 'one serial, one answer', advice });
}

/** The server that is behind the others, and how it shows. Undefined: they agree. */
function disagreement(
  answers: readonly NameServerAnswer[],
): { readonly server: string; readonly found: string } | undefined {
  const spoken = answers.flatMap(({ server, answer }) => (answer.kind === 'answered' ? [{ server, answer }] : []));
  const newest = spoken.reduce<(typeof spoken)[number] | undefined>(
    (best, one) => (best === undefined || newer(one.answer.serial ?? 0, best.answer.serial ?? 0) ? one : best),
    undefined,
  );
  const behind = spoken.find(
    ({ answer }) =>
      newest !== undefined && (answer.serial !== newest.answer.serial || spell(answer) !== spell(newest.answer)),
  );
  if (behind === undefined || newest === undefined) return undefined;
  const serial = (answer: Answered): string => String(answer.serial ?? 'none');
  const found =
    behind.answer.serial === newest.answer.serial
      ? `${behind.server} and ${newest.server} give other records at one serial`
      : `${behind.server} is at serial ${serial(behind.answer)}, ${newest.server} at ${serial(newest.answer)}`;
  return { server: behind.server, found };
}

/** Serials count round (RFC 1982). */
const newer = (a: number, b: number): boolean => a !== b && (a - b) >>> 0 < 2 ** 31;
const spell = ({ records }: Answered): string =>
  records
    .map(({ name, type, ttlSeconds, values }) => `${name} ${type} ${String(ttlSeconds)} ${values.join(' ')}`)
    .sort()
    .join('\n');

function valuesFinding(record: Record, spoken: readonly NameServerAnswer[]): Finding {
  const say = findingFor('dns.values', `${record.name} ${record.type}`);
  const found = [...new Set(setsOf(record, spoken).map(({ values }) => values.join(', ')))];
  const side = (['production', 'recovery'] as const).find((one) =>
    found.every((values) => values === record[one].map(plain).toSorted().join(', ')),
  );
  if (found.length === 0) {
    const advice =
      'Create the record, or take it out of the runbook: a switch compares before it sets, and would be refused.';
    return say.fail('the record is not there', { advice });
  }
  if (side !== undefined) return say.ok(`${found.join(' and ')}: ${side}`);
  const advice = 'Bring record and runbook together: a switch compares before it sets, and would be refused.';
  return say.fail(found.join(' and '), {
    threshold: `${record.production.join(', ')} or ${record.recovery.join(', ')}`,
    advice,
  });
}

function ttlFinding(record: Record, spoken: readonly NameServerAnswer[], rtoMs: number): Finding {
  const say = findingFor('dns.ttl', `${record.name} ${record.type}`);
  const longest = Math.max(0, ...setsOf(record, spoken).map(({ ttlSeconds }) => ttlSeconds));
  const limitMs = Math.min(record.ttlMs, rtoMs);
  const found = `TTL ${String(longest)} s`;
  const words = {
    threshold: `${String(limitMs / 1000)} s (${record.ttlMs <= rtoMs ? 'the runbook' : 'the RTO'})`,
    metrics: [{ name: 'ttl_seconds', value: longest, fail: limitMs / 1000 + 1 }],
  };
  if (longest * 1000 <= limitMs) return say.ok(found, words);
  const advice = `Set it to ${String(limitMs / 1000)} s now: after a switch users keep the old address for ${formatDuration(longest * 1000)}.`;
  return say.fail(found, { ...words, advice });
}

function familyFindings(zone: DnsZone, spoken: readonly NameServerAnswer[]): readonly Finding[] {
  const names = Object.values(zone.records).map(({ name, type }): RecordName => ({ name: plain(name), type }));
  return forgettable(names).map((record) => {
    const say = findingFor('dns.aaaa', record.name);
    const values = [...new Set(setsOf(record, spoken).flatMap((set) => set.values))];
    if (values.length === 0) return say.ok(`no ${record.type} record beside it`);
    const advice = `Add the ${record.type} record to the runbook, or remove it: a switch would leave those users on the old side.`;
    return say.fail(`it answers ${record.type} ${values.join(', ')}, which the runbook does not switch`, { advice });
  });
}

/** The other address family of names that have one of the two in the runbook. */
function forgettable(records: readonly RecordName[]): readonly RecordName[] {
  return records.flatMap(({ name, type }): readonly RecordName[] => {
    if (type === 'CNAME') return [];
    const other = type === 'A' ? 'AAAA' : 'A';
    return records.some((one) => one.name === name && one.type === other) ? [] : [{ name, type: other }];
  });
}

function setsOf(record: RecordName, spoken: readonly NameServerAnswer[]): readonly RecordSet[] {
  return spoken.flatMap(({ answer }) =>
    answer.kind === 'answered'
      ? answer.records.filter((set) => set.name === plain(record.name) && set.type === record.type)
      : [],
  );
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
