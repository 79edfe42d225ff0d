import { formatDuration } from '../../base/duration.ts';
import { isDrpError, toError } from '../../base/errors.ts';
import type { EvidenceItem, Json } from '../../events/event.ts';
import { recordSet, sameValues, showRecordSet } from '../../providers/dns/record-set.ts';
import type { DnsProvider, NameServerAnswer, RecordSet } from '../../providers/providers.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { StepContext } from '../step-kind.ts';
import type { DnsSpec } from './changes.ts';
import { findSet, recordsOf, setToJson, targetOf, zoneOf } from './changes.ts';

/** A longer TTL than this makes users wait at the old side: AWS advises 60 to 120 s for records of a failover. */
const longTtlSeconds = 300;

/** What was read, from the source of truth and from every name server by itself. */
export interface Readings {
  readonly provider: { readonly sets: readonly RecordSet[] } | { readonly unreachable: string };
  readonly servers: readonly NameServerAnswer[];
  /** Datacentres declared lost: silence of their servers is no news. */
  readonly lost: readonly string[];
  /** Says how a change is made by hand. */
  readonly door?: Pick<DnsProvider, 'byHand'> | undefined;
}

interface Finding {
  readonly severity: EvidenceItem['severity'];
  readonly line: string;
}

/** What a gate shows of a zone before it is changed. The choice is the exact old record sets, TTL included. */
export async function dnsEvidence(spec: DnsSpec, context: StepContext): Promise<readonly EvidenceItem[]> {
  const zone = zoneOf(spec, context.world);
  const records = recordsOf(spec, zone).map(({ name, type }) => ({ name, type }));
  const families = (['A', 'AAAA'] as const).flatMap((type) => records.map(({ name }) => ({ name, type })));
  const asked = [
    ...records,
    ...families.filter((one) => !records.some((r) => r.name === one.name && r.type === one.type)),
  ];
  const [servers, read] = await Promise.all([
    context.providers.askNameServers(zone, asked, context.signal),
    readProvider(zone, records, context),
  ]);
  const lost = context.facts.situation?.lost ?? [];
  return [judgeReadings(spec, zone, { provider: read.reading, servers, lost, door: read.door })];
}

/** Pure: readings → one evidence item. */
function judgeReadings(spec: DnsSpec, zone: DnsZone, readings: Readings): EvidenceItem {
  const answers = readings.servers.flatMap(({ answer }) => (answer.kind === 'answered' ? [answer.records] : []));
  const base = 'sets' in readings.provider ? readings.provider.sets : (answers[0] ?? []);
  const findings = [
    ...('sets' in readings.provider
      ? []
      : unreachableFindings(spec, zone, { base, reason: readings.provider.unreachable, provider: readings.door })),
    ...recordsOf(spec, zone).flatMap((record) => recordFindings(spec, record, base)),
    ...readings.servers.flatMap((server) => serverFindings(zone, server, { base, lost: readings.lost, spec })),
    ...forgottenFamilies(spec, zone, answers),
  ];
  const severity =
    (['red', 'attention'] as const).find((level) => findings.some((one) => one.severity === level)) ?? 'ok';
  const wanted = recordsOf(spec, zone);
  const choice = wanted.flatMap((record) => findSet(base, record) ?? []);
  return {
    id: `dns:${spec.zone}`,
    title: `DNS of ${zone.zone}`,
    severity,
    lines: findings.map(({ line }) => line),
    choice: choice.length === wanted.length ? choice.map(setToJson) : null,
    facts: readings.servers.map(serverToJson),
  };
}

async function readProvider(
  zone: DnsZone,
  records: readonly { readonly name: string; readonly type: RecordSet['type'] }[],
  context: StepContext,
): Promise<{ reading: Readings['provider']; door: DnsProvider | undefined }> {
  let provider: DnsProvider | undefined;
  try {
    provider = await context.providers.dns(zone, (reference) => context.secret(reference));
    return { reading: { sets: await provider.read(records, context.signal) }, door: provider };
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = isDrpError(error) ? error.message : toError(error).message;
    return { reading: { unreachable: reason }, door: provider };
  }
}

function unreachableFindings(
  spec: DnsSpec,
  zone: DnsZone,
  found: { base: readonly RecordSet[]; reason: string; provider: Pick<DnsProvider, 'byHand'> | undefined },
): readonly Finding[] {
  const changes = recordsOf(spec, zone).map((record) => {
    const from = findSet(found.base, record) ?? assumed(spec, record);
    return { from, to: targetOf(spec, record, from) };
  });
  const lines = found.provider?.byHand(changes) ?? [];
  return [
    { severity: 'attention', line: `the provider cannot be asked: ${found.reason}` },
    {
      severity: 'attention',
      line: `if that stays so, by hand at ${zone.registrarConsole ?? "the registrar's console"}:`,
    },
    ...lines.map((line): Finding => ({ severity: 'attention', line: `  ${line}` })),
  ];
}

