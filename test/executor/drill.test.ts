import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { ExecutorDeps } from '../../src/executor/deps.ts';
import type { DriveEnd, Executor, Waiting } from '../../src/executor/executor.ts';
import { siteState } from '../../src/executor/site.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan, PlannedStep } from '../../src/plan/plan.ts';
import type { StepKindName } from '../../src/runbook/schema/steps.ts';
import type { StepKind } from '../../src/steps/step-kind.ts';
import { runSummary } from '../../src/views/run-summary.ts';
import { workAhead } from '../../src/views/work-ahead.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
const root = '/srv/.drp/drill/gravelines';
const shape = { retries: 0, backoff: 10, skippable: false };

const isolate = fakeStep('isolate-gravelines', 'isolation', {
  kind: 'isolate',
  writes: [`files:gravelines:${root}`],
  spec: { ...shape, id: 'isolate-gravelines', kind: 'isolate', host: 'gravelines', databases: [] },
});
const remove = fakeStep('remove-gravelines', 'clean-up', {
  kind: 'clean-up',
  skippable: true,
  writes: [`files:gravelines:${root}`],
  spec: { ...shape, id: 'remove-gravelines', kind: 'clean-up', what: 'files', host: 'gravelines' },
});

function drillPlan(over: Record<string, readonly PlannedStep[]> = {}): Plan {
  const phases: Record<string, readonly PlannedStep[]> = {
    isolation: [isolate],
    restoration: [fakeStep('restore', 'restoration', { writes: [`files:gravelines:${root}/www`] })],
    verification: [fakeStep('verify', 'verification')],
    confirmation: [fakeStep('confirm', 'confirmation')],
    'clean-up': [remove],
    ...over,
  };
  const base = fakePlan(
    Object.fromEntries(Object.entries(phases).map(([phase, steps]) => [phase, [{ name: 'main', steps }]])),
  );
  const gate = base.gates['restoration']!;
  const covers = { 'clean-up': ['remove-gravelines'] };
  return {
    ...base,
    procedure: 'drill',
    gates: {
      ...base.gates,
      order: { ...gate, id: 'order', covers: [] },
      'clean-up': { ...gate, id: 'clean-up', covers: covers['clean-up'] },
    },
    drill: { roots: { gravelines: root }, databases: {}, fencingMs: 0, live: [] },
  };
}

interface Site {
  readonly world: FakeWorld;
  readonly journal: Journal;
  readonly executor: Executor;
  /** Claims on the host, by name. */
  readonly claims: Map<string, { run: string; epoch: number }>;
}

function siteWith(journal: Journal = createMemoryJournal(), world = new FakeWorld()): Site {
  const claims = new Map<string, { run: string; epoch: number }>();
  const kind = world.kind() as never;
  const kinds = new Map<StepKindName, StepKind>([
    ['command', kind],
    ['isolate', kind],
    ['clean-up', kind],
  ]);
  const base = fakeDeps(world, journal, { kinds });
  const deps: ExecutorDeps = {
    ...base,
    reach: (plan) => ({
      ...base.reach(plan),
      claims: {
        read: (_host, site) => Promise.resolve(claims.get(site)),
        take: (_host, { site, run, epoch }) => {
          claims.set(site, { run, epoch });
          return Promise.resolve();
        },
        release: (_host, { site }) => {
          claims.delete(site);
          return Promise.resolve();
        },
      },
    }),
  };
  return { world, journal, executor: createExecutor(deps), claims };
}

const begin = (site: Site, plan = drillPlan()): Promise<string> =>
  site.executor.begin({ plan, mode: 'drill', starter, exercise: { scenario: 'fire', announced: true } });

/** Approves what opens; `also` may say more, once for each subject and state. */
async function walk(
  { executor }: Pick<Site, 'executor'>,
  run: string,
  also: (waiting: Waiting, words: Script) => boolean | void = () => undefined,
): Promise<{ end: DriveEnd; words: Script }> {
  const words = new Script();
  const said = new Set<string>();
  const end = await executor.drive(run, {
    signal: new AbortController().signal,
    words,
    onUpdate: () => undefined,
    whenOnlyPeople: 'listen',
    onWaiting: (waiting) => {
      for (const one of waiting) {
        const key = one.statementDigest ?? `${one.subject} ${one.state}`;
        if (said.has(key)) continue;
        said.add(key);
        const answered = also(one, words) === true;
        const { subject, statementDigest } = one;
        if (!answered && statementDigest !== undefined) words.say({ verb: 'approve', run, subject, statementDigest });
      }
    },
  });
  return { end, words };
}

const failure = (reason: string) =>
  ({ kind: 'failed', error: new DrpError('step-failed', { step: 'x', reason }) }) as const;
const owed = async ({ journal }: Site, run: string) => siteState('gravelines', [await journal.read(run)]).obligations;

