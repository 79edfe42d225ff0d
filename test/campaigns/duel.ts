import { join } from 'node:path';
import { startSshd } from '../transports/sshd-fixture.ts';
import { randomFrom, type Campaign, type Failure } from './campaign.ts';
import { raceForClaims } from './duel-races.ts';
import { duelRounds } from './duel-rounds.ts';

const full = { one: 50, two: 50, sshd: 10, races: 1_000 };
const short = { one: 2, two: 2, sshd: 1, races: 50 };

export const campaign: Campaign = {
  name: 'duel',
  promise:
    'of two drivers of one run, the overtaken one writes nothing and stops itself, nothing happens twice; a site has one claim',
  run: async (options) => {
    const size = options.short ? short : full;
    const { shard, seed, log } = options;
    const part = (whole: number): number => Math.ceil(whole / shard.of);
    const random = randomFrom(seed + shard.index - 1);
    const failures: Failure[] = [];
    const stops: Record<string, number> = {};
    const note = (group: string, found: Awaited<ReturnType<typeof duelRounds>>): void => {
      failures.push(...found.failures);
      for (const [word, count] of Object.entries(found.stops)) stops[`${group} ${word}`] = count;
      log(`  ${group}: ${JSON.stringify(found.stops)}`);
    };
    note('one store:', await duelRounds(part(size.one), { stores: 1, random }));
    note('two stores:', await duelRounds(part(size.two), { stores: 2, random }));
    const sshd = await startSshd();
    try {
      // Each round a folder of its own on the same host, and a run of its own: its jobs meet no others.
      let homes = 0;
      const host = () => sshd.target({ base: join(sshd.home, `round-${String((homes += 1))}`) });
      note('one store, sshd:', await duelRounds(Math.ceil(part(size.sshd) / 2), { stores: 1, random, host }));
      note('two stores, sshd:', await duelRounds(Math.ceil(part(size.sshd) / 2), { stores: 2, random, host }));
    } finally {
      await sshd.stop();
    }
    const races = part(size.races);
    failures.push(...(await raceForClaims(races)));
    log(`  races for a site: ${String(races)}`);
    const rounds = part(size.one) + part(size.two) + 2 * Math.ceil(part(size.sshd) / 2);
    return { cases: rounds + races, failures, figures: { rounds, races, ...stops } };
  },
};
