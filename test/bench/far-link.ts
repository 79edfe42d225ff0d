import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A line with a delay and a rate to a network namespace, made of a TUN pair; kernels without netem have no other. */
export interface FarLink {
  /** Where programs of the namespace listen. */
  readonly address: string;
  /** Starts a program on the far side; it ends with the line. */
  start(argv: readonly [string, ...string[]]): ChildProcess;
  /** CPU that carrying took so far, ms. */
  cpuMs(): number;
  end(): Promise<void>;
}

/** Of a router's kind: a fifth of a second at the full rate. */
const queueSeconds = 0.2;

/** Why there can be no such line here; undefined: there can. */
export function farLinkMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can make a network namespace and a TUN device';
  try {
    execFileSync('sh', ['-c', 'test -w /dev/net/tun && command -v ip && test -x /usr/bin/python3'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'it needs /dev/net/tun, ip (iproute2) and /usr/bin/python3';
  }
}

/** Opens it; addresses are of the range kept for benches (RFC 2544). */
export async function openFarLink(line: {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}): Promise<FarLink> {
  const number = process.pid % 254;
  const namespace = `drp-bench-${String(process.pid)}`;
  const [here, there] = [`198.19.${String(number)}.1`, `198.19.${String(number)}.2`];
  execFileSync('ip', ['netns', 'add', namespace]);
  execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  const script = fileURLToPath(new URL('./far-link.py', import.meta.url));
  const numbers = [line.delayMs, line.bytesPerSecond, line.bytesPerSecond * queueSeconds].map(String);
  const carrier = spawn('/usr/bin/python3', [script, namespace, here, there, ...numbers], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const started: ChildProcess[] = [];
  const said = (await Promise.race([once(carrier.stdout, 'data'), once(carrier, 'close')])) as readonly unknown[];
  const [word, ...pids] = String(said[0]).trim().split(' ');
  if (word !== 'up') throw new Error('the line to the other network namespace could not be made');
  return {
    address: there,
    start: (argv) => {
      const child = spawn('ip', ['netns', 'exec', namespace, ...argv], { stdio: 'ignore' });
      started.push(child);
      return child;
    },
    cpuMs: () =>
      // By the scheduler's own clock: ticks miss what sleeps between them.
      pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0),
    end: async () => {
      for (const child of started) child.kill();
      const over = once(carrier, 'close');
      carrier.stdin.end();
      await over;
      execFileSync('ip', ['netns', 'del', namespace]);
    },
  };
}