describe('a drill', () => {
  test('walks its phases and ends with its clean-up; its claim stands beside that of real runs', async () => {
    const site = siteWith();
    const taken: string[] = [];
    site.world.behaviours.set('restore', () => {
      taken.push(...site.claims.keys());
      return { kind: 'done', output: {}, lines: [] };
    });
    const run = await begin(site);
    expect((await walk(site, run)).end).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(site.world.effects).toEqual(['isolate-gravelines', 'restore', 'verify', 'confirm', 'remove-gravelines']);
    expect(taken).toEqual(['gravelines.drill']);
    expect([...site.claims.keys()]).toEqual([]);
  });

  test('that is called off on the way removes what it made all the same, behind the same gate', async () => {
    const site = siteWith();
    site.world.behaviours.set('verify', () => failure('no'));
    const run = await begin(site);
    const { end } = await walk(site, run, ({ subject }, words) => {
      if (subject === 'verify') words.say({ verb: 'abort', run });
    });
    expect(end).toEqual({ kind: 'ended', outcome: 'aborted' });
    expect(site.world.effects.at(-1)).toBe('remove-gravelines');
    const gates = (await site.journal.read(run)).flatMap((event) =>
      event.type === 'gate.decided' ? [event.data.gate] : [],
    );
    expect(gates.at(-1)).toBe('clean-up');
  });

  test('that is called off has only its clean-up ahead, whatever it left undone on its way', async () => {
    const site = siteWith();
    site.world.behaviours.set('restore', () => failure('no'));
    const run = await begin(
      site,
      drillPlan({
        verification: [fakeStep('verify', 'verification', { expectMs: 3_600_000 })],
        'clean-up': [{ ...remove, expectMs: 60_000 }],
      }),
    );
    await walk(site, run, ({ subject }, words) => {
      if (subject === 'restore') words.say({ verb: 'abort', run });
    });
    const events = await site.journal.read(run);
    const ahead = events.flatMap((event) =>
      event.type === 'gate.opened' && event.data.gate === 'clean-up'
        ? event.data.statement.evidence.filter(({ id }) => id === 'time-ahead')
        : [],
    );
    expect(ahead.map(({ lines }) => lines[0])).toEqual([
      expect.stringMatching(/^about 1 min 00 s of|^about 1 min 00 s,/),
    ]);
    const before = events.slice(
      0,
      events.findIndex((event) => event.type === 'run.ended'),
    );
    expect(workAhead(runSummary(before)!, Date.parse(before.at(-1)!.at))).toBeUndefined();
    const leaving = events.slice(0, events.findIndex((event) => event.type === 'run.aborting') + 1);
    expect(workAhead(runSummary(leaving)!, Date.parse(leaving.at(-1)!.at))).toMatch(/^about 1 min 00 s of work/);
  });

  test('that is called off before anything was made just ends', async () => {
    const site = siteWith();
    const run = await begin(site);
    const { end } = await walk(site, run, (_, words) => {
      words.say({ verb: 'abort', run });
      return true;
    });
    expect(end).toEqual({ kind: 'ended', outcome: 'aborted' });
    expect(site.world.effects).toEqual([]);
  });

  test('whose clean-up fails waits for a person; left undone, the site owes it', async () => {
    const site = siteWith();
    site.world.behaviours.set('remove-gravelines', () => failure('it is busy'));
    const run = await begin(site);
    const { end } = await walk(site, run, ({ subject, verbs }, words) => {
      if (subject !== 'remove-gravelines') return;
      expect(verbs).toEqual(expect.arrayContaining(['retry', 'mark-done', 'skip']));
      words.say({ verb: 'decide', run, subject, decision: 'skip', reason: 'the host goes away anyway' });
    });
    expect(end.kind).toBe('ended');
    expect(await owed(site, run)).toEqual([
      expect.objectContaining({ kind: 'cleanup', text: expect.stringContaining('the host goes away anyway') }),
    ]);
  });

  test('whose clean-up is interrupted waits as such, and goes on with a retry', async () => {
    const site = siteWith();
    let tries = 0;
    site.world.behaviours.set('remove-gravelines', () => {
      tries += 1;
      return tries === 1 ? failure('busy') : { kind: 'done', output: {}, lines: [] };
    });
    const run = await begin(site);
    const states: string[] = [];
    const { end } = await walk(site, run, ({ subject, state, verbs }, words) => {
      if (subject === 'remove-gravelines') words.say({ verb: 'abort', run });
      if (subject !== 'cleaning') return;
      states.push(state, ...verbs);
      words.say({ verb: 'decide', run, subject, decision: 'retry' });
    });
    expect(states).toEqual(['cleaning-interrupted', 'retry', 'skip']);
    expect(end).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(tries).toBe(2);
  });

  test('with a step that reaches outside is refused before it begins', async () => {
    const outside = fakeStep('restore', 'restoration', { writes: ['files:gravelines:/srv/www'] });
    await expect(begin(siteWith(), drillPlan({ restoration: [outside] }))).rejects.toMatchObject({
      code: 'plan-unsafe',
    });
  });
});

