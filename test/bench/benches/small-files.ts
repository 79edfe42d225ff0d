import type { Bench, BenchContext } from '../bench.ts';
import { copyBench, untilThere, type CopyWorld } from '../copy-world.ts';

export const bench: Bench = copyBench({
  name: 'small-files',
  about: 'Copies of many small files, over ssh on one machine',
  rows: small,
});

async function small({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('small');
  await race({
    work: '60 000 small files, fresh',
    rounds: 3,
    ours: {
      name: 'drp',
      command: 'copy step until the tree is there: probe, start, measure, send (it then compares and switches)',
      prepare: world.clear,
      run: async () => untilThere(await world.copy('small')),
    },
    peers: [
      {
        name: '`rsync -a`',
        limit: 0.8,
        command: 'rsync -a -e "$SSH" HOST:TREE/ TARGET/',
        prepare: world.clear,
        run: () => world.shell('small', 'rsync -a -e "$SSH" "$FROM/" "$TO/"'),
      },
    ],
  });
  await race({
    work: '60 000 small files, fresh, verified at the end',
    rounds: 3,
    warmUp: false,
    ours: {
      name: 'drp',
      command: 'copy step, all of it: compared by checksum, flushed to disk, switched in',
      prepare: world.clear,
      run: async () => (await world.copy('small')).wholeMs,
    },
    peers: [
      {
        name: '`rsync -a`, then `rsync -anc`',
        limit: 0.95,
        command: 'rsync -a -e "$SSH" HOST:TREE/ TARGET/ && rsync -anc -e "$SSH" HOST:TREE/ TARGET/',
        prepare: world.clear,
        run: () =>
          world.shell(
            'small',
            'rsync -a -e "$SSH" "$FROM/" "$TO/"; test -z "$(rsync -anci -e "$SSH" "$FROM/" "$TO/")"',
          ),
      },
    ],
  });
}
