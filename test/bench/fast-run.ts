import { setTimeout as sleep } from 'node:timers/promises';
import { expand, skeletons } from '../../machines/expand.ts';
import type { Event, Json } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { initialState } from '../../src/executor/fold.ts';
import { genesis } from '../../src/journal/chain.ts';
import type { Journal } from '../../src/journal/journal.ts';
import type { Plan, PlannedLane } from '../../src/plan/plan.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld } from '../executor/fake-world.ts';

const identity = { strength: 'os-user', osUser: 'otto' } as const;

/** A plan whose restoration has these branches beside each other, a step for each number, which is how long it sleeps (ms). */
export function fastPlanOf(branches: readonly (readonly number[])[]): {
  readonly plan: Plan;
  readonly sleeps: ReadonlyMap<string, number>;
} {
  const sleeps = new Map<string, number>();
  const lanes = branches.map((steps, lane): PlannedLane => ({
    name: `lane${String(lane)}`,
    steps: steps.map((ms, index) => {
      const id = `b${String(lane)}-${String(index)}`;
      sleeps.set(id, ms);
      // Idempotent and without writes: no copies of the record are kept before each.
      return fakeStep(id, 'restoration', { idempotent: true });
    }),
  }));
  const phases = {
    fencing: [],
    restoration: lanes,
    verification: [],
    information: [],
    switchover: [],
    confirmation: [],
  };
  return { plan: fakePlan(phases), sleeps };
}

/** Drives one begun run to its end by the real executor, in a world whose steps only sleep. Every gate is approved. */
export async function driveFast(
  journal: Journal,
  run: string,
  options: { readonly sleeps: ReadonlyMap<string, number>; readonly onEvent: (event: Event) => void },
): Promise<void> {
  const world = new FakeWorld();
  for (const [step, ms] of options.sleeps) {
    world.behaviours.set(step, async () => {
      if (ms > 0) await sleep(ms);
      return { kind: 'done', output: {}, lines: [] };
    });
  }
  const deps = fakeDeps(world, journal);
  const end = await createExecutor(deps).drive(run, {
    ...approving(run),
    whenOnlyPeople: 'listen',
    onUpdate: (update) => {
      if (update.kind === 'event') options.onEvent(update.event);
    },
  });
  if (end.kind !== 'ended') throw new Error(`the run did not end: ${JSON.stringify(end)}`);
}

/** Begins a run as `begin` does, but without the proof of its plan: it is the same for a thousand runs. */
export async function beginFast(journal: Journal, plan: Plan, id: string): Promise<string> {
  const deps = fakeDeps(new FakeWorld(), journal);
  const machine = expand(skeletons.activation, plan);
  const lease = await journal.begin({ run: id, site: plan.site, procedure: plan.procedure, mode: 'real' }, deps.driver);
  const data = {
    format: 1,
    version: deps.version,
    site: plan.site,
    procedure: plan.procedure,
    mode: 'real',
    plan: plan as unknown as Json,
    planDigest: plan.digest,
    machine: machine as unknown as Json,
    startedBy: { person: 'otto', identity },
    state: initialState(machine),
  } as const;
  await journal.append(lease, genesis, [{ type: 'run.began', by: 'otto', data: data as never }]);
  await journal.release(lease);
  return id;
}
