import { describe, expect, test } from '@jest/globals';
import { machineDrift } from '../../src/checks/machine-drift.ts';
import { machineArgv, parseMachine, type Machine } from '../../src/steps/remote/machine.ts';
import { run } from '../lab/process.ts';

const then: Machine = {
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0-28-amd64',
  cores: 8,
  memoryKilobytes: 16_000_000,
  programs: { rsync: '3.2.7', pg_restore: '15.8' },
};
const judged = (now: Partial<Machine>, before: Machine = then): string => {
  const { status, found } = machineDrift({ name: 'web', rehearsed: { run: 'K7' } }, before, { ...then, ...now });
  return `${status}: ${found}`;
};

describe('a host, against what it was when it was rehearsed', () => {
  test.each<[string, Partial<Machine>, string]>([
    ['the same', {}, 'ok: Debian GNU/Linux 12 (bookworm), 6.1.0-28-amd64, 8 processors'],
    [
      'a security update of the kernel',
      { kernel: '6.1.0-31-amd64' },
      'ok: Debian GNU/Linux 12 (bookworm), 6.1.0-31-amd64, 8 processors',
    ],
    [
      'a little memory more',
      { memoryKilobytes: 16_100_000 },
      'ok: Debian GNU/Linux 12 (bookworm), 6.1.0-28-amd64, 8 processors',
    ],
    [
      'another system',
      { os: 'Debian GNU/Linux 13 (trixie)', kernel: '6.12.1' },
      'warn: system Debian GNU/Linux 13 (trixie), was Debian GNU/Linux 12 (bookworm), kernel 6.12, was 6.1',
    ],
    [
      'half the machine',
      { cores: 4, memoryKilobytes: 8_000_000 },
      'warn: processors 4, was 8, memory 8.2 GB, was 16 GB',
    ],
    ['another program', { programs: { rsync: '3.4.1', pg_restore: '15.8' } }, 'warn: rsync 3.4.1, was 3.2.7'],
    [
      'a program nobody knew of then',
      { programs: { ssh: '9.2' } },
      expect.stringMatching(/^ok: /) as unknown as string,
    ],
  ])('%s', (_, now, expected) => {
    expect(judged(now)).toEqual(expected);
  });

  test('what was not told is not compared', () => {
    expect(judged({}, { programs: {} })).toMatch(/^ok: /);
  });
});

test('a machine tells what it is; a program that is not there is left out', async () => {
  const databases = { main: { host: 'web', programs: '/nonexistent' } } as never;
  const machine = parseMachine((await run(machineArgv({ databases }, 'web'))).stdout);
  expect(machine).toMatchObject({ os: expect.any(String), cores: expect.any(Number), kernel: expect.any(String) });
  expect(machine.memoryKilobytes).toBeGreaterThan(100_000);
  expect(Object.keys(machine.programs)).not.toContain('pg_restore');
});
