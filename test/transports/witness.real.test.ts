import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createTransportPool, type HostPool } from '../../src/transports/pool.ts';
import { createRemoteJobs } from '../../src/transports/remote-job.ts';
import { createWitness, type Witness } from '../../src/transports/witness.ts';
import { eventually, startSshd, type SshdFixture } from './sshd-fixture.ts';

jest.setTimeout(60_000);
const host = 'gravelines';
let sshd: SshdFixture;
let pool: HostPool;
let witness: Witness;
const file = (name: string): string => join(sshd.home, '.drp', 'witness', `${name}.jsonl`);

beforeAll(async () => {
  sshd = await startSshd();
  pool = createTransportPool([sshd.target()], { limits: { backoffMs: 10, backoffMsMax: 50 } });
  witness = createWitness(pool);
});
afterAll(async () => {
  await pool.closeAll();
  await sshd.stop();
});

describe('a witness copy', () => {
  test('holds the exact lines, readable by its user alone, and is only ever appended to', async () => {
    const lines = ['{"a":"é \\n \'$(id)\'"}', '{"b":2}'];
    expect(await witness.append(host, { name: 'k3f9-2a7m', from: 0, lines })).toBe(2);
    expect(await witness.append(host, { name: 'k3f9-2a7m', from: 0, lines: [...lines, '{"c":3}'] })).toBe(3);
    expect(await witness.append(host, { name: 'k3f9-2a7m', from: 3, lines: ['{"d":4}'] })).toBe(4);
    expect(readFileSync(file('k3f9-2a7m'), 'utf8')).toBe([...lines, '{"c":3}', '{"d":4}', ''].join('\n'));
    expect(statSync(file('k3f9-2a7m')).mode & 0o777).toBe(0o600);
  });

  test('that is shorter than believed takes nothing and says so; what is there already is not written twice', async () => {
    expect(await witness.append(host, { name: 'short', from: 5, lines: ['{}'] })).toBe(0);
    expect(await witness.append(host, { name: 'short', from: 0, lines: ['1', '2'] })).toBe(2);
    expect(await witness.append(host, { name: 'short', from: 0, lines: ['1', '2'] })).toBe(2);
    expect(await witness.append(host, { name: 'short', from: 1, lines: ['2', '3'] })).toBe(3);
    expect(readFileSync(file('short'), 'utf8')).toBe('1\n2\n3\n');
  });

  test('drops half a line that a power cut left, and goes on behind the last whole one', async () => {
    await witness.append(host, { name: 'torn', from: 0, lines: ['1', '2'] });
    appendFileSync(file('torn'), '{"half":');
    expect(await witness.append(host, { name: 'torn', from: 2, lines: ['3'] })).toBe(3);
    expect(readFileSync(file('torn'), 'utf8')).toBe('1\n2\n3\n');
    expect(statSync(file('torn')).mode & 0o777).toBe(0o600);
  });

  test('all copies of a run are read, those of its adoptions too, and of no other run', async () => {
    for (const name of ['a-run', 'a-run-0f3a9c2b7d51', 'a-run-other', 'xa-run']) {
      await witness.append(host, { name, from: 0, lines: [name] });
    }
    expect(await witness.read(host, 'a-run')).toEqual({
      'a-run': 'a-run\n',
      'a-run-0f3a9c2b7d51': 'a-run-0f3a9c2b7d51\n',
    });
    expect(await witness.read(host, 'nobody')).toEqual({});
  });
});

describe('jobs of a run on a host', () => {
  test('are found with their states, oldest first, and of no other run', async () => {
    const jobs = createRemoteJobs(pool, systemClock);
    const start = (token: string, script: string) => jobs.start(host, { token, script, args: [] });
    expect(await jobs.find(host, 'found')).toEqual([]);
    await start('found.9.copy-files', 'exit 3');
    await eventually(
      'the first ends',
      async () => (await jobs.poll(host, 'found.9.copy-files', 0)).status.state === 'done',
    );
    await start('found.10a0f3a9c2b7d51.copy-files', 'exec sleep 30');
    await start('found2.11.import', 'exit 0');
    await jobs.cancel(host, 'found.12.import');
    expect(await jobs.find(host, 'found')).toEqual([
      { token: 'found.9.copy-files', state: 'done' },
      { token: 'found.10a0f3a9c2b7d51.copy-files', state: 'running' },
    ]);
    await jobs.cancel(host, 'found.10a0f3a9c2b7d51.copy-files');
    expect((await jobs.find(host, 'found')).map(({ state }) => state)).toEqual(['done', 'done']);
  });
});
