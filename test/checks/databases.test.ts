import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/base/clock.ts';
import { DrpError } from '../../src/base/errors.ts';
import { Secret } from '../../src/base/secret.ts';
import type { CheckContext } from '../../src/checks/check.ts';
import { compareMajors, databaseProbes } from '../../src/checks/database-probes.ts';
import { dumpVersions } from '../../src/checks/dump-version.ts';
import { roomFindings } from '../../src/checks/host-room.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';

describe('major versions', () => {
  const names = { name: 'south', other: 'north' };
  test.each([
    [150_004, 150_020, 'ok'],
    [130_015, 150_020, 'fail'],
    [170_002, 150_020, 'warn'],
  ])('%d against %d: %s', (target, source, status) => {
    expect(compareMajors(names, target, source).status).toBe(status);
  });
});

test('what goes onto one file system is added up, with a little to spare', () => {
  const need = (path: string, bytes: number) => ({ path, bytes, what: path });
  const room = { mount: '/', freeBytes: 1_000_000_000 };
  const find = (bytes: number) =>
    roomFindings('web', [need('/srv', 500_000_000), need('/var', bytes)], [room, room])[0];
  expect(find(400_000_000)).toMatchObject({ status: 'ok', threshold: 'a restoration needs 985 MB' });
  expect(find(500_000_000)).toMatchObject({ status: 'fail', subject: 'web:/' });
});

describe('what a dump is from', () => {
  test.each([
    [
      'a dump of PostgreSQL 15',
      'PGDMP\u0001\u000e\0\0\u0003\0\0\0kyc\0\u001e\0\0\u000015.20 (Debian 15.20-0+deb12u1)\0',
      '15.20',
    ],
    ['a name with a version in it', 'PGDMP\0\0\u0006\0\0\0v12.34\0\u0004\0\0\u000016.2\0', '16.2'],
    ['no dump', 'hello \u000015.2', undefined],
    ['a dump cut off', 'PGDMP\u0001', undefined],
  ])('%s', (_, header, expected) => {
    expect(dumpVersions(header).server).toBe(expected);
  });
});

const shipped = fileURLToPath(new URL('../../runbooks/gravelines.yaml', import.meta.url));

test.each(['host-key-mismatch', 'host-key-not-pinned', 'identity-mismatch'] as const)(
  'a host that is not itself (%s) is no fault of the database on it: that is told once, by the host',
  async (code) => {
    const { runbook } = parseRunbook(readFileSync(shipped, 'utf8'), { file: shipped });
    const reach = () => Promise.reject(new DrpError(code, { host: 'web' } as never));
    const context = {
      runbook,
      lost: [],
      signal: new AbortController().signal,
      clock: systemClock,
      secret: () => Promise.resolve(new Secret('x', 'y')),
      hosts: { connect: reach },
    } as unknown as CheckContext;
    const [probe] = databaseProbes(context.runbook);
    expect(await probe!.run(context)).toMatchObject([
      { probe: 'database.reachable', status: 'skipped', found: expect.stringContaining('whether it is ') },
    ]);
  },
);

test('a dump says which pg_dump made it, too', () => {
  const header =
    'PGDMP\u0001\u000f\0\0\u0003\0\0\0kyc\0\u001e\0\0\u000015.20 (Debian 15.20-0+deb12u1)\0\u0004\0\0\u000017.2\0';
  expect(dumpVersions(header)).toEqual({ server: '15.20', dump: '17.2' });
});
