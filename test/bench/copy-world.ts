import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyStep } from '../../src/steps/copy/copy-step.ts';
import { freeNet } from '../demo/free-net.ts';
import { specOf, startLabSteps, type LabSteps } from '../steps/lab-steps.ts';
import { done } from '../steps/outcome.ts';
import { benchIn, type Bench, type BenchContext } from './bench.ts';
import { mixedTree } from './mixed-tree.ts';
import { runCommand } from './run-command.ts';

/** Trees that are copied. */
export type TreeName = 'large' | 'small' | 'mixed';

/** Where a copy's time went, ms. `wholeMs` is all of the step, from its call to its outcome. */
export interface CopyTimes {
  readonly wholeMs: number;
  /** From the step's call until the tree was there: looking at both hosts, starting the job, measuring, sending. */
  readonly untilThereMs: number;
  readonly probeMs: number;
  readonly measureMs: number;
  readonly fillMs: number;
  readonly compareMs: number;
  readonly switchMs: number;
}

/** What the peer does, too: the step goes on comparing by checksum and switching. */
export const untilThere = ({ untilThereMs }: CopyTimes): number => untilThereMs;

/** A bench whose rows are copies in such a world. */
export function copyBench(bench: {
  readonly name: string;
  readonly about: string;
  rows(context: BenchContext, world: CopyWorld): Promise<void>;
}): Bench {
  return benchIn({
    ...bench,
    onlyRoot: 'only root can mount the file system they are copied to',
    open: ({ folder, log }) => openCopyWorld(folder, log),
  });
}

/** A lab with trees on a backup server, and a file system of its own that they are copied to. */
export interface CopyWorld {
  readonly steps: LabSteps;
  /** Makes the tree, once. */
  plant(tree: TreeName): string;
  /** Forgets a tree: disks are small. */
  fell(tree: TreeName): void;
  /** An empty target. */
  clear(): void;
  /** A copy by drp into the cleared target, compared and switched unless `more` says otherwise. */
  copy(tree: TreeName, more?: Readonly<Record<string, unknown>>): Promise<CopyTimes>;
  /** From now on the backup server is reached at this address: over another line. */
  reachAt(address: string): void;
  /** A command of a shell with `$SSH` (the lab's own ssh), `$FROM` (HOST:TREE) and `$TO`. */
  shell(tree: TreeName, text: string): Promise<number>;
  readonly target: string;
  end(): Promise<void>;
}

const trees: Readonly<Record<TreeName, string>> = {
  large: 'for n in 1 2 3 4 5 6 7 8; do head -c 268435456 /dev/urandom >"$1/large$n"; done',
  // 60 000 files of 0.5 to 60 kB, in 300 folders: cut from one random file, which is quick.
  small: `head -c 268435456 /dev/urandom >"$1.pool" && awk 'BEGIN { srand(1); for (n = 0; n < 60000; n++) printf "%d %d\\n", n, 500 + exp(rand() * 7) * 25 }' | /usr/bin/python3 -c '
import os, sys
pool = open(sys.argv[1] + ".pool", "rb").read()
at = 0
for line in sys.stdin:
    n, size = map(int, line.split())
    folder = "%s/d%d/s%d" % (sys.argv[1], n // 4000, n // 200 % 20)
    if n % 200 == 0: os.makedirs(folder, exist_ok=True)
    if at + size > len(pool): at = 0
    with open("%s/f%d" % (folder, n), "wb") as file: file.write(pool[at:at + size])
    at += size
' "$1" && rm "$1.pool"`,
  mixed: mixedTree,
};

