import { formatDuration } from '../../base/duration.ts';
import { DrpError, isDrpError, toError } from '../../base/errors.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import { sameRecord, sameValues, showRecordSet } from '../../providers/dns/record-set.ts';
import type { DnsChange, DnsOutcome, DnsProvider, RecordSet } from '../../providers/providers.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { awaitOldTtl } from './await-old-ttl.ts';
import type { DnsSpec, KnownSets } from './changes.ts';
import {
  approvedSets,
  findSet,
  knownSets,
  mayStartFrom,
  outputToJson,
  recordsOf,
  stands,
  targetOf,
  zoneOf,
} from './changes.ts';
import { assumed, dnsEvidence } from './evidence.ts';
import { awaitServers, isSettled, judgeServers, lostServerObligations } from './settle.ts';

/** Primaries notify secondaries in seconds; a secondary that missed the notice asks at its refresh, which a person then shortens. */
const defaultSettleMs = 120_000;

/**
 * Moves record sets of a zone by compare-and-set. Done means: every authoritative server outside the lost datacentres
 * answers the new values. Started again at any point it finds what stands and goes on; nothing is ever overwritten.
 */
export function dnsStep(options: { readonly settleMs?: number } = {}): StepKind<'dns'> {
  const settleMs = options.settleMs ?? defaultSettleMs;
  return {
    kind: 'dns',
    describe,
    evidence: (_, spec, context) => (spec.do === 'await-old-ttl' ? Promise.resolve([]) : dnsEvidence(spec, context)),
    precheck,
    // Compare-and-set: asking again is exactly as safe as asking first, so there is nothing to find out before.
    probe: () => Promise.resolve('absent'),
    run: (step, spec, context) =>
      spec.do === 'await-old-ttl' ? awaitOldTtl(step, spec, context) : change({ step, spec, context, settleMs }),
    verify: (step, spec, context) => verify(step, spec, context),
  };
}

interface Work {
  readonly step: PlannedStep;
  readonly spec: DnsSpec;
  readonly context: StepContext;
  readonly settleMs: number;
}

function describe(spec: DnsSpec, world: PlannedWorld): StepDescription {
  const zone = zoneOf(spec, world);
  const names = recordsOf(spec, zone).map(({ name, type }) => `${name} ${type}`);
  const resources = [...new Set(recordsOf(spec, zone).map(({ name }) => `dns:${name}`))];
  const title = {
    switch: `point ${zone.zone} at ${spec.to ?? '?'}`,
    'lower-ttl': `lower the TTL in ${zone.zone}`,
    'restore-ttl': `restore the TTL in ${zone.zone}`,
    'await-old-ttl': `wait until old answers for ${zone.zone} have run out`,
  }[spec.do];
  const waits = spec.do === 'await-old-ttl';
  const provider = zone.provider.kind === 'route53' ? 'Route 53' : `dynamic update at ${zone.provider.address}`;
  return {
    title: spec.title ?? title,
    hosts: [],
    reads: waits ? resources : [],
    writes: waits ? [] : resources,
    commands: waits ? [] : recordsOf(spec, zone).map((record) => plannedCommand(spec, record, provider)),
    verifies: waits
      ? 'the old TTL has passed since the switch'
      : `every name server outside lost datacentres answers the new ${names.join(', ')}`,
    ...(spec.do === 'switch' ? { undo: `switch ${names.join(', ')} back to the values approved at the gate` } : {}),
    irreversible: false,
    idempotent: true,
  };
}

function plannedCommand(spec: DnsSpec, record: DnsZone['records'][string], provider: string): string {
  const to = targetOf(spec, record, assumed(spec, record));
  const what = `${provider}: ${record.name} ${record.type}`;
  if (spec.do !== 'switch') return `${what} keeps its values, TTL to ${String(to.ttlSeconds)}`;
  return `${what} from <values approved at the gate> to ${to.values.join(', ')}`;
}

