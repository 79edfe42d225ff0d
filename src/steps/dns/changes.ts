import { DrpError } from '../../base/errors.ts';
import type { Json } from '../../events/event.ts';
import { stepsOf } from '../../plan/phases.ts';
import type { Plan, PlannedWorld } from '../../plan/plan.ts';
import { recordSet, sameRecord, sameRecordSet, sameValues } from '../../providers/dns/record-set.ts';
import type { DnsChange, RecordSet } from '../../providers/providers.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { RunFacts } from '../step-kind.ts';

export type DnsSpec = SpecOf<'dns'>;
type ZoneRecord = DnsZone['records'][string];

/** What a dns step leaves behind for later steps and for undo. Instants are ISO UTC. */
export interface DnsOutput {
  readonly zone: string;
  readonly do: DnsSpec['do'];
  /** In the order of the step's records; a set that already stood as wanted has `from` = what was approved. */
  readonly changes: readonly DnsChange[];
  /** When every name server that must answer was first seen with the new values: old answers in caches count from here. */
  readonly settledAt: string;
}

/** The zone of a step. Throws step-invalid for a zone or record the runbook does not have, or keys that miss. */
export function zoneOf(spec: DnsSpec, world: PlannedWorld): DnsZone {
  const invalid = (reason: string): DrpError => new DrpError('step-invalid', { step: spec.id, reason });
  const zone = world.dns[spec.zone];
  if (zone === undefined) throw invalid(`there is no zone '${spec.zone}' in dns`);
  const missing = spec.records.find((key) => zone.records[key] === undefined);
  if (missing !== undefined) throw invalid(`zone '${spec.zone}' has no record '${missing}'`);
  if (spec.do === 'switch' && spec.to === undefined) throw invalid("a switch needs 'to': production or recovery");
  if (spec.do === 'lower-ttl' && spec.ttl === undefined) throw invalid("lower-ttl needs 'ttl'");
  return zone;
}

/** Records of the step, in its order. */
export function recordsOf(spec: DnsSpec, zone: DnsZone): readonly ZoneRecord[] {
  return spec.records.flatMap((key) => zone.records[key] ?? []);
}

/** What each record becomes, given what stands now. Only a switch touches values; only with a lower TTL, never a higher one. */
export function targetOf(spec: DnsSpec, record: ZoneRecord, current: RecordSet): RecordSet {
  const normalSeconds = seconds(record.ttlMs);
  switch (spec.do) {
    case 'switch': {
      const ttlSeconds = spec.ttl === undefined ? Math.min(current.ttlSeconds, normalSeconds) : seconds(spec.ttl);
      return recordSet(record, { ttlSeconds, values: spec.to === 'production' ? record.production : record.recovery });
    }
    case 'lower-ttl':
      return { ...current, ttlSeconds: Math.min(current.ttlSeconds, seconds(spec.ttl ?? record.ttlMs)) };
    case 'restore-ttl':
      return { ...current, ttlSeconds: spec.ttl === undefined ? normalSeconds : seconds(spec.ttl) };
    case 'await-old-ttl':
      return current;
  }
}

/** Already as the step wants it. After a switch made by hand the TTL is the console's: values decide. */
export function stands(spec: DnsSpec, current: RecordSet, target: RecordSet): boolean {
  return spec.do === 'switch' ? sameValues(current, target) : sameRecordSet(current, target);
}

/** What a switch may start from. */
export interface KnownSets {
  /** As a gate showed them: must still stand exactly, TTL included. */
  readonly approved: readonly RecordSet[];
  /** What the approved plan itself puts there, or put there in this run; by hand it may have got another TTL. */
  readonly own: readonly RecordSet[];
}

/**
 * Whether a change may start from what stands now: a gate approved it, or the approved plan itself put it there since.
 * Changes of the TTL alone keep the values as they are, whoever set them, and need no approval.
 */
export function mayStartFrom(spec: DnsSpec, current: RecordSet, known: KnownSets): boolean {
  if (spec.do !== 'switch') return true;
  return known.approved.some((set) => sameRecordSet(set, current)) || known.own.some((set) => sameValues(set, current));
}

