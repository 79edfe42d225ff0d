import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Draft, Driver } from '../../src/events/event.ts';
import { genesis } from '../../src/journal/chain.ts';
import type { Liveness } from '../../src/journal/driver.ts';
import type { Journal, StoredLine } from '../../src/journal/journal.ts';

export interface JournalUnderTest {
  readonly journal: Journal;
  dispose(): Promise<void>;
}

export const limburgDriver: Driver = {
  osUser: 'otto',
  machine: 'laptop',
  pid: 41,
  bootId: 'boot-a',
  startTime: '100',
  version: '0.1.0',
};
const otherDriver: Driver = { ...limburgDriver, pid: 42, startTime: '200' };

export function note(text: string): Draft {
  return { type: 'note.added', by: 'otto', data: { person: 'otto', text } };
}

const ended: Draft = { type: 'run.ended', by: 'drp', data: { outcome: 'completed' } };
const activation = { run: 'k3f9-2a7m', site: 'gravelines', procedure: 'activation', mode: 'real' };

/** What every journal promises, whatever keeps it. `make` gets the answer to "does this driver live?". */
export function journalContract(
  name: string,
  make: (liveness: (driver: Driver) => Liveness) => Promise<JournalUnderTest>,
): void {
  describe(`journal contract: ${name}`, () => {
    let under: JournalUnderTest;
    let journal: Journal;
    const dead = new Set<Driver>();
    let elsewhere: Liveness = 'alive';
    beforeEach(async () => {
      dead.clear();
      elsewhere = 'alive';
      under = await make((driver) => ([...dead].some(({ pid }) => pid === driver.pid) ? 'dead' : elsewhere));
      journal = under.journal;
    });
    afterEach(async () => under.dispose());

    describe('appending', () => {
      test('events come back in order, chained from 64 zeros, with the hash of their exact line', async () => {
        const lease = await journal.begin(activation, limburgDriver);
        const [first, second] = await journal.append(lease, genesis, [note('one'), note('two')]);
        expect(first).toMatchObject({
          seq: 1,
          run: activation.run,
          by: 'otto',
          type: 'note.added',
          prev: genesis.hash,
        });
        expect(second).toMatchObject({ seq: 2, prev: first?.hash });
        expect(await journal.read(activation.run)).toEqual([first, second]);
        expect(await journal.read(activation.run, 1)).toEqual([second]);
        expect(await journal.read(activation.run, 2)).toEqual([]);
        expect(await journal.read(activation.run, 9)).toEqual([]);
        const stored = await journal.stored(activation.run);
        expect(stored.map(({ hash }) => hash)).toEqual([first?.hash, second?.hash]);
        expect(await journal.lines(activation.run)).toEqual(stored.map(({ line }) => line));
        expect(await journal.lines(activation.run, 1)).toEqual(stored.slice(1).map(({ line }) => line));
        expect(await journal.recall(activation.run)).toEqual(await journal.read(activation.run));
      });

      test('a head that is not the last event is refused, and nothing is written', async () => {
        const lease = await journal.begin(activation, limburgDriver);
        await journal.append(lease, genesis, [note('one')]);
        await expect(journal.append(lease, genesis, [note('fork')])).rejects.toMatchObject({
          code: 'journal-head-moved',
        });
        const wrongHash = { seq: 1, hash: 'f'.repeat(64) };
        await expect(journal.append(lease, wrongHash, [note('fork')])).rejects.toMatchObject({
          code: 'journal-head-moved',
        });
        expect(await journal.read(activation.run)).toHaveLength(1);
      });

      test('drafts are written all or not at all', async () => {
        const lease = await journal.begin(activation, limburgDriver);
        const broken = { type: 'note.added', by: 'otto', data: { person: 'otto', text: 0.5 } } as unknown as Draft;
        await expect(journal.append(lease, genesis, [note('one'), broken])).rejects.toMatchObject({
          code: 'not-canonical',
        });
        expect(await journal.read(activation.run)).toEqual([]);
        expect(await journal.append(lease, genesis, [])).toEqual([]);
      });

      test('a returned event does not follow later changes of the object it came from', async () => {
        const lease = await journal.begin(activation, limburgDriver);
        const data = { person: 'otto', text: 'before' };
        const [event] = await journal.append(lease, genesis, [{ type: 'note.added', by: 'otto', data }]);
        data.text = 'after';
        expect(event?.data).toEqual({ person: 'otto', text: 'before' });
      });
    });

    describe('the claim on a site', () => {
      test('a second real run of the site is refused and told who holds it', async () => {
        await journal.begin(activation, limburgDriver);
        const second = journal.begin({ ...activation, run: 'second', procedure: 'return' }, otherDriver);
        await expect(second).rejects.toMatchObject({
          code: 'site-claimed',
          details: { run: activation.run, osUser: 'otto', machine: 'laptop', pid: 41, procedure: 'activation' },
        });
        expect(await journal.claimant('gravelines', 'real')).toBe(activation.run);
        await journal.begin({ ...activation, run: 'elsewhere', site: 'roubaix' }, otherDriver);
      });

      test('a dry run claims nothing and is not stopped; a drill has a claim of its own', async () => {
        await journal.begin(activation, limburgDriver);
        await journal.begin({ ...activation, run: 'dry-1', mode: 'dry-run' }, limburgDriver);
        await journal.begin({ ...activation, run: 'dry-2', mode: 'dry-run' }, limburgDriver);
        await journal.begin({ ...activation, run: 'drill-1', mode: 'drill' }, limburgDriver);
        const second = journal.begin({ ...activation, run: 'drill-2', mode: 'drill' }, limburgDriver);
        await expect(second).rejects.toMatchObject({ code: 'site-claimed' });
        expect(await journal.claimant('gravelines', 'dry-run')).toBeUndefined();
        expect(await journal.claimant('gravelines', 'drill')).toBe('drill-1');
      });

      test('it outlives its driver, and ends with run.ended in the same append', async () => {
        const lease = await journal.begin(activation, limburgDriver);
        const [first] = await journal.append(lease, genesis, [note('under way')]);
        dead.add(limburgDriver);
        const early = journal.begin({ ...activation, run: 'second' }, otherDriver);
        await expect(early).rejects.toMatchObject({ code: 'site-claimed' });
        dead.clear();
        await journal.append(lease, { seq: 1, hash: first?.hash ?? '' }, [ended]);
        expect(await journal.claimant('gravelines', 'real')).toBeUndefined();
        await journal.unclaim(lease);
        await journal.begin({ ...activation, run: 'second' }, otherDriver);
      });

      test('a run that wrote nothing and whose driver is gone holds nothing', async () => {
        await journal.begin(activation, limburgDriver);
        dead.add(limburgDriver);
        await journal.begin({ ...activation, run: 'second' }, otherDriver);
        expect(await journal.claimant('gravelines', 'real')).toBe('second');
      });

      test('unclaim frees the site, twice without harm, and only for who holds the lease', async () => {
        const lease = await journal.begin(activation, limburgDriver);
        await expect(journal.unclaim({ ...lease, epoch: 7 })).rejects.toMatchObject({ code: 'lease-lost' });
        await journal.unclaim(lease);
        await journal.unclaim(lease);
        expect(await journal.claimant('gravelines', 'real')).toBeUndefined();
        expect(await journal.runs()).toMatchObject([{ run: activation.run, finished: true }]);
      });

      test('the same name is not given to two runs', async () => {
        await journal.begin(activation, limburgDriver);
        const again = journal.begin({ ...activation, site: 'roubaix' }, limburgDriver);
        await expect(again).rejects.toMatchObject({ code: 'run-exists' });
      });
    });

    describe('the lease of a driver', () => {
      test('a living driver keeps it; the refusal names user, machine and pid', async () => {
        await journal.begin(activation, limburgDriver);
        await expect(journal.lease(activation.run, otherDriver)).rejects.toMatchObject({
          code: 'lease-held',
          details: { osUser: 'otto', machine: 'laptop', pid: 41 },
        });
        expect(await journal.holder(activation.run)).toMatchObject({ epoch: 1, driver: limburgDriver });
      });

      test('a driver that cannot be proven gone keeps it, until a person takes over', async () => {
        const old = await journal.begin(activation, limburgDriver);
        elsewhere = 'unknown';
        await expect(journal.lease(activation.run, otherDriver)).rejects.toMatchObject({ code: 'lease-held' });
        const lease = await journal.lease(activation.run, otherDriver, { takeover: true });
        expect(lease.epoch).toBe(2);
        await expect(journal.append(old, genesis, [note('stale')])).rejects.toMatchObject({ code: 'lease-lost' });
        await journal.append(lease, genesis, [note('mine')]);
      });

      test('a gone driver loses it, and the epoch rises', async () => {
        await journal.begin(activation, limburgDriver);
        dead.add(limburgDriver);
        expect(await journal.holder(activation.run)).toBeUndefined();
        expect((await journal.lease(activation.run, otherDriver)).epoch).toBe(2);
      });

      test('the same driver gets it again, and its older lease is void', async () => {
        const old = await journal.begin(activation, limburgDriver);
        const lease = await journal.lease(activation.run, limburgDriver);
        await expect(journal.append(old, genesis, [note('old')])).rejects.toMatchObject({ code: 'lease-lost' });
        await journal.release(old);
        await journal.append(lease, genesis, [note('new')]);
      });

      test('given back it is free, and giving back twice does no harm', async () => {
        const lease = await journal.begin(activation, limburgDriver);
        await journal.release(lease);
        await journal.release(lease);
        expect(await journal.holder(activation.run)).toBeUndefined();
        await expect(journal.append(lease, genesis, [note('late')])).rejects.toMatchObject({ code: 'lease-lost' });
        expect(await journal.claimant('gravelines', 'real')).toBe(activation.run);
        expect((await journal.lease(activation.run, otherDriver)).epoch).toBe(2);
      });

      test('an unknown run is refused by name', async () => {
        await expect(journal.lease('nobody', limburgDriver)).rejects.toMatchObject({ code: 'run-not-found' });
        expect(await journal.read('nobody')).toEqual([]);
        expect(await journal.holder('nobody')).toBeUndefined();
      });
    });

    describe('adopting a copy', () => {
      const began = {
        type: 'run.began',
        by: 'otto',
        data: { format: 1, site: 'gravelines', procedure: 'activation', mode: 'real' },
      } as unknown as Draft;
      /** The lines of a run of another store that got so far. */
      async function copied(...more: readonly Draft[]) {
        const other = await make(() => 'alive');
        const lease = await other.journal.begin(activation, limburgDriver);
        await other.journal.append(lease, genesis, [began, ...more]);
        const stored = await other.journal.stored(activation.run);
        await other.dispose();
        return stored;
      }
      const adopt = async (stored: readonly StoredLine[]) =>
        journal.adopt({ run: activation.run, stored, drafts: [note('adopted')], epoch: 70 }, otherDriver);

      test('keeps its lines byte for byte, appends behind them, claims the site and holds the lease', async () => {
        const stored = await copied(note('one'));
        const lease = await adopt(stored);
        expect(lease.epoch).toBe(70);
        expect((await journal.stored(activation.run)).slice(0, 2)).toEqual(stored);
        expect(await journal.read(activation.run)).toMatchObject([
          { seq: 1 },
          { seq: 2 },
          { seq: 3, prev: stored[1]?.hash, data: { text: 'adopted' } },
        ]);
        expect(await journal.claimant('gravelines', 'real')).toBe(activation.run);
        expect(await journal.runs()).toMatchObject([{ ...activation, finished: false, head: { seq: 3 } }]);
        await journal.append(lease, (await journal.runs())[0]?.head ?? genesis, [note('goes on')]);
        await journal.release(lease);
        expect((await journal.lease(activation.run, limburgDriver)).epoch).toBe(71);
      });

      test('is refused where the chain is broken, and nothing is kept', async () => {
        const [first, second] = await copied(note('one'));
        const changed = [first, { ...second, line: second?.line.replace('one', 'two') }] as StoredLine[];
        await expect(adopt(changed)).rejects.toMatchObject({ code: 'journal-broken' });
        await expect(adopt([second] as StoredLine[])).rejects.toMatchObject({ code: 'journal-broken' });
        expect(await journal.runs()).toEqual([]);
      });

      test('an ended run is kept as it is: it claims nothing, is never driven, and is listed as finished', async () => {
        const stored = await copied(ended);
        await journal.keep(activation.run, stored);
        expect(await journal.stored(activation.run)).toEqual(stored);
        expect(await journal.claimant('gravelines', 'real')).toBeUndefined();
        expect(await journal.holder(activation.run)).toBeUndefined();
        expect(await journal.runs()).toMatchObject([{ ...activation, finished: true, head: { seq: 2 } }]);
        await expect(journal.keep(activation.run, stored)).rejects.toMatchObject({ code: 'run-exists' });
        await journal.begin({ ...activation, run: 'second', procedure: 'return' }, otherDriver);
      });

      test('what has not ended is not kept: it can only be continued', async () => {
        const stored = await copied(note('one'));
        await expect(journal.keep(activation.run, stored)).rejects.toMatchObject({ code: 'run-not-ended' });
      });

      test('is refused where the run is here already, has ended, or another holds the site', async () => {
        const stored = await copied();
        await expect(adopt(await copied(ended))).rejects.toMatchObject({ code: 'run-ended' });
        await journal.begin({ ...activation, run: 'second' }, limburgDriver);
        await expect(adopt(stored)).rejects.toMatchObject({ code: 'site-claimed' });
        await journal.begin({ ...activation, site: 'roubaix' }, limburgDriver);
        await expect(adopt(stored)).rejects.toMatchObject({ code: 'run-exists' });
      });
    });

    describe('beside a driver', () => {
      test('facts are added to a run without one, and refused while one lives', async () => {
        const lease = await journal.begin(activation, limburgDriver);
        await journal.append(lease, genesis, [note('one')]);
        const early = journal.appendBeside(activation.run, [note('two')], otherDriver);
        await expect(early).rejects.toMatchObject({ code: 'lease-held' });
        await journal.release(lease);
        expect(await journal.appendBeside(activation.run, [note('two')], otherDriver)).toMatchObject([{ seq: 2 }]);
      });

      test('what moves the run is refused', async () => {
        await journal.release(await journal.begin(activation, limburgDriver));
        const moving = journal.appendBeside(activation.run, [ended], otherDriver);
        await expect(moving).rejects.toMatchObject({ code: 'event-not-beside' });
      });
    });

    test('runs are listed newest first, with head and last instant, by site where asked', async () => {
      const lease = await journal.begin(activation, limburgDriver);
      const [event] = await journal.append(lease, genesis, [note('one')]);
      await journal.begin({ ...activation, run: 'second', site: 'roubaix' }, limburgDriver);
      const rows = await journal.runs();
      expect(rows.map(({ run }) => run)).toEqual(['second', activation.run]);
      expect(rows[1]).toMatchObject({
        ...activation,
        head: { seq: 1, hash: event?.hash },
        lastAt: event?.at,
        finished: false,
      });
      expect(await journal.runs({ site: 'roubaix' })).toHaveLength(1);
    });
  });
}