async function change(work: Work): Promise<StepOutcome> {
  const { spec, context, step } = work;
  if (context.run.mode !== 'real') {
    return { kind: 'failed', error: new DrpError('mode-forbids', { step: step.id, mode: context.run.mode }) };
  }
  const zone = zoneOf(spec, context.world);
  const known = knownSets(spec, context.plan, context.facts);
  let changes: readonly DnsChange[] = byRunbook(spec, zone, believedSets(spec, zone, known));
  let provider: DnsProvider | undefined;
  try {
    provider = await context.providers.dns(zone, (reference) => context.secret(reference));
    const current = await provider.read(recordsOf(spec, zone), context.signal);
    changes = byRunbook(spec, zone, current);
    const refusal = refuseBase(work, zone, { current, known });
    if (refusal !== undefined) return { kind: 'failed', error: refusal };
    const open = changes.filter(({ from, to }) => !stands(spec, from, to));
    const outcome: DnsOutcome =
      open.length === 0 ? { kind: 'already' } : await provider.compareAndSet(open, context.signal);
    if (outcome.kind === 'conflict') return { kind: 'failed', error: conflict(work, zone, outcome.current) };
    if (outcome.kind === 'unknown') return notChanged(work, zone, { changes, provider, reason: outcome.reason });
    return await settle(work, zone, { changes, outcome });
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = toError(error).message;
    const hint = isDrpError(error, 'dns-refused') ? `${reason} (${error.hint})` : reason;
    return notChanged(work, zone, { changes, provider, reason: hint, cause: error });
  }
}

/** What stands as far as the run knows, for a zone that cannot be read: not what this very step is about to put there. */
function believedSets(spec: DnsSpec, zone: DnsZone, known: KnownSets): readonly RecordSet[] {
  return recordsOf(spec, zone).flatMap((record) => {
    const sets = [...known.own, ...known.approved].filter((set) => sameRecord(set, record));
    const before = sets.find((set) => !stands(spec, set, targetOf(spec, record, set)));
    return (spec.do === 'switch' ? before : undefined) ?? sets[0] ?? [];
  });
}

function byRunbook(spec: DnsSpec, zone: DnsZone, sets: readonly RecordSet[]): readonly DnsChange[] {
  return recordsOf(spec, zone).map((record) => {
    const from = findSet(sets, record) ?? assumed(spec, record);
    return { from, to: targetOf(spec, record, from) };
  });
}

function refuseBase(
  work: Work,
  zone: DnsZone,
  { current, known }: { readonly current: readonly RecordSet[]; readonly known: KnownSets },
): DrpError | undefined {
  const { spec } = work;
  const records = recordsOf(spec, zone);
  const missing = records.find((record) => findSet(current, record) === undefined);
  if (missing !== undefined) return conflict(work, zone, current);
  const foreign = records.filter((record) => {
    const from = findSet(current, record);
    return from !== undefined && !stands(spec, from, targetOf(spec, record, from)) && !mayStartFrom(spec, from, known);
  });
  if (foreign.length === 0) return undefined;
  if (known.approved.length === 0 && known.own.length === 0)
    return new DrpError('dns-base-unapproved', { zone: zone.zone, step: work.step.id });
  return conflict(work, zone, current);
}

function conflict(work: Work, zone: DnsZone, current: readonly RecordSet[]): DrpError {
  const shown = current.length === 0 ? 'the record is gone' : current.map(showRecordSet).join('; ');
  return new DrpError('dns-conflict', { zone: zone.zone, step: work.step.id, current: shown });
}

/** Failed, with what a person types elsewhere. A change that was under way still meets its prerequisite when it arrives. */
function notChanged(
  work: Work,
  zone: DnsZone,
  found: {
    readonly changes: readonly DnsChange[];
    readonly provider: DnsProvider | undefined;
    readonly reason: string;
    readonly cause?: unknown;
  },
): StepOutcome {
  const details = {
    zone: zone.zone,
    step: work.step.id,
    reason: found.reason,
    console: zone.registrarConsole ?? "the registrar's console",
    records: found.changes
      .map(({ from, to }) => `${showRecordSet(from)} becomes ${to.values.join(', ')} (TTL ${String(to.ttlSeconds)})`)
      .join('; '),
  };
  const lines = found.provider?.byHand(found.changes) ?? [];
  const problems = lines.map((message) => ({ message }));
  return { kind: 'failed', error: new DrpError('dns-not-changed', details, { cause: found.cause, problems }) };
}