/** Pure: the choice bound at the gate, the plan's own switches of this zone, the outputs so far → what a switch may start from. */
export function knownSets(
  spec: DnsSpec,
  plan: Pick<Plan, 'phases' | 'procedure' | 'world'>,
  facts: Pick<RunFacts, 'choices' | 'outputs'>,
): KnownSets {
  const approved = approvedSets(facts.choices[`dns:${spec.zone}`]);
  const outputs = ownOutputs(spec.zone, facts.outputs).flatMap(({ changes }) => changes.map(({ to }) => to));
  const planned = approved.length === 0 ? [] : plannedTargets(spec, plan, approved);
  // The approved values themselves must stand as approved, TTL included: no way round through a planned switch back.
  const own = [...outputs.toReversed(), ...planned].filter((set) => !approved.some((one) => sameValues(one, set)));
  return { approved, own };
}

function plannedTargets(
  spec: DnsSpec,
  plan: Pick<Plan, 'phases' | 'procedure' | 'world'>,
  approved: readonly RecordSet[],
): RecordSet[] {
  return stepsOf(plan).flatMap(({ spec: other }) => {
    if (other.kind !== 'dns' || other.do !== 'switch' || other.zone !== spec.zone) return [];
    return recordsOf(other, zoneOf(other, plan.world)).flatMap((record) => {
      const set = findSet(approved, record);
      return set === undefined ? [] : [targetOf(other, record, set)];
    });
  });
}

/** Sets approved at a gate (evidence id `dns:ZONE`). */
export function approvedSets(choice: Json | undefined): readonly RecordSet[] {
  return Array.isArray(choice) ? (choice as readonly Json[]).flatMap(readSet) : [];
}

/** Outputs of the zone's dns steps so far, in the order in which they settled. */
export function ownOutputs(zone: string, outputs: Readonly<Record<string, Json>>): readonly DnsOutput[] {
  return Object.values(outputs)
    .flatMap((output) => readOutput(output))
    .filter((output) => output.zone === zone)
    .toSorted((a, b) => a.settledAt.localeCompare(b.settledAt));
}

export function findSet(sets: readonly RecordSet[], record: Pick<RecordSet, 'name' | 'type'>): RecordSet | undefined {
  return sets.find((set) => sameRecord(set, record));
}

export function setToJson(set: RecordSet): Json {
  return { name: set.name, type: set.type, ttlSeconds: set.ttlSeconds, values: set.values };
}

export function outputToJson(output: DnsOutput): Json {
  const changes = output.changes.map(({ from, to }) => ({ from: setToJson(from), to: setToJson(to) }));
  return { zone: output.zone, do: output.do, changes, settledAt: output.settledAt };
}

const seconds = (ms: number): number => Math.round(ms / 1000);

function readSet(json: Json): readonly RecordSet[] {
  if (json === null || typeof json !== 'object' || !('name' in json)) return [];
  const { name, type, ttlSeconds, values } = json as { readonly [key: string]: Json };
  if (typeof name !== 'string' || typeof ttlSeconds !== 'number' || !Array.isArray(values)) return [];
  if (type !== 'A' && type !== 'AAAA' && type !== 'CNAME') return [];
  return [recordSet({ name, type }, { ttlSeconds, values: (values as readonly Json[]).map(String) })];
}

function readOutput(json: Json): readonly DnsOutput[] {
  if (json === null || typeof json !== 'object' || !('settledAt' in json)) return [];
  const output = json as { readonly [key: string]: Json };
  const kind = output['do'];
  if (kind !== 'switch' && kind !== 'lower-ttl' && kind !== 'restore-ttl') return [];
  if (typeof output['zone'] !== 'string' || typeof output['settledAt'] !== 'string') return [];
  const changes = Array.isArray(output['changes']) ? (output['changes'] as readonly { from: Json; to: Json }[]) : [];
  const read = changes.flatMap((change) => {
    const [[from], [to]] = [readSet(change.from), readSet(change.to)];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  return [{ zone: output['zone'], do: kind, changes: read, settledAt: output['settledAt'] }];
}
