import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createTransportPool } from '../../src/transports/pool.ts';
import { argv, quote } from '../../src/transports/quote.ts';
import type { Transport } from '../../src/transports/transport.ts';
import { nasty } from '../transports/nasty.ts';
import { startSshd } from '../transports/sshd-fixture.ts';
import { below, pick, type Campaign, type CampaignOptions, type Failure } from './campaign.ts';

const batch = 100;

/** Each argument goes through every way a command takes: `sh -c`, `bash -c`, and both SSH transports to a real sshd. */
export const campaign: Campaign = {
  name: 'quote',
  promise: 'an argument reaches its program unchanged, whatever it holds',
  run: async (options) => {
    const failures: Failure[] = [];
    const wanted = Math.floor((options.short ? 1_000 : 10_000) / options.shard.of);
    const sshd = await startSshd();
    const pool = createTransportPool([
      sshd.target({ name: 'by-ssh2' }),
      sshd.target({ name: 'by-openssh', transport: 'openssh' }),
    ]);
    try {
      const ways = [
        { name: 'sh', run: byShell('sh') },
        { name: 'bash', run: byShell('bash') },
        { name: 'ssh2', run: bySsh(await pool.connect('by-ssh2')) },
        { name: 'openssh', run: bySsh(await pool.connect('by-openssh')) },
      ];
      for (let done = 0; done < wanted; done += batch) {
        const args = Array.from({ length: Math.min(batch, wanted - done) }, () => hostileArgument(options.random));
        for (const way of ways) failures.push(...(await check(way, args, done)));
      }
      return { cases: wanted * ways.length, failures, figures: { arguments: wanted, ways: ways.length } };
    } finally {
      await pool.closeAll();
      await sshd.stop();
    }
  },
};

type Run = (args: readonly string[]) => Promise<string>;

async function check(way: { readonly name: string; readonly run: Run }, args: readonly string[], from: number) {
  // A shell that trips over what it got may refuse it all.
  const out = await way.run(args).catch((thrown: unknown) => `no answer: ${String(thrown).slice(0, 200)}`);
  const came = out.split('\0');
  const wrong = args.flatMap((arg, index): readonly Failure[] =>
    came[index] === arg
      ? []
      : [
          {
            case: `${way.name} argument ${from + index}`,
            why: `${JSON.stringify(arg)} became ${JSON.stringify(came[index])}`,
          },
        ],
  );
  if (came.length !== args.length + 1 || came.at(-1) !== '')
    wrong.push({ case: `${way.name} arguments from ${from}`, why: `${args.length} went, ${came.length - 1} came` });
  return wrong;
}

function byShell(shell: string): Run {
  return async (args) => {
    const { stdout } = await promisify(execFile)(shell, ['-c', quote(['printf', '%s\\0', ...args])], {
      maxBuffer: 1 << 24,
    });
    return stdout;
  };
}

function bySsh(transport: Transport): Run {
  return async (args) => {
    const result = await transport.exec(argv('printf', '%s\\0', ...args), {
      timeoutMs: 30_000,
      maxOutputBytes: 1 << 24,
    });
    if (result.kind !== 'exited') throw new Error(`printf ended as ${result.kind}`);
    return result.stdout;
  };
}

/** Up to eight hostile or harmless pieces; sometimes nothing, sometimes very long. Never NUL: no command line carries it. */
function hostileArgument(random: CampaignOptions['random']): string {
  const length = random() < 0.02 ? 400 : below(random, 9);
  const pieces = Array.from({ length }, () => {
    const way = random();
    if (way < 0.6) return pick(random, nasty);
    if (way < 0.8) return String.fromCharCode(33 + below(random, 94));
    return String.fromCodePoint(1 + below(random, 0xd7fe));
  });
  return pieces.join('');
}
