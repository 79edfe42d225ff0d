import { canonicalJson } from '../events/canonical.ts';
import { digestOf } from '../events/digest.ts';
import type { Json } from '../events/event.ts';
import type { Plan, PlannedStep, PlannedWorld, RehearsedPart } from './plan.ts';

/** Phases of an activation that a drill walks for real, into an isolated target. */
export const rehearsedPhases: readonly string[] = ['restoration', 'verification'];

/** One thing that is another than when it was last rehearsed, and what of it. */
export interface RehearsalChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly area: 'step' | 'order' | 'database' | 'backup' | 'host' | 'person' | 'signers' | 'runbook';
  readonly name: string;
  /** `from.path: "www" → "site"`; empty where all of it is new or gone. */
  readonly what: readonly string[];
}

/** So many differences of one thing are named. */
const differencesMax = 6;

/** What of a plan a drill rehearses. Pure; the same plan gives the same part on every machine. */
export function rehearsedPart(plan: Pick<Plan, 'phases' | 'world' | 'rehearses'>): RehearsedPart {
  if (plan.rehearses !== undefined) return plan.rehearses;
  const lanes = rehearsedPhases.flatMap((phase) => (plan.phases[phase] ?? []).map((lane) => ({ phase, lane })));
  const steps = lanes.flatMap(({ phase, lane }) => lane.steps.map((step) => ({ phase, step })));
  const used = usedBy(
    steps.map(({ step }) => step),
    plan.world,
  );
  return {
    steps: Object.fromEntries(steps.map(({ phase, step }) => [step.id, { phase, spec: step.spec }])),
    order: Object.fromEntries(
      lanes.map(({ phase, lane }) => [`${phase}/${lane.name}`, lane.steps.map(({ id }) => id)]),
    ),
    databases: picked(plan.world.databases, used.databases),
    backups: picked(plan.world.backups, used.backups),
    hosts: picked(plan.world.hosts, used.hosts),
  };
}

/** SHA-256 over the canonical JSON of the part: another digest, and the plan needs a drill. */
export function rehearsedDigest(plan: Pick<Plan, 'phases' | 'world' | 'rehearses'>): string {
  return digestOf(rehearsedPart(plan));
}

/** What the restoration does otherwise than when it was rehearsed. Empty: nothing. */
export function restorationChanges(then: RehearsedPart, now: RehearsedPart): readonly RehearsalChange[] {
  return [
    ...changesOf('step', then.steps, now.steps),
    ...orderChanges(then, now),
    ...changesOf('database', then.databases, now.databases),
    ...changesOf('backup', then.backups, now.backups),
    ...changesOf('host', then.hosts, now.hosts),
  ];
}

type Surroundings = Pick<Plan, 'world' | 'allowedSigners' | 'runbook'>;

/** People, keys and the runbook's text, as they changed between two plans. None of it needs a drill; all of it is shown. */
export function surroundingChanges(then: Surroundings, now: Surroundings): readonly RehearsalChange[] {
  const signers = then.allowedSigners !== now.allowedSigners;
  const text = then.runbook.sha256 !== now.runbook.sha256;
  return [
    ...changesOf('person', then.world.people, now.world.people),
    ...(signers ? [{ kind: 'changed', area: 'signers', name: 'allowed_signers', what: [] } as const] : []),
    ...(text
      ? [
          {
            kind: 'changed',
            area: 'runbook',
            name: 'text of the runbook',
            what: [`sha256 ${then.runbook.sha256.slice(0, 12)} → ${now.runbook.sha256.slice(0, 12)}`],
          } as const,
        ]
      : []),
  ];
}

/** Databases, backups and hosts that these steps touch. */
function usedBy(steps: readonly PlannedStep[], world: PlannedWorld) {
  const databases = new Set<string>();
  const backups = new Set<string>();
  const hosts = new Set<string>([world.service.recovery.host]);
  for (const { hosts: acted, spec } of steps) {
    acted.forEach((host) => hosts.add(host));
    if (spec.kind === 'database') databases.add(spec.database);
    const from = spec.kind === 'copy' || (spec.kind === 'database' && spec.do === 'fetch') ? spec.from : undefined;
    if (from !== undefined && 'backup' in from) backups.add(from.backup);
    if (from !== undefined && 'host' in from) hosts.add(from.host);
  }
  for (const name of databases) {
    const host = world.databases[name]?.host;
    if (host !== undefined) hosts.add(host);
  }
  for (const name of backups) world.backups[name]?.sources.forEach(({ host }) => hosts.add(host));
  for (const name of hosts) {
    const via = world.hosts[name]?.via;
    if (via !== undefined) hosts.add(via);
  }
  return { databases, backups, hosts };
}

function picked<T>(all: Readonly<Record<string, T>>, names: ReadonlySet<string>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)));
}

function changesOf(
  area: RehearsalChange['area'],
  then: Readonly<Record<string, object>>,
  now: Readonly<Record<string, object>>,
): readonly RehearsalChange[] {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
  return names.flatMap((name): readonly RehearsalChange[] => {
    const [old, fresh] = [then[name], now[name]];
    if (old === undefined) return [{ kind: 'added', area, name, what: [] }];
    if (fresh === undefined) return [{ kind: 'removed', area, name, what: [] }];
    const what = differences(old as unknown as Json, fresh as unknown as Json, '');
    if (what.length === 0) return [];
    const more = what.length - differencesMax;
    return [
      {
        kind: 'changed',
        area,
        name,
        what: [...what.slice(0, differencesMax), ...(more > 0 ? [`and ${String(more)} more`] : [])],
      },
    ];
  });
}

/** Steps that both have, in another order or lane. */
function orderChanges(then: RehearsedPart, now: RehearsedPart): readonly RehearsalChange[] {
  const kept = (part: RehearsedPart, other: RehearsedPart): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(part.order)
        .map(([lane, ids]): [string, string] => [lane, ids.filter((id) => Object.hasOwn(other.steps, id)).join(' > ')])
        .filter(([, ids]) => ids !== ''),
    );
  const [old, fresh] = [kept(then, now), kept(now, then)];
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])]
    .sort()
    .filter((lane) => old[lane] !== fresh[lane])
    .map((lane) => ({
      kind: 'changed',
      area: 'order',
      name: lane,
      what: [`${old[lane] ?? 'nothing'} → ${fresh[lane] ?? 'nothing'}`],
    }));
}

/** Leaves that differ, as `path: old → new`. */
function differences(then: Json | undefined, now: Json | undefined, path: string): readonly string[] {
  if (isRecord(then) && isRecord(now)) {
    const keys = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
    return keys.flatMap((key) => differences(then[key], now[key], path === '' ? key : `${path}.${key}`));
  }
  const [old, fresh] = [shown(then), shown(now)];
  return old === fresh ? [] : [`${path}: ${old} → ${fresh}`];
}

function shown(value: Json | undefined): string {
  // Keys in one order: a plan read back from the record has them sorted.
  return value === undefined ? 'absent' : canonicalJson(value);
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
