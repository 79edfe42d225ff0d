import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { isDrpError } from '../../src/base/errors.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import { createRemoteJobs } from '../../src/transports/remote-job.ts';
import type { RemoteJobs } from '../../src/transports/transport.ts';
import { startCutProxy, startSshd, type CutProxy, type SshdFixture } from '../transports/sshd-fixture.ts';
import { below, type Failure } from './campaign.ts';

/** What came of the jobs; a cut counts only where it ended a call under way. */
export interface CutJobs {
  readonly jobs: number;
  readonly cuts: number;
  readonly cutsOfStart: number;
  readonly cutsOfPoll: number;
  readonly failures: readonly Failure[];
}

interface Lane {
  readonly sshd: SshdFixture;
  readonly proxy: CutProxy;
  readonly jobs: RemoteJobs;
  readonly random: () => number;
  readonly counts: { jobs: number; cutsOfStart: number; cutsOfPoll: number };
}

/** Jobs side by side; on two cores more of them only wait for each other. */
const lanes = 4;
/** Cuts of one phase of one job; then it is left in peace, so that every job comes to its end. */
const cutsOfOne = 4;
/** A job that has not ended by then never will, ms. */
const jobLimitMs = 60_000;

/** Runs jobs on a real sshd until so many of their calls were cut at random instants. */
export async function cutJobs(random: () => number, cuts: number): Promise<CutJobs> {
  const sshd = await startSshd({ config: 'MaxStartups 200:30:400' });
  const counts = { jobs: 0, cutsOfStart: 0, cutsOfPoll: 0 };
  const failures: Failure[] = [];
  const enough = (): boolean => counts.cutsOfStart + counts.cutsOfPoll >= cuts;
  try {
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        const proxy = await startCutProxy(sshd.port);
        const limits = { backoffMs: 1, backoffMsMax: 20, triesMax: 1 };
        const pool = createTransportPool([sshd.target({ port: proxy.port })], { limits, agentSocket: '' });
        const lane: Lane = { sshd, proxy, jobs: createRemoteJobs(pool, systemClock), random, counts };
        try {
          while (!enough()) {
            const number = (counts.jobs += 1);
            const why = await cutOneJob(lane, number);
            if (why !== undefined) failures.push({ case: `job ${String(number)}`, why });
          }
        } finally {
          await pool.closeAll();
          await proxy.close();
        }
      }),
    );
  } finally {
    await sshd.stop();
  }
  return { ...counts, cuts: counts.cutsOfStart + counts.cutsOfPoll, failures };
}

/** One job, its calls cut again and again; the reason where it did not run exactly once with every byte of its output. */
async function cutOneJob(lane: Lane, number: number): Promise<string | undefined> {
  const { sshd, jobs, random, counts } = lane;
  const token = `cut.${String(number)}.job`;
  const said = randomBytes(1_000 + below(random, 200_000));
  const [bytes, ran] = [join(sshd.home, `${token}.bytes`), join(sshd.home, `${token}.ran`)];
  writeFileSync(bytes, said);
  // The padding makes sending the script long enough to be cut in the middle of it.
  const script = `echo ran >>"$1"
size=$(wc -c <"$2"); half=$((size / 2))
head -c "$half" "$2"; sleep 0.4; tail -c "+$((half + 1))" "$2"
exit 7 # ${'x'.repeat(below(random, 60_000))}`;
  const request = { token, script, args: [ran, bytes] };
  const limitMs = performance.now() + jobLimitMs;
  const started = await keepCalling(lane, limitMs, {
    call: () => jobs.start('gravelines', request),
    cut: () => (counts.cutsOfStart += 1),
  });
  if (typeof started === 'string') return `its start: ${started}`;
  const pieces: Uint8Array[] = [];
  for (let offset = 0; ;) {
    const poll = await keepCalling(lane, limitMs, {
      call: () => jobs.poll('gravelines', token, offset),
      cut: () => (counts.cutsOfPoll += 1),
    });
    if (typeof poll === 'string') return `its poll: ${poll}`;
    pieces.push(poll.output);
    offset += poll.output.length;
    if (poll.status.state === 'done' && offset >= poll.outputBytes) {
      if (poll.status.exitCode !== 7) return `it ended with ${String(poll.status.exitCode)}`;
      break;
    }
    if (!['running', 'done'].includes(poll.status.state)) return `after its start it is ${poll.status.state}`;
  }
  const output = Buffer.concat(pieces);
  const times = readFileSync(ran, 'utf8');
  if (times !== 'ran\n') return `it ran ${String(times.split('\n').length - 1)} times`;
  return output.equals(said)
    ? undefined
    : `its output differs: ${String(output.length)} of ${String(said.length)} bytes`;
}

/** Calls until an answer comes, cutting the first few calls at a random instant. A string: what no cut may cause. */
async function keepCalling<T extends object>(
  lane: Lane,
  limitMs: number,
  work: { readonly call: () => Promise<T>; readonly cut: () => void },
): Promise<T | string> {
  const startedMs = performance.now();
  for (let tries = 0; performance.now() < limitMs; tries += 1) {
    // Logging in again takes most of a call: instants reach over all of it.
    const instantMs = lane.random() * (tries === 0 ? 60 : 250);
    const timer = tries < cutsOfOne ? setTimeout(() => lane.proxy.cut(), instantMs) : undefined;
    try {
      return await work.call();
    } catch (error) {
      const lost = isDrpError(error, 'connection-lost') || isDrpError(error, 'host-unreachable');
      if (!lost && !isDrpError(error, 'job-script-incomplete')) return String(error);
      work.cut();
      // The driver pauses between its tries, too; without one the loss of the connection would never be noticed.
      await systemClock.sleep(5);
    } finally {
      clearTimeout(timer);
    }
  }
  return `no answer in ${String(Math.round(performance.now() - startedMs))} ms`;
}