/** Builds it; `large` targets need root: a file system on shared memory, so that no disk is in the figures. */
export async function openCopyWorld(folder: string, log: (line: string) => void): Promise<CopyWorld> {
  const steps = await startLabSteps({ dir: join(folder, 'lab'), net: await freeNet(), tickets: false });
  const target = join(folder, 'target');
  const unmount = mountMemory(target);
  const { config, straight } = straightWay(folder, steps);
  const world = structuredClone(steps.world) as { hosts: Record<string, { peers?: unknown }> };
  const source = world.hosts['backup-odd'];
  if (source !== undefined) source.peers = { sshConfig: config, alias: 'backup-odd' };
  const to = join(target, 'tree');
  const planted = new Set<string>();
  const place = (tree: TreeName): string => join(folder, `tree-${tree}`);
  return {
    steps,
    target: to,
    plant: (tree) => {
      if (!planted.has(tree)) {
        mkdirSync(place(tree));
        execFileSync('sh', ['-c', `set -e; ${trees[tree]}`, 'sh', place(tree)]);
        planted.add(tree);
      }
      return place(tree);
    },
    fell: (tree) => {
      rmSync(place(tree), { recursive: true, force: true });
      planted.delete(tree);
    },
    clear: () => {
      const rest = 'find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} + && sync -f "$1"';
      execFileSync('sh', ['-c', rest, 'sh', target]);
    },
    reachAt: (address) => {
      writeFileSync(config, straight.replace(/(Host backup-odd\n\s*HostName ).*/, `$1${address}`));
    },
    copy: async (tree, more = {}) => {
      const ends = { from: { host: 'backup-odd', path: place(tree) }, to: { host: 'gravelines', path: to } };
      const [began, beganAt] = [performance.now(), Date.now()];
      const outcome = await steps.run(copyStep, specOf('copy', { id: 'copy', ...ends, ...more }), {
        world: world as never,
      });
      const wholeMs = performance.now() - began;
      const { took } = done(outcome).output as unknown as { took: CopyTimes & { thereAt: string } };
      const { thereAt, ...parts } = took;
      const untilThereMs = Date.parse(thereAt) - beganAt;
      const said = Object.entries(parts).map(([part, ms]) => `${part.replace('Ms', '')} ${String(ms)}`);
      log(
        `    ${tree}: there after ${String(untilThereMs)} ms (${said.join(', ')}), all of it ${wholeMs.toFixed(0)} ms`,
      );
      return { ...parts, wholeMs, untilThereMs };
    },
    shell: async (tree, text) => {
      const env = {
        ...process.env,
        SSH: `ssh -F ${config}`,
        FROM: `backup-odd:${place(tree)}`,
        SOURCE: place(tree),
        TO: to,
      };
      return (await runCommand(['sh', '-c', `set -e; ${text}`], { env })).ms;
    },
    end: async () => {
      unmount();
      await steps.end();
    },
  };
}

/** A file system on shared memory at this folder; answers how it is taken away. */
function mountMemory(target: string): () => void {
  const image = `/dev/shm/drp-bench-${String(process.pid)}.img`;
  mkdirSync(target);
  // All of its memory at once, and kept: else the figures are of memory that the kernel has to find for each copy.
  const make =
    'fallocate -l 5G "$1" && mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$1" && mount -o loop "$1" "$2"';
  execFileSync('sh', ['-c', make, 'sh', image, target]);
  return () => void execFileSync('sh', ['-c', 'umount "$1"; truncate -s 0 "$2"; rm -f "$2"', 'sh', target, image]);
}

/** Past the lab's relay, straight to the host's own sshd: the relay's processor time is no part of a copy. */
function straightWay(folder: string, { facts }: LabSteps): { readonly config: string; readonly straight: string } {
  const config = join(folder, 'ssh_config');
  const straight = readFileSync(facts.hosts.gravelines.sshConfig ?? '', 'utf8')
    .replace(/Port 2222/, 'Port 2223')
    .replace(/UserKnownHostsFile .*/, 'UserKnownHostsFile /dev/null')
    .replace(/StrictHostKeyChecking yes/, 'StrictHostKeyChecking no');
  writeFileSync(config, straight);
  return { config, straight };
}
