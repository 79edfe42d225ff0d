import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Finding } from '../../src/checks/check.ts';
import { isRoot } from '../lab/process.ts';
import { openCheckedHosts, type CheckedHosts } from './checked-hosts.ts';
import { hostDefects } from './host-defects.ts';

jest.setTimeout(120_000);
if (!isRoot()) console.warn('SKIPPED: full disks, inodes, noexec and read-only volumes need root');

let hosts: CheckedHosts;
beforeAll(async () => {
  hosts = await openCheckedHosts();
});
afterAll(async () => {
  await hosts?.end();
});

/** What is not well, as `STATUS PROBE SUBJECT`; busy processors of the machine the tests run on left out. */
const wrong = (findings: readonly Finding[]): readonly string[] =>
  findings
    .filter(({ status, probe }) => status !== 'ok' && status !== 'skipped' && probe !== 'host.cpu')
    .map(({ probe, subject, status }) => `${status} ${probe} ${subject}`)
    .map((text) => text.replaceAll(hosts.context.dir, 'DIR').replaceAll(`${hosts.context.net}.`, 'NET.'));

describe('drp check of hosts', () => {
  test('that are well finds nothing wrong, and looks at everything', async () => {
    const findings = await hosts.check();
    expect(wrong(findings)).toEqual([]);
    const probes = new Set(
      findings.filter(({ subject }) => /^gravelines|^recovery/.test(subject)).map(({ probe }) => probe),
    );
    expect([...probes].sort()).toEqual(
      [
        ...[
          'reachable',
          'key',
          'identity',
          'clock',
          'login',
          'users',
          'interface',
          'route',
          'load',
          'cpu',
          'memory',
          'swap',
        ],
        ...[
          'uptime',
          'disk',
          'inodes',
          'noexec',
          'quota',
          'disk-health',
          'kill-user-processes',
          'programs',
          'processes',
        ],
        ...['listens', 'peer', 'room'],
      ]
        .map((probe) => `host.${probe}`)
        .concat(isRoot() ? ['host.sudo'] : [], ['database.reachable', 'database.replication', 'database.version'])
        .sort(),
    );
  });

  test.each(hostDefects.map((defects) => [defects.map(({ what }) => what).join('; '), defects] as const))(
    'each is named, and nothing else: %s',
    async (_, defects) => {
      const undo: (() => unknown)[] = [];
      try {
        for (const { inject } of defects) undo.push(await inject(hosts));
        const edits = defects.flatMap((defect) => defect.edits?.(hosts) ?? []);
        const named = defects.flatMap((defect) => defect.named);
        expect([...wrong(await hosts.check({ edits }))].sort()).toEqual([...named].sort());
      } finally {
        for (const back of undo.reverse()) await back();
      }
    },
  );

  test('without a datacentre contacts nothing in it, and says what is reached only through it', async () => {
    const findings = await hosts.check({ lost: ['roubaix'] });
    expect(wrong(findings)).toEqual(['fail host.reachable limburg']);
    const skipped = findings
      .filter(({ status }) => status === 'skipped')
      .map(({ probe, subject }) => `${probe} ${subject}`);
    expect(skipped).toEqual(
      expect.arrayContaining(['host backup-odd', 'host bastion', 'host.peer gravelines:backup-odd']),
    );
  });

  test('is well again when all of it is taken back', async () => {
    expect(wrong(await hosts.check())).toEqual([]);
  });
});