async function settle(
  work: Work,
  zone: DnsZone,
  made: { readonly changes: readonly DnsChange[]; readonly outcome: DnsOutcome },
): Promise<StepOutcome> {
  const { spec, context } = work;
  const compare = spec.do === 'switch' ? 'values' : 'all';
  const sets = made.changes.map(({ to }) => to);
  const standing = await awaitServers(zone, { sets, compare, timeoutMs: work.settleMs }, context);
  if (!isSettled(standing)) {
    const servers = [...standing.behind, ...(standing.agreeing.length === 0 ? standing.lostBehind : [])].join('; ');
    const details = { zone: zone.zone, step: work.step.id, after: formatDuration(work.settleMs), servers };
    return { kind: 'failed', error: new DrpError('dns-not-settled', details) };
  }
  const approved = approvedSets(context.facts.choices[`dns:${spec.zone}`]);
  const changes = made.changes.map((one) => withOldValues(spec, one, approved));
  const how = made.outcome.kind === 'already' ? 'stood already' : 'changed';
  return {
    kind: 'done',
    output: outputToJson({ zone: spec.zone, do: spec.do, changes, settledAt: context.clock.nowIso() }),
    lines: [
      ...changes.map(({ from, to }) => `${how}: ${showRecordSet(from)} → ${showRecordSet(to)}`),
      `answered by ${standing.agreeing.join(', ')}`,
      ...standing.lostBehind.map((who) => `lost datacentre: ${who}`),
    ],
    obligations: lostServerObligations(zone, standing),
  };
}

/** After a crash behind the change, what stands is the new set; the old one is what the gate approved. */
function withOldValues(spec: DnsSpec, made: DnsChange, approved: readonly RecordSet[]): DnsChange {
  const old = findSet(approved, made.from);
  if (old === undefined || !stands(spec, made.from, made.to)) return made;
  // A TTL restored after the switch was never that of the values the gate showed.
  return spec.do === 'switch' || sameValues(old, made.from) ? { from: old, to: made.to } : made;
}

/** The provider answers and every record is there; where a gate has approved old values already, they still stand. */
async function precheck(step: PlannedStep, spec: DnsSpec, context: StepContext): Promise<void> {
  if (spec.do === 'await-old-ttl') return;
  const zone = zoneOf(spec, context.world);
  const provider = await context.providers.dns(zone, (reference) => context.secret(reference));
  const current = await provider.read(recordsOf(spec, zone), context.signal);
  const known = knownSets(spec, context.plan, context.facts);
  const refusal = refuseBase({ step, spec, context, settleMs: 0 }, zone, { current, known });
  if (refusal !== undefined && refusal.code !== 'dns-base-unapproved') throw refusal;
}

/** For a change made by hand: what the name servers answer decides. Values alone for a switch, whatever TTL the console gave. */
async function verify(step: PlannedStep, spec: DnsSpec, context: StepContext): Promise<readonly string[]> {
  if (spec.do === 'await-old-ttl') return [];
  const zone = zoneOf(spec, context.world);
  const answers = await context.providers.askNameServers(zone, recordsOf(spec, zone), context.signal);
  const heard = answers.flatMap(({ answer }) => (answer.kind === 'answered' ? answer.records : []));
  const sets = byRunbook(spec, zone, heard).map(({ to }) => to);
  const compare = spec.do === 'switch' ? 'values' : 'all';
  const standing = judgeServers(zone, answers, { sets, lost: context.facts.situation?.lost ?? [], compare });
  if (!isSettled(standing)) {
    const reason = [...standing.behind, ...standing.lostBehind].join('; ');
    throw new DrpError('postcondition-failed', { step: step.id, reason });
  }
  return [`answered by ${standing.agreeing.join(', ')}: ${sets.map(showRecordSet).join('; ')}`];
}
