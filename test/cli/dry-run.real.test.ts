import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processIo } from '../../src/cli/io.ts';
import { openExecutor, openRunbook, resolveProcedure } from '../../src/cli/wire.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { ExecutorDeps } from '../../src/executor/deps.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { stepsOf } from '../../src/plan/phases.ts';
import type { Transport } from '../../src/transports/transport.ts';
import { openLab, startLab, type Lab } from '../lab/lab.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const given = process.env['DRP_TEST_LAB'];
let lab: Lab;
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drp-dry-'));
  chmodSync(folder, 0o755); // the lab's services run as other users and must pass through
  const part = () => 20 + Math.floor(Math.random() * 200);
  const net = `127.${part()}.${part()}`;
  lab =
    given === undefined
      ? await startLab({ dir: join(folder, 'lab'), net, databaseBytes: 1e6, filesBytes: 1e6, tickets: false })
      : openLab(given);
}, 180_000);
afterAll(async () => {
  if (given === undefined) await lab?.down();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const situation = {
  what: 'fire',
  sinceAt: new Date(Date.now() - 600_000).toISOString(),
  lost: ['limburg'],
  orderedBy: 'anne',
  orderedHow: 'phone',
};

/** Everything this file may run on a host: their lines, and nothing else, may stand in a script of a dry run. */
const readOnlyScripts = [
  ...['remote/script-opening.sh', 'remote/tree-find.sh', 'remote/tree-size.sh', 'backups/survey.sh', 'copy/target.sh'],
  ...['database/read-sql.sh', 'database/count.sql', 'remote/machine.sh', 'remote/source-link.sh', 'copy/vanish.sh'],
];
const readOnlyPrograms = ['true', 'test'];
const scriptLines = new Set(
  readOnlyScripts.flatMap((name) => readFileSync(join(root, 'src/steps', name), 'utf8').split('\n')),
);

/** What is wrong with a command that a dry run had run on a host; undefined: it only reads. */
function notReadOnly(argv: readonly string[]): string | undefined {
  // sh -c BOOTSTRAP drp SCRIPT NONCE, identity (2), claim (4), then the command itself.
  const [site, run] = argv.slice(8, 10);
  const [program = '', flag, text = ''] = argv.slice(12);
  if (site !== '' || run !== '') return `under a claim: ${program}`;
  if (readOnlyPrograms.includes(program)) return undefined;
  if (program !== 'sh' || flag !== '-c') return argv.slice(12).join(' ').slice(0, 200);
  const strange = text.split('\n').find((line) => !scriptLines.has(line));
  return strange === undefined ? undefined : `a script with: ${strange}`;
}

/** Real adapters, with every act that changes something noted (and still done: the world is looked at afterwards). */
function recorded(deps: ExecutorDeps, acts: string[], ran: string[][] = []): ExecutorDeps {
  const noting = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (names.includes(String(name))) acts.push(String(name));
          return Reflect.apply(value, object, args) as unknown;
        };
      },
    });
  return {
    ...deps,
    reach: (plan) => {
      const reach = deps.reach(plan);
      const listening = (transport: Transport): Transport => ({
        target: transport.target,
        exec: (argv, options) => {
          ran.push([...argv]);
          return transport.exec(argv, options);
        },
        close: () => transport.close(),
      });
      return {
        ...reach,
        hosts: {
          connect: async (name, options) => listening(await reach.hosts.connect(name, options)),
          closeAll: () => reach.hosts.closeAll(),
        },
        jobs: noting(reach.jobs, ['start', 'cancel']),
        claims: noting(reach.claims, ['take', 'raise', 'release']),
      };
    },
    providers: {
      ...deps.providers,
      dns: async (zone, secret) => noting(await deps.providers.dns(zone, secret), ['compareAndSet']),
      desk: async (desk, secret) => noting(await deps.providers.desk(desk, secret), ['send']),
    },
  };
}

/** Every file of the hosts' own folders with its size and time of change, and the roles and names of the databases. */
async function worldNow(): Promise<readonly string[]> {
  const files = Object.values(lab.facts.hosts).flatMap(({ base }) =>
    readdirSync(base, { recursive: true, encoding: 'utf8' }).map((name) => {
      const { mtimeMs, size, mode } = lstatSync(join(base, name), { throwIfNoEntry: false }) ?? {
        mtimeMs: 0,
        size: 0,
        mode: 0,
      };
      return `${base}/${name} ${size} ${mtimeMs} ${mode}`;
    }),
  );
  const roles = await lab.sql('limburg', 'select rolname, rolcanlogin from pg_roles order by 1');
  return [...files.sort(), roles];
}

