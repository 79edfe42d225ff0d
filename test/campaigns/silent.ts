import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDrpError } from '../../src/base/errors.ts';
import { copyStep } from '../../src/steps/copy/copy-step.ts';
import { standardLimits, type ConnectionLimits } from '../../src/transports/connection-limits.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import type { HostTarget } from '../../src/transports/transport.ts';
import { freeNet } from '../demo/free-net.ts';
import { plannedStep, specOf, startLabSteps } from '../steps/lab-steps.ts';
import { startSshd, type SshdFixture } from '../transports/sshd-fixture.ts';
import { below, randomFrom, type Campaign, type Failure } from './campaign.ts';
import { startBlackHole, startSilentWay } from './silent-way.ts';

/** Shortened, all of them different, so that each case shows which deadline named it. */
const limits: ConnectionLimits = {
  ...standardLimits,
  tcpTimeoutMs: 700,
  loginTimeoutMs: 2_500,
  channelTimeoutMs: 1_500,
  keepaliveMs: 400,
  keepaliveCount: 3,
  triesMax: 1,
  backoffMs: 10,
  backoffMsMax: 10,
};
const toLogInMs = limits.tcpTimeoutMs + limits.loginTimeoutMs;
const silentMs = Math.max(limits.channelTimeoutMs, limits.keepaliveMs * (limits.keepaliveCount + 1));
/** What a busy machine may add. */
const lateMs = 1_500;
/** A command that never stops talking, so that a hole can open in the middle of what it says. */
const talker = ['sh', '-c', 'while :; do echo 0123456789; sleep 0.02; done'] as const;
const commandMs = 20_000;

interface Named {
  /** Phase in which the silence was met. */
  readonly phase: 'login' | 'command';
  readonly ms: number;
  readonly why?: string;
}

export const campaign: Campaign = {
  name: 'silent',
  promise: 'a host that falls silent at any point is named within the configured time, and nothing waits for ever',
  run: async ({ seed, short, log, shard }) => {
    const failures: Failure[] = [];
    const figures: Record<string, number> = {};
    let cases = 0;
    const note = (group: string, results: readonly { readonly name: string; readonly named: Named }[]): void => {
      cases += results.length;
      figures[group] = results.length;
      for (const phase of ['login', 'command'] as const) {
        const times = results.filter(({ named }) => named.phase === phase).map(({ named }) => named.ms);
        if (times.length > 0) figures[`${group}.${phase}.slowestMs`] = Math.round(Math.max(...times));
      }
      for (const { name, named } of results)
        if (named.why !== undefined) failures.push({ case: `${group}: ${name}`, why: named.why });
      log(`  ${group}: ${String(results.length)} cases`);
    };
    const sshd = await startSshd({ config: 'MaxStartups 200:30:400' });
    try {
      note('port', await blackPort(sshd));
      note('bytes', await holes(sshd, 'ssh2', { step: short ? 400 : 12, beside: 12, shard }));
      note('openssh', await holes(sshd, 'openssh', { step: short ? 2_500 : 120, beside: 3, shard }));
      note('stopped', await stoppedSshd(short ? 1 : 10, { short, random: randomFrom(seed) }));
    } finally {
      await sshd.stop();
    }
    if (!short) note('copy', [{ name: 'source stopped', named: await stoppedCopy() }]);
    return { cases, failures, figures };
  },
};

async function blackPort(sshd: SshdFixture) {
  const hole = await startBlackHole();
  try {
    const named = await meet([sshd.target({ port: hole.port })], { connectMs: limits.tcpTimeoutMs });
    return [{ name: 'no answer to the connection', named }];
  } finally {
    hole.close();
  }
}

/** A hole after every so many bytes: before the banner, in key exchange, authentication, channel, output. */
async function holes(
  sshd: SshdFixture,
  transport: HostTarget['transport'],
  size: {
    readonly step: number;
    readonly beside: number;
    readonly shard: { readonly index: number; readonly of: number };
  },
) {
  const whole = await startSilentWay(sshd.port, Infinity);
  await meet([sshd.target({ port: whole.port, transport })], { endMs: 600 });
  const lastByte = whole.backBytes();
  await whole.close();
  const places: number[] = [];
  for (let place = 0; place < lastByte; place += size.step) places.push(place);
  const mine = places.filter((_place, index) => index % size.shard.of === size.shard.index - 1);
  const results: { name: string; named: Named }[] = [];
  await Promise.all(
    Array.from({ length: size.beside }, async () => {
      for (let place = mine.shift(); place !== undefined; place = mine.shift()) {
        const way = await startSilentWay(sshd.port, place);
        const named = await meet([sshd.target({ port: way.port, transport })]);
        results.push({ name: `silent after byte ${String(place)} of ${String(lastByte)}`, named });
        await way.close();
      }
    }),
  );
  return results;
}

