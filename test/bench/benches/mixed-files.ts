import type { Bench, BenchContext } from '../bench.ts';
import { copyBench, untilThere, type CopyWorld } from '../copy-world.ts';

export const bench: Bench = copyBench({
  name: 'mixed-files',
  about: 'Copies of a mixed tree with links and ACLs, over ssh on one machine',
  rows: mixed,
});

async function mixed({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('mixed');
  await race({
    work: 'mixed 1.5 GB with links and ACLs, fresh',
    rounds: 3,
    ours: {
      name: 'drp',
      command: 'copy step until the tree is there: probe, start, measure, send (it then compares and switches)',
      prepare: world.clear,
      run: async () => untilThere(await world.copy('mixed')),
    },
    peers: [
      {
        name: '`rsync -aHAX`',
        limit: 0.9,
        command: 'rsync -aHAX -e "$SSH" HOST:TREE/ TARGET/',
        prepare: world.clear,
        run: () => world.shell('mixed', 'rsync -aHAX -e "$SSH" "$FROM/" "$TO/"'),
      },
    ],
  });
}
