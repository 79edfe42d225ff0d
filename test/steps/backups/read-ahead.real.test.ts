import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../../../src/events/digest.ts';
import { readBackupAhead, surveyBackup } from '../../../src/steps/backups/survey-backup.ts';
import { createSurveyMemory } from '../../../src/steps/backups/survey-memory.ts';
import { createLocalTransport } from '../../../src/transports/local-transport.ts';
import type { HostTarget, TransportPool } from '../../../src/transports/transport.ts';

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
