import type { HostChecks } from '../../runbook/schema/checks.ts';
import type { Phase, Runbook } from '../../runbook/schema/runbook.ts';
import type { StepSpec } from '../../runbook/schema/steps.ts';
import { commandsAt, programOf, sudoQuestion } from './commands.ts';

/** From where on something is said about a host. */
export interface HostLimits {
  /** Percent of a file system in use. */
  readonly disk: number;
  readonly inodes: number;
  /** Percent of memory in use, caches not counted. */
  readonly memory: number;
  readonly swap: number;
  /** Percent of all processors' time. */
  readonly cpu: number;
  /** Processes that want to run, a processor (the average of five minutes). */
  readonly load: number;
  /** Off from the clock of the machine drp runs on, either way. */
  readonly clockMs: number;
  /** A host up for less has just restarted. */
  readonly uptimeMs: number;
  /** How far a standby may be behind. */
  readonly lagMs: number;
}

/** 90 %: above it file systems grow slow, and a restoration needs room that nobody has measured. */
const standard: HostLimits = {
  disk: 90,
  inodes: 90,
  memory: 95,
  swap: 80,
  cpu: 95,
  load: 4,
  clockMs: 2_000,
  uptimeMs: 600_000,
  lagMs: 300_000,
};

/** A program that must be on a host, and which version will do. */
export interface NeededProgram {
  /** Name, or path. */
  readonly name: string;
  readonly atLeast?: string;
  /** What it is for, in words. */
  readonly why: string;
}

/** What a host must have, from the runbook alone. */
export interface HostNeeds {
  readonly host: string;
  readonly user: string;
  readonly limits: HostLimits;
  /** Folders whose file systems are looked at, besides those of `/`, `/tmp` and the jobs. */
  readonly folders: readonly string[];
  /** Folders where programs of the site lie: their file systems must let them run. */
  readonly executable: readonly string[];
  readonly programs: readonly NeededProgram[];
  /** `find -printf` and such: what copies and surveys use. */
  readonly gnuFind: boolean;
  readonly services: readonly string[];
  readonly processes: readonly string[];
  readonly listens: readonly string[];
  readonly users: readonly string[];
  /** What `sudo -n -l` is asked: commands, behind `-u USER` for another user than root. */
  readonly sudo: readonly (readonly string[])[];
  readonly interface?: string;
  /** Addresses it must have a way to. */
  readonly peers: readonly string[];
  readonly mysqlReplica: boolean;
  readonly root: string;
}

/** One host that must log in to another by itself, to copy from it. */
export interface CopyWay {
  readonly from: string;
  readonly to: string;
}

/** `rsync -S --inplace` together, and `--info=progress2`. */
const leastRsync = '3.1.3';

/** What this host must have: declared under `checks`, and what the steps will use there. Pure. */
export function needsOf(runbook: Runbook, name: string): HostNeeds {
  const host = runbook.hosts[name];
  const declared = runbook.checks?.hosts[name];
  const base = host?.base ?? '/';
  const below = (path: string): string => (path.startsWith('/') ? path : `${base.replace(/\/$/, '')}/${path}`);
  const ways = copyWays(runbook).filter(({ to }) => to === name);
  const sources = Object.values(runbook.backups).flatMap(({ sources: all }) => all.filter((one) => one.host === name));
  return {
    host: name,
    user: host?.user ?? '',
    limits: limitsOf(runbook, declared),
    folders: unique([base, ...sources.map(({ folder }) => below(folder)), ...(declared?.folders ?? []).map(below)]),
    executable: host?.role === 'production' || host?.role === 'recovery' ? [base] : [],
    programs: programsOf(runbook, name, declared),
    gnuFind: sources.length > 0 || ways.length > 0 || copySources(runbook).includes(name),
    services: declared?.services ?? [],
    processes: declared?.processes ?? [],
    listens: declared?.listens ?? [],
    users: declared?.users ?? [],
    sudo: sudoOf(runbook, name, declared),
    ...(declared?.interface === undefined ? {} : { interface: declared.interface }),
    peers: unique([...ways.map(({ from }) => runbook.hosts[from]?.address ?? ''), ...(declared?.routes ?? [])]).filter(
      (address) => address !== '',
    ),
    mysqlReplica: declared?.mysqlReplica ?? false,
    root: declared?.root ?? '',
  };
}

function limitsOf(runbook: Runbook, declared: HostChecks | undefined): HostLimits {
  const pick = <K extends keyof HostLimits>(key: K, ...given: readonly (number | undefined)[]): number =>
    given.find((value) => value !== undefined) ?? standard[key];
  const all = runbook.checks;
  return {
    disk: pick('disk', declared?.disk, all?.disk),
    inodes: pick('inodes', declared?.inodes, all?.inodes),
    memory: pick('memory', declared?.memory, all?.memory),
    swap: pick('swap', declared?.swap, all?.swap),
    cpu: pick('cpu', declared?.cpu, all?.cpu),
    load: pick('load', declared?.load, all?.load),
    clockMs: pick('clockMs', declared?.clock, all?.clock),
    uptimeMs: pick('uptimeMs', declared?.uptime, all?.uptime),
    lagMs: pick('lagMs', declared?.lag, all?.lag),
  };
}