/** Where nobody answers: the side users are leaving, as the runbook has it. */
export function assumed(spec: DnsSpec, record: DnsZone['records'][string]): RecordSet {
  const values = spec.to === 'production' ? record.recovery : record.production;
  return recordSet(record, { ttlSeconds: Math.round(record.ttlMs / 1000), values });
}

function recordFindings(
  spec: DnsSpec,
  record: DnsZone['records'][string],
  base: readonly RecordSet[],
): readonly Finding[] {
  const current = findSet(base, record);
  if (current === undefined) return [{ severity: 'red', line: `${record.name} ${record.type}: no such record stands` }];
  const target = targetOf(spec, record, current);
  const findings: Finding[] = [];
  if (sameValues(current, target) && current.ttlSeconds === target.ttlSeconds) {
    findings.push({ severity: 'ok', line: `${showRecordSet(current)}: stands already` });
  } else {
    const next = `${target.values.join(', ')} (TTL ${String(target.ttlSeconds)})`;
    findings.push({ severity: 'ok', line: `${showRecordSet(current)} → ${next}` });
  }
  const sides = [record.production, record.recovery].map((values) => recordSet(record, { ttlSeconds: 0, values }));
  if (!sides.some((side) => sameValues(side, current))) {
    const line = `${current.name} ${current.type} stands on neither side of the runbook: somebody else set it`;
    findings.push({ severity: 'attention', line });
  }
  if (spec.do === 'switch' && current.ttlSeconds > longTtlSeconds) {
    const wait = formatDuration(current.ttlSeconds * 1000);
    findings.push({ severity: 'attention', line: `${current.name}: users may stay at the old side for ${wait} (TTL)` });
  }
  return findings;
}

function serverFindings(
  zone: DnsZone,
  { server, address, answer }: NameServerAnswer,
  known: { readonly base: readonly RecordSet[]; readonly lost: readonly string[]; readonly spec: DnsSpec },
): readonly Finding[] {
  const who = `${server} (${address})`;
  const isLost = known.lost.includes(zone.servers.find((one) => one.name === server)?.datacentre ?? '');
  if (answer.kind === 'silent') {
    if (isLost) return [{ severity: 'ok', line: `${who}: in a lost datacentre, ${answer.reason}` }];
    return [{ severity: 'attention', line: `${who}: ${answer.reason}` }];
  }
  const other = recordsOf(known.spec, zone).flatMap((record) => {
    const [theirs, ours] = [findSet(answer.records, record), findSet(known.base, record)];
    if (theirs !== undefined && ours !== undefined && sameValues(theirs, ours)) return [];
    return [theirs === undefined ? `${record.name} ${record.type} is not there` : showRecordSet(theirs)];
  });
  const serial = answer.serial === undefined ? '' : `, serial ${String(answer.serial)}`;
  if (other.length === 0) return [{ severity: 'ok', line: `${who}: agrees${serial}` }];
  const line = `${who} disagrees${isLost ? ' (lost datacentre)' : ''}: ${other.join('; ')}${serial}`;
  return [{ severity: isLost ? 'attention' : 'red', line }];
}

/** An AAAA that nobody changes keeps every user with IPv6 at the old side, and so with A. */
function forgottenFamilies(
  spec: DnsSpec,
  zone: DnsZone,
  answers: readonly (readonly RecordSet[])[],
): readonly Finding[] {
  if (spec.do !== 'switch') return [];
  const ours = recordsOf(spec, zone);
  const names = new Set(ours.map(({ name }) => name.toLowerCase()));
  const seen = answers.flat().filter(
    (set) =>
      names.has(set.name) &&
      findSet(
        ours.map((r) => recordSet(r, { ttlSeconds: 0, values: [] })),
        set,
      ) === undefined,
  );
  const lines = new Set(
    seen.map((set) => `${set.name} also has ${set.type} ${set.values.join(', ')}: this step does not change it`),
  );
  return [...lines].map((line) => ({ severity: 'attention', line }));
}

function serverToJson({ server, address, answer }: NameServerAnswer): Json {
  if (answer.kind === 'silent') return { server, address, silent: answer.reason };
  return { server, address, serial: answer.serial ?? null, records: answer.records.map(setToJson) };
}
