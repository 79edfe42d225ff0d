import { DrpError } from '../base/errors.ts';
import type { DrillSettings } from '../runbook/schema/drill.ts';
import { pathUnder } from './host-path.ts';
import type { DrillTarget, Plan, PlannedWorld, Resource } from './plan.ts';

/** Below the base folder of a host, one folder a site. */
export const drillFolder = '.drp/drill';
/** What the names of a drill's databases begin with. */
const drillPrefix = 'drill_';
/** The longest name the runbook takes, so that what is derived from it fits as well. */
const nameMax = 41;

/**
 * The isolated target of an activation's drill: its own folder, databases and port. Pure. Throws drill-refused where the
 * restoration would go to the production host, or the port is one that the runbook uses.
 */
export function drillTarget(
  activation: Plan,
  settings: DrillSettings | undefined,
  live: readonly string[],
): DrillTarget {
  const { world, site } = activation;
  const steps = (activation.phases['restoration'] ?? []).flatMap((lane) => lane.steps);
  const databases = new Set<string>();
  const hosts = new Set<string>([world.service.recovery.host]);
  for (const { spec } of steps) {
    if (spec.kind === 'copy') hosts.add(spec.to.host);
    if (spec.kind !== 'database') continue;
    databases.add(spec.database);
    hosts.add(world.databases[spec.database]?.host ?? '');
  }
  for (const name of hosts) {
    const live = name === world.service.production.host || world.hosts[name]?.role === 'production';
    if (live)
      throw new DrpError('drill-refused', { site, what: `its restoration would write on production host '${name}'` });
  }
  const port = settings?.serve?.port;
  if (port !== undefined) refuseKnownPort(activation, port);
  return {
    roots: Object.fromEntries(
      [...hosts].map((name) => [name, pathUnder(world.hosts[name]?.base ?? '', `${drillFolder}/${site}`)]),
    ),
    databases: Object.fromEntries(
      [...databases].map((key) => [key, isolatedDatabase(world.databases[key]?.name ?? key)]),
    ),
    ...(port === undefined ? {} : { serves: { host: world.service.recovery.host, port } }),
    fencingMs: longestLaneMs(activation, 'fencing'),
    live: liveResources(world, live),
  };
}

function longestLaneMs({ phases }: Plan, phase: string): number {
  const lanes = (phases[phase] ?? []).map(({ steps }) => steps.reduce((sum, step) => sum + (step.expectMs ?? 0), 0));
  return Math.max(0, ...lanes);
}

/** A path of the activation as the drill's plan says it: relative ones follow the host's base, which is the isolated folder. */
export function isolatedPath(target: DrillTarget, host: string, path: string): string {
  if (!path.startsWith('/')) return path;
  return pathUnder(target.roots[host] ?? '', `absolute${path}`);
}

function isolatedDatabase(name: string): string {
  return `${drillPrefix}${name}`.slice(0, nameMax);
}

function refuseKnownPort({ world, site }: Plan, port: number): void {
  const { recovery } = world.service;
  const host = world.hosts[recovery.host];
  const used: readonly (readonly [number | undefined, string])[] = [
    [recovery.port ?? Number(new URL(world.service.url).port || 443), 'the recovery site itself'],
    [host?.port, 'SSH'],
    ...Object.entries(world.databases)
      .filter(([, database]) => database.host === recovery.host)
      .map(([name, database]): [number, string] => [database.port, `database '${name}'`]),
  ];
  const hit = used.find(([one]) => one === port);
  if (hit !== undefined)
    throw new DrpError('drill-refused', { site, what: `drill.serve.port ${String(port)} is the port of ${hit[1]}` });
}

/** Normalised, so that two spellings of one folder compare equal. */
function liveResources(world: PlannedWorld, written: readonly string[]): readonly Resource[] {
  const { production, recovery } = world.service;
  const all = [
    ...written.map((resource) => absoluteFiles(resource, world)),
    ...Object.values(world.databases).map(({ host, name }) => `database:${host}:${name}`),
    ...[production, recovery].flatMap(({ host, port }) => (port === undefined ? [] : [`port:${host}:${String(port)}`])),
  ];
  return [...new Set(all)].sort();
}

function absoluteFiles(resource: string, world: PlannedWorld): string {
  const [kind = '', host = '', ...rest] = resource.split(':');
  if (kind !== 'files' || rest.length === 0) return resource;
  return `files:${host}:${pathUnder(world.hosts[host]?.base ?? '', rest.join(':'))}`;
}