/** Rights that are declared, and those that the commands of the steps ask for. */
function sudoOf(runbook: Runbook, name: string, declared: HostChecks | undefined): readonly (readonly string[])[] {
  const asked = commandsAt(runbook, stepsOf(runbook), name).map(sudoQuestion);
  const all = [...(declared?.sudo ?? []), ...asked.filter((one) => one !== undefined)];
  return [...new Map(all.map((argv) => [argv.join('\0'), argv])).values()];
}

function programsOf(runbook: Runbook, name: string, declared: HostChecks | undefined): readonly NeededProgram[] {
  const steps = stepsOf(runbook);
  const copies = copyWays(runbook).some(({ to }) => to === name);
  const gives = copySources(runbook).includes(name);
  const jobs = copies || gives || steps.some((step) => 'host' in step && step.host === name);
  const databases = Object.values(runbook.databases).filter((one) => one.host === name);
  const needed: NeededProgram[] = [
    ...(jobs || databases.length > 0
      ? ['flock', 'setsid', 'sha256sum', 'mktemp', 'find', 'awk', 'tar'].map((tool) => ({
          name: tool,
          why: 'jobs of drp',
        }))
      : []),
    ...(copies ? [{ name: 'ssh', why: 'copying from other hosts' }] : []),
    ...(copies || gives ? [{ name: 'rsync', atLeast: leastRsync, why: 'copies' }] : []),
    ...databases.flatMap(({ programs }) =>
      ['psql', 'pg_restore', 'pg_dump', 'createdb', 'dropdb', 'vacuumdb'].map((tool) => ({
        name: programs === undefined ? tool : `${programs}/${tool}`,
        why: 'imports and dumps',
      })),
    ),
    ...commandsAt(runbook, steps, name).flatMap((argv) => {
      const tools = [argv[0] === 'sudo' ? 'sudo' : undefined, programOf(argv)];
      return tools.flatMap((tool) => (tool === undefined ? [] : [{ name: tool, why: 'commands of its steps' }]));
    }),
    ...(declared?.programs ?? []).map(({ name: tool, atLeast }) => ({
      name: tool,
      ...(atLeast === undefined ? {} : { atLeast }),
      why: 'declared under checks',
    })),
  ];
  const byName = new Map<string, NeededProgram>();
  // The last word counts: a version that is declared is the one wanted.
  for (const program of needed) byName.set(program.name, program);
  return [...byName.values()];
}

/** Which host logs in to which to copy from it, by the steps of both procedures; each pair once. Pure. */
export function copyWays(runbook: Runbook): readonly CopyWay[] {
  const ways: CopyWay[] = [];
  const add = (from: string, to: string): void => {
    if (from !== to && !ways.some((way) => way.from === from && way.to === to)) ways.push({ from, to });
  };
  const sources = (backup: string): readonly string[] => runbook.backups[backup]?.sources.map(({ host }) => host) ?? [];
  for (const step of stepsOf(runbook)) {
    if (step.kind === 'copy') {
      const from = 'host' in step.from ? [step.from.host] : sources(step.from.backup);
      for (const host of from) add(host, step.to.host);
    }
    if (step.kind === 'database' && step.do === 'fetch') {
      const to = runbook.databases[step.database]?.host;
      const from = 'backup' in step.from ? sources(step.from.backup) : dumpHosts(runbook, step.from);
      if (to !== undefined) for (const host of from) add(host, to);
    }
  }
  return ways;
}

/** Backups whose dumps a step brings to a database. Pure. */
export function importedBackups(runbook: Runbook): readonly string[] {
  return unique(
    stepsOf(runbook).flatMap((step) =>
      step.kind === 'database' && step.do === 'fetch' && 'backup' in step.from ? [step.from.backup] : [],
    ),
  );
}

/** A dump that another step makes lies on the host of that step's database. */
function dumpHosts(runbook: Runbook, from: object): readonly string[] {
  const id = 'dump' in from ? from.dump : undefined;
  return stepsOf(runbook).flatMap((step) => {
    if (step.id !== id || step.kind !== 'database') return [];
    const host = runbook.databases[step.database]?.host;
    return host === undefined ? [] : [host];
  });
}

function copySources(runbook: Runbook): readonly string[] {
  return unique(copyWays(runbook).map(({ from }) => from));
}

/** Every step of both procedures. */
export function stepsOf(runbook: Runbook): readonly StepSpec[] {
  return [runbook.activation, runbook.return].flatMap((procedure) =>
    Object.values(procedure as Readonly<Record<string, Phase | undefined>>).flatMap((phase) => {
      if (phase === undefined) return [];
      return Array.isArray(phase) ? phase : Object.values(phase).flat();
    }),
  );
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
