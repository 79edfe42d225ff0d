import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../src/base/clock.ts';
import type { CheckContext, Probe } from '../../src/checks/check.ts';
import { findingFor } from '../../src/checks/finding-for.ts';
import { oneLoginEach } from '../../src/checks/one-login.ts';
import { runChecks } from '../../src/checks/run-checks.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import { startSshd, type SshdFixture } from '../transports/sshd-fixture.ts';

jest.setTimeout(60_000);

const hosts = 20;
const probesEach = 10;
const slowestMs = 2_000;

let sshd: SshdFixture;
beforeAll(async () => {
  // One sshd plays twenty hosts: the limit of each is its own in the world, so this one takes twenty times as many.
  sshd = await startSshd({ config: 'MaxStartups 200\nLogLevel VERBOSE', keyTypes: ['ed25519'] });
});
afterAll(async () => {
  await sshd?.stop();
});

test('two hundred probes on twenty hosts take little more than the slowest host, with one login each', async () => {
  const names = Array.from({ length: hosts }, (_, at) => `host-${String(at + 1)}`);
  const targets = names.map((name) => sshd.target({ name }));
  const pool = createTransportPool(targets, { limits: { handshakesMax: 16 } });
  const context = {
    runbook: { site: 'many' },
    hosts: oneLoginEach(pool),
    clock: systemClock,
    signal: new AbortController().signal,
    lost: [],
  } as unknown as CheckContext;
  const probes = names.flatMap((name, host) =>
    Array.from({ length: probesEach }, (_, at): Probe => ({
      id: `host.p${String(at)}`,
      subject: name,
      run: async ({ hosts: connections }) => {
        const transport = await connections.connect(name);
        const seconds = host === 11 && at === 4 ? slowestMs / 1000 : 0.1;
        const { kind } = await transport.exec(['sleep', String(seconds)], { timeoutMs: 20_000 });
        return [findingFor(`host.p${String(at)}`, name).ok(kind)];
      },
    })),
  );
  const startedMs = performance.now();
  try {
    const { findings } = await runChecks(probes, context);
    const tookMs = performance.now() - startedMs;
    expect(findings).toHaveLength(hosts * probesEach);
    expect(findings.filter(({ found }) => found !== 'exited')).toEqual([]);
    const logins = sshd
      .log()
      .split('\n')
      .filter((line) => line.includes('Accepted publickey'));
    expect(logins).toHaveLength(hosts);
    // Generous for a machine that plays all hosts at once and has other work: one after another it would be 21 s and more.
    expect(tookMs).toBeLessThan(slowestMs + 6_000);
    console.info(
      `${String(findings.length)} probes on ${String(hosts)} hosts: ${String(Math.round(tookMs))} ms, slowest ${String(slowestMs)} ms`,
    );
  } finally {
    await pool.closeAll();
  }
});
