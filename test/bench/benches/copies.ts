import type { Bench, BenchContext } from '../bench.ts';
import { openCopyWorld, untilThere, type CopyWorld } from '../copy-world.ts';

export const bench: Bench = {
  name: 'copies',
  about: 'Copies of large and mixed trees, over ssh on one machine',
  rows: async (context) => {
    if (process.getuid?.() !== 0) {
      context.skip('copies', 'only root can mount the file system they are copied to');
      return;
    }
    const world = await openCopyWorld(context.folder, context.log);
    context.atEnd(() => world.end());
    await large(context, world);
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

async function mixed({ race }: BenchContext, world: CopyWorld): Promise<void> {
  world.plant('mixed');
  await race({
    work: 'mixed 1.5 GB with links and ACLs, fresh',
    rounds: 3,
    ours: {
      name: 'drp',
      command: 'copy step: probe, measure and send (compare and switch not counted)',
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
      run: async () => untilThere(await world.copy('mixed', {}, 'relay')),
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
