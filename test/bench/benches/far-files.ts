import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForBanner } from '../../lab/sshd.ts';
import type { Bench, BenchContext } from '../bench.ts';
import { copyBench, untilThere, type CopyWorld } from '../copy-world.ts';
import { farLinkMissing, openFarLink } from '../far-link.ts';

export const bench: Bench = copyBench({
  name: 'far-files',
  about: 'Copies over a line of 50 ms and 1 Gbit/s',
  rows: far,
});

const line = { delayMs: 25, bytesPerSecond: 125_000_000 };

async function far(context: BenchContext, world: CopyWorld): Promise<void> {
  const missing = farLinkMissing();
  if (missing !== undefined) {
    context.skip('50 ms, 1 Gbit/s, mixed 1.5 GB', missing);
    return;
  }
  world.plant('mixed');
  const link = await openFarLink(line);
  context.atEnd(() => link.end());
  // The backup server's own sshd once more, at the far end.
  const etc = join(world.steps.facts.dir, 'hosts', 'backup-odd', 'etc');
  const config = join(etc, 'sshd_config.far');
  writeFileSync(
    config,
    readFileSync(join(etc, 'sshd_config'), 'utf8').replace(/ListenAddress .*/, `ListenAddress ${link.address}`),
  );
  link.start(['/usr/sbin/sshd', '-D', '-f', config]);
  await waitForBanner({ address: link.address, port: 2223 }, 'the sshd at the far end');
  world.reachAt(link.address);
  await context.race({
    work: '50 ms, 1 Gbit/s, mixed 1.5 GB',
    rounds: 3,
    warmUp: false,
    ours: {
      name: 'drp',
      command: 'copy step over the line until the tree is there: probe, start, measure, send',
      prepare: world.clear,
      run: async () => untilThere(await world.copy('mixed')),
    },
    peers: [
      {
        name: '`rsync -aHAX`',
        limit: 0.6,
        command: 'rsync -aHAX -e "$SSH" HOST:TREE/ TARGET/ over the same line',
        prepare: world.clear,
        run: () => world.shell('mixed', 'rsync -aHAX -e "$SSH" "$FROM/" "$TO/"'),
      },
    ],
  });
  context.log(`  the line itself took ${link.cpuMs().toFixed(0)} ms of CPU for all of it`);
}
