import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Draft } from '../../src/events/event.ts';
import { genesis } from '../../src/journal/chain.ts';
import { currentDriver, driverLiveness } from '../../src/journal/driver.ts';
import { exportRun } from '../../src/journal/export.ts';
import type { Head, Journal } from '../../src/journal/journal.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import { verifyExport } from '../../src/journal/verify.ts';

const appender = fileURLToPath(new URL('./appender.ts', import.meta.url));
const site = 'gravelines';
const driver = currentDriver('test');
const note = (text: string): Draft => ({ type: 'note.added', by: 'test', data: { person: 'test', text } });

let folder: string;
let path: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-journal-'));
  path = join(folder, 'journal.sqlite');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly said: () => readonly string[];
  readonly ended: Promise<unknown>;
}

function start(run: string, mode: 'own' | 'shared', at = site): Started {
  const argv = ['--disable-warning=ExperimentalWarning', appender, path, run, at, mode];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, said: () => output.split('\n').slice(0, -1), ended: once(child, 'close') };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('several processes on one journal', () => {
  test('killed while appending: every acknowledged event is there, the chain holds, the lease is free again', async () => {
    for (let round = 0; round < 5; round += 1) {
      const run = `run-${round}`;
      const started = start(run, 'own', `site-${round}`);
      await until(() => started.said().length > 20 + round * 7);
      started.child.kill('SIGKILL');
      await started.ended;
      const acknowledged = Number(started.said().at(-1));
      const journal = openSqliteJournal({ path });
      const events = await journal.read(run);
      expect(events.length).toBeGreaterThanOrEqual(acknowledged);
      expect(events.length).toBeLessThanOrEqual(acknowledged + 1);
      expect(await journal.holder(run)).toBeUndefined();
      expect((await journal.lease(run, driver)).epoch).toBe(2);
      await journal.close();
    }
  });

  test('three at once add to one run: every place is taken once, none is lost', async () => {
    const journal = openSqliteJournal({ path });
    const lease = await journal.begin({ run: 'shared', site, procedure: 'activation', mode: 'real' }, driver);
    await journal.append(lease, genesis, [note('first')]);
    await journal.release(lease);
    const writers = [start('shared', 'shared'), start('shared', 'shared'), start('shared', 'shared')];
    await Promise.all(writers.map(({ ended }) => ended));
    const places = writers.flatMap(({ said }) => said().map(Number)).sort((a, b) => a - b);
    expect(places).toEqual(Array.from({ length: 450 }, (_, index) => index + 2));
    expect(await journal.read('shared')).toHaveLength(451);
    await journal.close();
  });

  test('of ten that begin on one site at once, one gets it', async () => {
    const started = Array.from({ length: 10 }, (_, index) => start(`run-${index}`, 'own'));
    await until(() => started.filter(({ said }) => said()[0] === 'error site-claimed').length === 9);
    expect(started.filter(({ said }) => /^\d+$/.test(said()[0] ?? ''))).toHaveLength(1);
  });

  test('a living driver in another process keeps its lease; killed, it is known to be gone', async () => {
    const started = start('held', 'own');
    await until(() => started.said().length > 0);
    // The other process writes without a pause: on a busy machine the lock is not had at once.
    const journal = openSqliteJournal({ path, busyTimeoutMs: 30_000 });
    const holder = await journal.holder('held');
    expect(holder?.driver.pid).toBe(started.child.pid);
    await expect(journal.lease('held', driver)).rejects.toMatchObject({ code: 'lease-held' });
    started.child.kill('SIGKILL');
    await started.ended;
    expect(holder === undefined ? '' : driverLiveness(holder.driver)).toBe('dead');
    await journal.lease('held', driver);
    await journal.close();
  });
});

test('a reused pid, an earlier boot and another machine are not taken for this process', () => {
  expect(driverLiveness(driver)).toBe('alive');
  expect(driverLiveness({ ...driver, startTime: '1' })).toBe('dead');
  expect(driverLiveness({ ...driver, bootId: 'earlier' })).toBe('dead');
  expect(driverLiveness({ ...driver, machine: 'elsewhere' })).toBe('unknown');
});

describe('a disk that is full', () => {
  /** A small file system of its own: needs root. */
  const mounted = tryMount();
  const onSmallDisk = mounted ? test : test.skip;
  if (!mounted) process.stderr.write('SKIPPED: full disk of the journal (needs root and mount)\n');

  onSmallDisk(
    'is said so; outcomes still fit into the reserve, nothing new is started, and after room is made it goes on',
    async () => {
      const disk = join(folder, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
      try {
        path = join(disk, 'journal.sqlite');
        const journal = openSqliteJournal({ path });
        const lease = await journal.begin({ run: 'full', site, procedure: 'activation', mode: 'real' }, driver);
        const filler = join(disk, 'filler');
        let head = await appendUntilFull(journal, lease, () => {
          if (!existsSync(filler)) fill(filler);
        });
        expect(existsSync(`${path}.ballast`)).toBe(false);
        const starting: Draft = {
          type: 'effect.started',
          by: 'drp',
          data: { key: '1.a', id: 'a', source: 'step', attempt: 1, commands: [] },
        };
        await expect(journal.append(lease, head, [starting])).rejects.toMatchObject({ code: 'journal-full' });
        expect(
          verifyExport(Buffer.from(await exportRun(journal, 'full', { exportedAt: '', version: '' }))).problems,
        ).toEqual([{ seq: 1, message: 'a run begins with its first event and only there' }]);
        rmSync(filler);
        const [event] = await journal.append(lease, head, [starting]);
        head = { seq: event?.seq ?? 0, hash: event?.hash ?? '' };
        expect(await journal.read('full')).toHaveLength(head.seq);
        expect(existsSync(`${path}.ballast`)).toBe(true);
        await journal.close();
      } finally {
        execFileSync('umount', [disk]);
      }
    },
  );
});

/** Appends big notes until the store says it is full; the reserve must have carried some of them. */
async function appendUntilFull(
  journal: Journal,
  lease: Awaited<ReturnType<Journal['begin']>>,
  fillDisk: () => void,
): Promise<Head> {
  let head = genesis;
  let carried = 0;
  for (let count = 0; count < 200; count += 1) {
    try {
      const [event] = await journal.append(lease, head, [note('x'.repeat(20_000))]);
      head = { seq: event?.seq ?? 0, hash: event?.hash ?? '' };
      if (count === 3) fillDisk();
      if (count > 3) carried += 1;
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'journal-full' });
      expect(carried).toBeGreaterThan(5);
      return head;
    }
  }
  throw new Error('the disk never filled');
}

function fill(filler: string): void {
  for (const size of [1 << 20, 1 << 16, 1 << 12, 1]) {
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(size, 'x'), { flag: 'a' });
    } catch (thrown) {
      if ((thrown as { code?: string }).code !== 'ENOSPC') throw thrown;
    }
  }
}

function tryMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const probe = mkdtempSync(join(tmpdir(), 'drp-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
}
