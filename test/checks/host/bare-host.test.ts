import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { hostFindings } from '../../../src/checks/host-probes.ts';
import { checkScript } from '../../../src/checks/host/check-script.ts';
import { factsCommand, parseFacts } from '../../../src/checks/host/facts.ts';
import { needs } from './clean-host.ts';

/** The facts script with these programs only, run here by the shell itself. */
function findingsWith(path: string) {
  const { args, mark } = factsCommand(needs);
  const askedAtMs = Date.now();
  const { stdout, status } = spawnSync('/bin/sh', ['-c', checkScript('facts.sh'), 'drp', ...args], {
    env: { PATH: path, HOME: '/nonexistent' },
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(status).toBe(0);
  return hostFindings(parseFacts(stdout, mark, { askedAtMs, answeredAtMs: Date.now() }), needs);
}

test('a host without any program is not called well: what cannot be read is unknown, with the reason', () => {
  const findings = findingsWith('/nonexistent');
  const well = findings.filter(({ status }) => status === 'ok').map(({ probe }) => probe);
  expect(well).toEqual([]);
  // What is there or not is for the shell alone to tell; all else nobody could read.
  const failed = new Set(findings.filter(({ status }) => status === 'fail').map(({ probe }) => probe));
  expect(
    [...failed].filter((probe) => !['host.programs', 'host.sudo', 'host.interface', 'host.route'].includes(probe)),
  ).toEqual([]);
  for (const { found, advice, status } of findings.filter((one) => one.status !== 'skipped')) {
    expect({ found, advice, status }).toMatchObject({
      found: expect.stringMatching(/\w/),
      advice: expect.stringMatching(/\w/),
    });
  }
});

test('data of the runbook is never taken for shell text', () => {
  const nasty = '$(touch /tmp/drp-spliced); `id` "\'\\';
  const { args } = factsCommand({ ...needs, folders: [nasty], users: [], programs: [{ name: nasty, why: 'x' }] });
  const { stdout } = spawnSync('/bin/sh', ['-c', checkScript('facts.sh'), 'drp', ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(stdout).toContain(`at program:${nasty}`);
  expect(spawnSync('test', ['-e', '/tmp/drp-spliced']).status).toBe(1);
});
