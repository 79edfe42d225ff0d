import { execFileSync } from 'node:child_process';
import type { Bench, BenchContext } from '../bench.ts';
import { openCopyWorld, untilThere, type CopyWorld } from '../copy-world.ts';

export const bench: Bench = {
  name: 'small-files',
  about: 'Copies of many small files, and the frozen window, over ssh on one machine',
  rows: async (context) => {
    if (process.getuid?.() !== 0) {
      context.skip('small files', 'only root can mount the file system they are copied to');
      return;
    }
    const world = await openCopyWorld(context.folder, context.log);
    context.atEnd(() => world.end());
    await small(context, world);
    await frozen(context, world);
  },
};

async function small({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('small');
  await race({
    work: '60 000 small files, fresh',
    rounds: 3,
    ours: {
      name: 'drp',
      command: 'copy step: probe, measure and send (compare and switch not counted)',
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
      command: 'final copy after a pre-copy: list both trees, send what changed (comparing not counted)',
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
