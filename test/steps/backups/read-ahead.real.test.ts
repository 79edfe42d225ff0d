import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../../../src/events/digest.ts';
import { readBackupAhead, surveyBackup, surveySource } from '../../../src/steps/backups/survey-backup.ts';
import { createSurveyMemory } from '../../../src/steps/backups/survey-memory.ts';
import { createLocalTransport } from '../../../src/transports/local-transport.ts';
import { createTransportPool } from '../../../src/transports/pool.ts';
import type { HostTarget, TransportPool } from '../../../src/transports/transport.ts';
import { startSshd } from '../../transports/sshd-fixture.ts';

// A backup server on this machine, whose pg_restore notes each reading.

let folder: string;
const dump = (): string => join(folder, 'kyc-2026-11-21.dump');
const readings = (): number => readFileSync(join(folder, 'readings'), 'utf8').length;
const pathBefore = process.env['PATH'];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-read-ahead-'));
  const program = join(folder, 'pg_restore');
  writeFileSync(program, `#!/bin/sh\nsleep 0.2\nprintf x >>'${join(folder, 'readings')}'\n`);
  chmodSync(program, 0o755);
  process.env['PATH'] = `${folder}:${pathBefore ?? ''}`;
  writeFileSync(join(folder, 'readings'), '');
  writeFileSync(join(folder, 'identity'), 'store');
  write('PGDMP, and rows');
});
afterEach(() => {
  process.env['PATH'] = pathBefore;
  rmSync(folder, { recursive: true, force: true });
});

function write(content: string): void {
  writeFileSync(dump(), content);
  writeFileSync(`${dump()}.sha256`, `${sha256Hex(content)}  kyc-2026-11-21.dump\n`);
}

/** One asker: what is known of a dump is known to him. */
function store(lost: readonly string[] = [], away = false) {
  const target = {
    name: 'store',
    identity: { file: join(folder, 'identity'), text: 'store' },
  } as unknown as HostTarget;
  let asked = 0;
  const hosts: TransportPool = {
    connect: () => {
      asked += 1;
      return away ? Promise.reject(new Error('away')) : Promise.resolve(createLocalTransport(target));
    },
    closeAll: () => Promise.resolve(),
  };
  const source = { host: 'store', folder, pattern: 'kyc-{time}.dump' };
  const world = {
    hosts: { store: { datacentre: 'west', base: folder } },
    backups: { users: { kind: 'database', every: '2h', sources: [source] } },
  };
  const facts = { situation: { lost } };
  const surveys = createSurveyMemory();
  const context = { hosts, surveys, world, facts, signal: new AbortController().signal } as never;
  return {
    asked: () => asked,
    ahead: () => readBackupAhead(context, 'users'),
    look: async () => {
      const [found] = await surveyBackup(context, 'users');
      return found?.answer.kind === 'surveyed' ? found.answer.candidates[0] : undefined;
    },
  };
}
const whole = { readBy: ['checksum', 'content'], defects: [] };

describe('a dump that was read while people still decided', () => {
  test('is not read again by the looks at a gate, which know it by its change time, size and checksum; another asker reads it himself', async () => {
    const { ahead, look } = store();
    await ahead();
    expect(readings()).toBe(1);
    expect(await look()).toMatchObject(whole);
    expect(await look()).toMatchObject({ ...whole, sha256: sha256Hex('PGDMP, and rows') });
    expect(readings()).toBe(1);
    expect(await store().look()).toMatchObject(whole);
    expect(readings()).toBe(2);
  });

  test('is waited for by a look that comes while it is being read', async () => {
    const { ahead, look } = store();
    const reading = ahead();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await look()).toMatchObject(whole);
    await reading;
    expect(readings()).toBe(1);
  });

  test('is read again where it was written to since, and what is wrong with it is told', async () => {
    const { ahead, look } = store();
    await ahead();
    write('PGDMP, and other rows');
    expect(await look()).toMatchObject({ ...whole, sha256: sha256Hex('PGDMP, and other rows') });
    expect(readings()).toBe(2);
    appendFileSync(dump(), '!');
    expect((await look())?.defects).toEqual(['its checksum is not the one written beside it']);
    expect((await look())?.defects).toHaveLength(1);
    expect(readings()).toBe(4);
  });

  test('is left alone in a lost datacentre, and where its server is away nobody waits for it', async () => {
    const lost = store(['west']);
    await lost.ahead();
    expect(lost.asked()).toBe(0);
    const away = store([], true);
    await away.ahead();
    expect(await away.look()).toBeUndefined();
    expect(readings()).toBe(0);
  });
});

test('what reads a dump on its host ends when nobody listens any more: the asker called it off, or his connection is gone', async () => {
  // All holes: reading it takes an hour, and no disk.
  truncateSync(dump(), 2 ** 43);
  const sshd = await startSshd();
  const pool = createTransportPool([sshd.target()]);
  try {
    const host = sshd.target().name;
    const source = { host, folder, pattern: 'kyc-{time}.dump' };
    const backup = { kind: 'database', every: 1, sources: [source] } as never;
    const world = { hosts: { [host]: { datacentre: 'west', base: folder } }, backups: { users: backup } };
    const depth = { measured: 1, checkedBytes: 2 ** 50, whole: 0, timeoutMs: 60_000 };
    for (const gone of ['called off', 'closed'] as const) {
      const asking = new AbortController();
      const context = { hosts: pool, surveys: createSurveyMemory(), world, facts: {}, signal: asking.signal } as never;
      const survey = surveySource(context, { name: 'users', backup, source }, depth).catch(() => undefined);
      await until('it is being read', () => readers().length > 0);
      if (gone === 'called off') asking.abort();
      else await pool.closeAll();
      await survey;
      await until('nothing reads it any more', () => readers().length === 0);
    }
  } finally {
    await pool.closeAll();
    await sshd.stop();
    for (const pid of readers()) process.kill(pid, 'SIGKILL');
  }
}, 60_000);

/** Processes that read the dump as their input. */
function readers(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${String(pid)}/fd/0`) === dump();
      } catch {
        return false; // Gone, or not ours.
      }
    });
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (const began = performance.now(); !is();) {
    if (performance.now() - began > 20_000) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
