import { execFileSync } from 'node:child_process';
import type { Bench, BenchContext } from '../bench.ts';
import { openCopyWorld, type CopyTimes, type CopyWorld } from '../copy-world.ts';

/** All that a copy does until the tree is there: looking at both hosts, measuring, sending. */
const there = ({ probeMs, measureMs, fillMs }: CopyTimes): number => probeMs + measureMs + fillMs;

export const bench: Bench = {
  name: 'copies',
  about: 'Copies of trees between hosts, over ssh on one machine',
  rows: async (context) => {
    if (process.getuid?.() !== 0) {
      context.skip('copies', 'only root can mount the file system they are copied to');
      return;
    }
    const world = await openCopyWorld(context.folder);
    context.atEnd(() => world.end());
    await large(context, world);
    await small(context, world);
    await frozen(context, world);
    await mixed(context, world);
    await far(context, world);
  },
};

async function large({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('large');
  await race({
    work: '8 × 256 MiB, fresh',
    rounds: 3,
    ours: {
      name: 'drp',
      command: 'copy step: probe, measure and send (compare and switch not counted)',
      prepare: world.clear,
      run: async () => there(await world.copy('large')),
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

async function small({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('small');
  await race({
    work: '60 000 small files, fresh',
    rounds: 3,
    ours: {
      name: 'drp',
      command: 'copy step: probe, measure and send (compare and switch not counted)',
      prepare: world.clear,
      run: async () => there(await world.copy('small')),
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
      run: async () => there(await world.copy('small', { staging: 'bench' })),
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

async function mixed({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('mixed');
  await race({
    work: 'mixed 1.5 GB with links and ACLs, fresh',
    rounds: 3,
    ours: {
      name: 'drp',
      command: 'copy step: probe, measure and send (compare and switch not counted)',
      prepare: world.clear,
      run: async () => there(await world.copy('mixed')),
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

/** The lab's own relay stands between: each piece arrives 25 ms later on each way. It costs processor time on both sides alike. */
async function far({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('mixed');
  const { lab } = world.steps;
  await lab.fault('link-slow', 'backup-odd', '125000000', '25');
  const throughRelay = { ssh: 'sed "s/Port 2223/Port 2222/" <"${SSH#ssh -F }" >"$TO.ssh"; SSH="ssh -F $TO.ssh"' };
  await race({
    work: '50 ms, 1 Gbit/s, mixed 1.5 GB',
    rounds: 2,
    warmUp: false,
    ours: {
      name: 'drp',
      command: 'copy step through a relay of 25 ms each way: probe, measure and send',
      prepare: world.clear,
      run: async () => there(await world.copy('mixed', {}, 'relay')),
    },
    peers: [
      {
        name: '`rsync -aHAX`',
        limit: 0.6,
        command: 'rsync -aHAX -e "$SSH" HOST:TREE/ TARGET/ through the same relay',
        prepare: world.clear,
        run: () => world.shell('mixed', `${throughRelay.ssh}; rsync -aHAX -e "$SSH" "$FROM/" "$TO/"`),
      },
    ],
  });
  await lab.fault('link-up', 'backup-odd');
}
