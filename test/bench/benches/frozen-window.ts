import { execFileSync } from 'node:child_process';
import type { Bench, BenchContext } from '../bench.ts';
import { copyBench, untilThere, type CopyWorld } from '../copy-world.ts';

export const bench: Bench = copyBench({
  name: 'frozen-window',
  about: 'The last copy of a return, in its frozen window',
  rows: frozen,
});

/** 1 in 100 files gets longer. */
const change = (tree: string): void => {
  execFileSync('sh', [
    '-c',
    'find "$1" -type f | awk "NR % 100 == $2" | xargs sh -c \'for f; do echo more >>"$f"; done\' sh',
    'sh',
    tree,
    String(Math.floor(Math.random() * 100)),
  ]);
};

async function frozen({ race }: BenchContext, world: CopyWorld): Promise<void> {
  const tree = world.plant('small');
  const preCopied = async (): Promise<void> => {
    world.clear();
    await world.copy('small', { switch: false, staging: 'bench' });
    change(tree);
  };
  const synced = async (): Promise<void> => {
    world.clear();
    await world.shell('small', 'rsync -a -e "$SSH" "$FROM/" "$TO/"');
    change(tree);
  };
  await race({
    work: 'frozen delta, 1 % changed, no ACLs',
    rounds: 3,
    warmUp: false,
    ours: {
      name: 'drp',
      command: 'final copy after a pre-copy, until the tree is there: probe, start, list the source, send what changed',
      prepare: preCopied,
      run: async () => untilThere(await world.copy('small', { staging: 'bench' })),
    },
    peers: [
      {
        name: '`rsync -aHAX --delete`',
        limit: 0.62,
        command: 'rsync -aHAX --delete -e "$SSH" HOST:TREE/ TARGET/',
        prepare: synced,
        run: () => world.shell('small', 'rsync -aHAX --delete -e "$SSH" "$FROM/" "$TO/"'),
      },
    ],
  });
  await race({
    work: 'frozen delta, 1 % changed, compared by checksum and switched in',
    rounds: 3,
    warmUp: false,
    ours: {
      name: 'drp',
      command: 'final copy after a pre-copy, all of it',
      prepare: preCopied,
      run: async () => (await world.copy('small', { staging: 'bench' })).wholeMs,
    },
    peers: [
      {
        name: '`rsync -aHAX --delete`, then `rsync -aHAXnc`',
        limit: 0.95,
        command: 'rsync -aHAX --delete -e "$SSH" HOST:TREE/ TARGET/ && rsync -aHAXnc …',
        prepare: synced,
        run: () =>
          world.shell(
            'small',
            'rsync -aHAX --delete -e "$SSH" "$FROM/" "$TO/"; test -z "$(rsync -aHAXnci --delete -e "$SSH" "$FROM/" "$TO/")"',
          ),
      },
    ],
  });
  world.fell('small');
}