/** Stopped, not dead: its TCP still answers. Straight, and behind a bastion that is well. */
async function stoppedSshd(rounds: number, options: { readonly short: boolean; readonly random: () => number }) {
  const results: { name: string; named: Named }[] = [];
  const [bastion, inner] = await Promise.all([startSshd(), startSshd()]);
  try {
    const ways = {
      straight: inner.target(),
      'behind a bastion': inner.target({ via: bastion.target({ name: 'bastion' }) }),
      'behind a bastion, by openssh': inner.target({
        transport: 'openssh',
        via: bastion.target({ name: 'bastion', transport: 'openssh' }),
      }),
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, target] of Object.entries(ways).slice(0, options.short ? 2 : 3)) {
        for (const atMs of [0, below(options.random, 900)].slice(options.short ? 1 : 0)) {
          // Twice: a session that is just being forked is missed by the first.
          const timers = [atMs, atMs + 40].map((ms) => setTimeout(() => inner.freeze(), ms));
          if (atMs === 0) inner.freeze();
          const named = await meet([target]);
          for (const timer of timers) clearTimeout(timer);
          inner.thaw();
          results.push({ name: `${name}, stopped after ${String(atMs)} ms`, named });
        }
      }
    }
  } finally {
    await Promise.all([bastion.stop(), inner.stop()]);
  }
  return results;
}

/** Logs in and runs the talker; how long until somebody says what is wrong, from the last byte that came. */
async function meet(
  targets: readonly HostTarget[],
  options: { readonly connectMs?: number; readonly endMs?: number } = {},
): Promise<Named> {
  const pool = createTransportPool(targets, { limits, agentSocket: '' });
  const [target] = targets;
  const ways = target?.via === undefined ? 1 : 2;
  let startedMs = performance.now();
  const named = (phase: Named['phase'], limitMs: number, wrong?: string): Named => {
    const ms = performance.now() - startedMs;
    const late =
      ms > limitMs + lateMs ? `it took ${String(Math.round(ms))} ms, ${String(limitMs)} are configured` : undefined;
    const why = wrong ?? late;
    return { phase, ms, ...(why === undefined ? {} : { why }) };
  };
  try {
    const transport = await pool.connect(target?.name ?? '');
    startedMs = performance.now();
    const stop = new AbortController();
    const timer = options.endMs === undefined ? undefined : setTimeout(() => stop.abort(), options.endMs);
    const result = await transport.exec(talker, { timeoutMs: commandMs, maxOutputBytes: 1_000, signal: stop.signal });
    clearTimeout(timer);
    // The hole opens some time after the command began to talk.
    return named('command', silentMs + 3_000, result.kind === 'lost' ? undefined : `the command ended ${result.kind}`);
  } catch (error) {
    const silent = isDrpError(error, 'host-unreachable') || isDrpError(error, 'connection-lost');
    return named('login', options.connectMs ?? toLogInMs * ways, silent ? undefined : String(error));
  } finally {
    await pool.closeAll();
  }
}

/** A copy whose source is stopped shows as stalled and alive, and comes to its end when the source goes on. */
async function stoppedCopy(): Promise<Named> {
  const dir = mkdtempSync(join(tmpdir(), 'drp-silent-'));
  const steps = await startLabSteps({ dir, net: await freeNet(), tickets: false });
  try {
    const folder = join(steps.facts.hosts['backup-odd']?.base ?? '', 'silent', 'tree');
    mkdirSync(folder, { recursive: true });
    execFileSync('sh', ['-c', 'for n in 1 2 3; do head -c 3000000 /dev/urandom >"$1/f$n"; done', 'sh', folder]);
    await steps.lab.fault('link-slow', 'backup-odd', '1000000');
    const place = (host: string) => ({ host, path: 'silent/tree' });
    const spec = specOf('copy', { id: 'stopped-copy', from: place('backup-odd'), to: place('gravelines') });
    const running = copyStep.run(plannedStep(spec), spec, steps.context(spec.id));
    await until(() => steps.progress.some((one) => one.doneBytes > 0));
    await steps.lab.fault('sshd-freeze', 'backup-odd');
    const startedMs = performance.now();
    const named = await until(() => steps.progress.at(-1)?.text.startsWith('stalled, its job is alive') === true);
    const ms = performance.now() - startedMs;
    await steps.lab.fault('sshd-thaw', 'backup-odd');
    await steps.lab.fault('link-up', 'backup-odd');
    const outcome = await running;
    const why = !named
      ? 'it never showed as stalled'
      : outcome.kind === 'done'
        ? undefined
        : `it ended ${outcome.kind}`;
    return { phase: 'command', ms, ...(why === undefined ? {} : { why }) };
  } finally {
    await steps.end();
  }
}

async function until(condition: () => boolean): Promise<boolean> {
  const endMs = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}
