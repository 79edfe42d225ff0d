import { describe, expect, test } from '@jest/globals';
import { anchoredUpTo } from '../../src/events/anchored.ts';
import type { Draft } from '../../src/events/event.ts';
import { createAnchorKeeper } from '../../src/executor/anchors.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { exportRun } from '../../src/journal/export.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { verifyExport } from '../../src/journal/verify.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planDigest } from '../../src/plan/resolve.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const lane = (name: string, ...steps: ReturnType<typeof fakeStep>[]) => ({ name, steps });

function anchoredPlan(commands: readonly (readonly string[])[]): Plan {
  const plan = fakePlan({
    fencing: [lane('main', fakeStep('fence', 'fencing'))],
    restoration: [lane('files', fakeStep('copy-files', 'restoration'))],
    verification: [],
    information: [],
    switchover: [lane('main', fakeStep('switch-dns', 'switchover'))],
    confirmation: [],
  });
  const anchors = commands.map((command) => ({ command: [...command] }));
  const world = { ...plan.world, anchors };
  return { ...plan, world, digest: planDigest({ ...plan, world }) };
}

const clock = { nowMs: () => 0, nowIso: () => '2026-11-21T03:00:00.000Z', sleep: () => Promise.resolve() };
const event = (seq: number) =>
  ({
    type: 'step.done',
    seq,
    run: 'r',
    at: '',
    by: 'drp',
    data: {},
    prev: '',
    hash: `${seq}`.repeat(64).slice(0, 64),
  }) as never;

describe('the keeper of anchors', () => {
  const plan = anchoredPlan([['/bin/keep', '--tag']]);

  test('hands over the latest head alone, and tries again with it after a failure', async () => {
    const given: string[] = [];
    const kept: Draft[] = [];
    let release: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (release = resolve));
    const keeper = createAnchorKeeper(
      {
        clock,
        anchor: async (command, anchor) => {
          given.push([...command, anchor.split(':')[0]].join(' '));
          if (given.length === 1) await first;
          if (given.length <= 2) throw new Error('no network');
        },
      },
      { id: 'r', plan, record: (draft) => Promise.resolve(void kept.push(draft)) },
    );
    for (const seq of [1, 2, 3]) keeper.heard(event(seq));
    release();
    await keeper.close(AbortSignal.timeout(5_000));
    expect(given).toEqual(['/bin/keep --tag r 1', '/bin/keep --tag r 3', '/bin/keep --tag r 3']);
    expect(kept).toEqual([{ type: 'anchor.kept', by: 'drp', data: { where: '/bin/keep', seq: 3 } }]);
  });

  test('one that never answers holds nothing up', async () => {
    const hangs = () => new Promise<void>(() => undefined);
    const keeper = createAnchorKeeper({ clock, anchor: hangs }, { id: 'r', plan, record: () => Promise.resolve() });
    keeper.heard(event(1));
    await keeper.close(AbortSignal.timeout(20));
  });
});

test('a run anchors its end; the anchors it gave out hold against its export', async () => {
  const journal = createMemoryJournal();
  const out: string[] = [];
  const anchor = (_command: readonly string[], text: string) => Promise.resolve(void out.push(text));
  const executor = createExecutor(fakeDeps(new FakeWorld(), journal, { anchor }));
  const run = await executor.begin({
    plan: anchoredPlan([['keep']]),
    mode: 'real',
    starter: { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } },
  });
  const words = new Script();
  await executor.drive(run, {
    signal: new AbortController().signal,
    words,
    onUpdate: () => undefined,
    whenOnlyPeople: 'listen',
    onWaiting: (waiting) => {
      for (const { subject, statementDigest } of waiting)
        if (statementDigest !== undefined) words.say({ verb: 'approve', run, subject, statementDigest });
    },
  });
  const events = await journal.read(run);
  const ended = events.find(({ type }) => type === 'run.ended');
  expect(out.at(-1)).toBe(`${run} ${ended?.seq} :${ended?.hash}`.replace(' :', ':'));
  expect(anchoredUpTo(events)).toBe(ended?.seq);
  const text = await exportRun(journal, run, { exportedAt: '2026-11-21T05:00:00.000Z', version: '0' });
  const verdict = verifyExport(Buffer.from(text), { anchors: out });
  expect(verdict.problems).toEqual([]);
  expect(verdict.anchoredUpToSeq).toBe(ended?.seq);
});