describe('a dry run on real hosts', () => {
  test('reads everything, shows every gate, and changes nothing anywhere', async () => {
    const io = { ...processIo([]), env: { DRP_RUNBOOKS: join(lab.facts.dir, 'runbooks') } };
    const plan = await resolveProcedure(await openRunbook(io, 'gravelines', undefined), 'activation');
    const journal = createMemoryJournal();
    const { deps, close } = await openExecutor(io, journal);
    const acts: string[] = [];
    const ran: string[][] = [];
    const executor = createExecutor(recorded(deps, acts, ran));
    const before = await worldNow();
    const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'nobody' } } as const;
    const run = await executor.begin({ plan, mode: 'dry-run', starter, situation });
    const end = await executor.drive(run, {
      signal: new AbortController().signal,
      words: { next: () => new Promise(() => undefined) },
      onUpdate: () => undefined,
      onWaiting: () => undefined,
      whenOnlyPeople: 'park',
    });
    await close();
    expect(end).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(acts).toEqual([]);
    expect(ran.length).toBeGreaterThan(5);
    expect(ran.flatMap((argv) => notReadOnly(argv) ?? [])).toEqual([]);
    expect(await worldNow()).toEqual(before);
    const wouldRun = new Map(
      (await journal.read(run)).flatMap((event) =>
        event.type === 'step.done' ? [[event.data.step, event.data] as const] : [],
      ),
    );
    for (const step of stepsOf(plan).filter(({ id }) => wouldRun.has(id))) {
      const { lines, output } = wouldRun.get(step.id)!;
      expect(lines.filter((line) => line.startsWith('would run: '))).toEqual(
        step.commands.map((line) => `would run: ${line}`),
      );
      expect(lines.filter((line) => !/^(would run|ran read-only|cannot be simulated)\b/.test(line))).toEqual([]);
      expect(output).toMatchObject({ invented: true });
    }
    const events = await journal.read(run);
    const opened = events.flatMap((event) => (event.type === 'gate.opened' ? [event.data.gate] : []));
    expect(opened).toEqual(['declaration', 'restoration', 'import', 'accept-import', 'switchover']);
  });

  test('exits 0 where nothing would stop a real run, and 1 with a list of what would', async () => {
    const going = dryRun();
    expect(going.stderr.match(/^GATE /gm)).toHaveLength(5);
    expect(going.stdout).toContain('nothing seen that would stop a real run');
    expect(going.status).toBe(0);
    expect(JSON.parse(dryRun('--json').stdout.trim().split('\n').at(-1)!)).toMatchObject({ wouldStop: [] });
    await lab.fault('site-down', 'gravelines');
    try {
      const stopped = dryRun();
      expect(stopped.stdout).toMatch(
        /a real run would stop here \(\d+\):\n(.*\n)* {4}step close-recovery: .*gravelines/,
      );
      expect(stopped.status).toBe(1);
    } finally {
      await lab.fault('site-up', 'gravelines');
    }
  });

  test('of a return shows all its gates, too, and says what cannot be known beforehand as such, not as a failure', () => {
    const { stdout, stderr } = drp('return', '--site', 'gravelines', '--dry-run');
    const gates = [...stderr.matchAll(/^GATE ([a-z-]+)/gm)].map(([, gate]) => gate);
    expect(gates).toEqual(['authorisation', 'salvage', 'import', 'accept-import', 'switchover']);
    expect(stderr).toMatch(/cannot be simulated: step 'fetch-database' builds on 'dump-recovery'/);
    // Nothing was ever restored here, so there is nothing to come back with; that the dump is not made yet stops nobody.
    expect(stdout).toMatch(/a real run would stop here/);
    expect(stdout).not.toMatch(/step fetch-database/);
    const widest = Math.max(
      ...stderr
        .split('\n')
        .filter((line) => line.startsWith('    would run'))
        .map(({ length }) => length),
    );
    expect(widest).toBeLessThanOrEqual(120);
  });
});

function dryRun(...more: readonly string[]) {
  const { what, lost, orderedBy, orderedHow } = situation;
  const facts = ['--what', what, '--since', '10m ago', '--lost', lost[0]!, '--ordered-by', orderedBy];
  return drp('activate', '--site', 'gravelines', '--dry-run', ...facts, '--ordered-how', orderedHow, ...more);
}

function drp(...args: readonly string[]) {
  const env = {
    ...process.env,
    DRP_RUNBOOKS: join(lab.facts.dir, 'runbooks'),
    DRP_JOURNAL: `sqlite:${join(folder, 'journal.sqlite')}`,
    NO_COLOR: '1',
  };
  return spawnSync(join(root, 'bin/drp'), args, { cwd: folder, env, encoding: 'utf8', input: '', timeout: 60_000 });
}
