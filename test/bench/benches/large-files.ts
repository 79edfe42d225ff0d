import type { Bench, BenchContext } from '../bench.ts';
import { copyBench, untilThere, type CopyWorld } from '../copy-world.ts';

export const bench: Bench = copyBench({
  name: 'large-files',
  about: 'Copies of large files, over ssh on one machine',
  rows: large,
});

async function large({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('large');
  await race({
    work: '8 × 256 MiB, fresh',
    rounds: 3,
    ours: {
      name: 'drp',
      command: 'copy step until the tree is there: probe, start, measure, send (it then compares and switches)',
      prepare: world.clear,
      run: async () => untilThere(await world.copy('large')),
    },
    peers: [
      {
        name: '`rsync -a`',
        limit: 0.6,
        command: 'rsync -a -e "$SSH" HOST:TREE/ TARGET/',
        prepare: world.clear,
        run: () => world.shell('large', 'rsync -a -e "$SSH" "$FROM/" "$TO/"'),
      },
      {
        name: 'raw ssh, same cipher (limit)',
        limit: 1.2,
        command: 'ssh -c aes128-gcm@openssh.com HOST "cat TREE/*" >/dev/null',
        prepare: world.clear,
        run: () => world.shell('large', '$SSH -c aes128-gcm@openssh.com backup-odd "cat $SOURCE/*" >/dev/null'),
      },
    ],
  });
  world.fell('large');
}