describe('a real run takes the site', () => {
  const activation = fakePlan({
    fencing: [],
    restoration: [{ name: 'main', steps: [fakeStep('restore', 'restoration')] }],
  });
  const beginReal = (site: Site) => site.executor.begin({ plan: activation, mode: 'real', starter });

  test('from a drill at work: it stops, says so, owes its clean-up, and does it later', async () => {
    const site = siteWith();
    let real = '';
    site.world.behaviours.set('verify', async () => {
      real = await beginReal(site);
      return { kind: 'done', output: {}, lines: [] };
    });
    const run = await begin(site);
    const { end } = await walk(site, run);
    expect(end).toMatchObject({ kind: 'detached', preempted: true });
    expect(site.world.effects).not.toContain('remove-gravelines');
    const preempted = (await site.journal.read(run)).find((event) => event.type === 'run.preempted');
    expect(preempted?.data).toMatchObject({ by: real });
    expect(await owed(site, run)).toEqual([expect.objectContaining({ kind: 'cleanup', run })]);

    // Also while the real run goes on: a full disk must not have to wait.
    expect((await walk(site, run)).end).toEqual({ kind: 'ended', outcome: 'aborted' });
    expect(site.world.effects.at(-1)).toBe('remove-gravelines');
    expect(await owed(site, run)).toEqual([]);
  });

  test('from a drill in another journal: the claim on the host tells', async () => {
    const site = siteWith();
    site.world.behaviours.set('confirm', () => failure('no'));
    const run = await begin(site);
    const left = new AbortController();
    const words = new Script();
    await site.executor.drive(run, {
      signal: left.signal,
      words,
      onUpdate: () => undefined,
      whenOnlyPeople: 'listen',
      onWaiting: (waiting) => {
        for (const { subject, statementDigest } of waiting) {
          if (subject === 'confirm') left.abort(new Error('off duty'));
          else if (statementDigest !== undefined) words.say({ verb: 'approve', run, subject, statementDigest });
        }
      },
    });
    site.claims.set('gravelines', { run: 'real-far', epoch: 1 });
    const { end } = await walk(site, run);
    expect(end).toMatchObject({ kind: 'detached', preempted: true });
    expect(end.kind === 'detached' && end.reason).toContain('real-far');
    expect(await owed(site, run)).toEqual([expect.objectContaining({ kind: 'cleanup' })]);
  });

  test('and no drill begins meanwhile, in either journal', async () => {
    const site = siteWith();
    await beginReal(site);
    await expect(begin(site)).rejects.toMatchObject({ code: 'drill-refused', exitCode: 3 });
    const other = siteWith();
    other.claims.set('gravelines', { run: 'real-far', epoch: 1 });
    await expect(begin(other)).rejects.toMatchObject({ code: 'drill-refused' });
  });
});

describe('a drill whose journal was lost', () => {
  test('is named by its claim on the host before another one begins, with what to do; no real run is held up', async () => {
    const site = siteWith();
    site.claims.set('gravelines.drill', { run: 'drill-lost', epoch: 2 });
    const refused = await begin(site).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'drill-leftover', exitCode: 3 });
    expect((refused as DrpError).message).toContain('drill drill-lost holds its claim there');
    expect((refused as DrpError).hint).toMatch(
      /drp resume --run drill-lost\. .* under CLEAN-UP by: drp plan --site gravelines --procedure drill; .*~\/\.drp\/claims\/gravelines\.drill/,
    );
    const { drill: _, ...activationLike } = drillPlan();
    await expect(
      site.executor.begin({ plan: { ...activationLike, procedure: 'activation' }, mode: 'real', starter }),
    ).resolves.toBeDefined();
  });
});

describe('a drp that dies in a drill', () => {
  class Crash extends Error {}
  const crashing = (journal: Journal, at: number): Journal => {
    let appends = 0;
    return {
      ...journal,
      append: async (lease, head, drafts) => {
        appends += 1;
        if (appends > at) throw new Crash('dead');
        return await journal.append(lease, head, drafts);
      },
    };
  };

  test('after any other event: resume comes to the same end, every effect once, nothing left', async () => {
    for (let at = 1; at < 80; at += 2) {
      const journal = createMemoryJournal();
      const world = new FakeWorld();
      const run = await begin(siteWith(journal, world));
      const crashed = await walk(siteWith(crashing(journal, at), world), run).then(
        () => false,
        () => true,
      );
      const { end } = crashed ? await walk(siteWith(journal, world), run) : { end: undefined };
      expect([at, end ?? { kind: 'ended', outcome: 'completed' }]).toEqual([
        at,
        { kind: 'ended', outcome: 'completed' },
      ]);
      expect(world.effects).toEqual([...new Set(world.effects)]);
      expect(world.effects.at(-1)).toBe('remove-gravelines');
      if (!crashed) return;
    }
    throw new Error('the sweep never came to its end');
  });
});
