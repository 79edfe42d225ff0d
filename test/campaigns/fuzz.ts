import { Worker } from 'node:worker_threads';
import type { Campaign, CampaignOptions, Failure } from './campaign.ts';
import { fuzzKinds, type FuzzKind } from './fuzz-cases.ts';
import type { FuzzWork } from './fuzz-worker.ts';

const full: Readonly<Record<FuzzKind, number>> = { runbook: 1_000_000, journal: 1_000_000, signature: 100_000 };
const short: Readonly<Record<FuzzKind, number>> = { runbook: 1_500, journal: 3_000, signature: 3_000 };

/** A case that takes this long is ended and counted as a hang, ms. */
const hangMs = 30_000;

/** Cases are numbered and each has its own generator: `--seed` and the number of a failure replay it. */
export const campaign: Campaign = {
  name: 'fuzz',
  promise: 'no mutated runbook, journal or signature is accepted, crashes without a message, or takes over a second',
  run: async (options) => {
    const failures: Failure[] = [];
    const figures: Record<string, number> = {};
    let cases = 0;
    for (const kind of fuzzKinds) {
      const range = shardOf((options.short ? short : full)[kind], options.shard);
      const done = await fuzz(kind, range, options);
      failures.push(...done.failures);
      cases += range.to - range.from;
      figures[kind] = range.to - range.from;
      figures[`${kind}SlowestMs`] = Math.round(done.slowestMs);
    }
    return { cases, failures, figures };
  },
};

interface Range {
  readonly from: number;
  readonly to: number;
}

function shardOf(cases: number, shard: CampaignOptions['shard']): Range {
  const edge = (index: number): number => Math.floor((cases * index) / shard.of);
  return { from: edge(shard.index - 1), to: edge(shard.index) };
}

async function fuzz(kind: FuzzKind, range: Range, { seed, log }: CampaignOptions) {
  const failures: Failure[] = [];
  let slowestMs = 0;
  for (let from = range.from; from < range.to;) {
    const at = new SharedArrayBuffer(4);
    const work: FuzzWork = { kind, seed, from, to: range.to, at };
    const end = await runWorker(work, (message) => {
      if (message.failure !== undefined) failures.push(message.failure);
      slowestMs = Math.max(slowestMs, message.slowestMs ?? 0);
    });
    if (end === 'done') break;
    failures.push({ case: `${kind} ${end.at}`, why: end.why });
    from = end.at + 1;
  }
  log(`  ${kind}: ${range.to - range.from} cases, ${failures.length} failures, slowest ${Math.round(slowestMs)} ms`);
  return { failures, slowestMs };
}

type Message = { readonly failure?: Failure; readonly slowestMs?: number };

/** Until its range is done, or one case has hung or taken the thread down with it. */
async function runWorker(
  work: FuzzWork,
  hear: (message: Message) => void,
): Promise<'done' | { readonly at: number; readonly why: string }> {
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), { workerData: work });
  const current = new Int32Array(work.at);
  worker.on('message', hear);
  let [seen, sinceMs, hung] = [-1, performance.now(), false];
  const watch = setInterval(() => {
    const at = current[0] ?? 0;
    if (at !== seen) [seen, sinceMs] = [at, performance.now()];
    if (performance.now() - sinceMs < hangMs) return;
    hung = true;
    void worker.terminate();
  }, 1_000);
  try {
    let crash = '';
    worker.on('error', (error: Error) => {
      crash = error.stack ?? error.message;
    });
    const code = await new Promise<number>((resolve) => worker.once('exit', resolve));
    if (code === 0 && !hung) return 'done';
    return {
      at: current[0] ?? work.from,
      why: hung ? `it had not ended after ${hangMs} ms` : `it ended its thread: ${crash}`,
    };
  } finally {
    clearInterval(watch);
  }
}
