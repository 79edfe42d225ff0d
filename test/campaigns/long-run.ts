import { digestOf } from '../../src/events/digest.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { exportRun } from '../../src/journal/export.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld } from '../executor/fake-world.ts';

/** The export of a whole activation in a fake world, by the real executor: every gate, `steps` steps a lane. */
export async function longExport(journal: Journal, steps: number): Promise<string> {
  const lane = (name: string, phase: string) => ({
    name,
    steps: Array.from({ length: steps }, (_, index) => fakeStep(`${name}-${index}`, phase)),
  });
  const plan = fakePlan({
    fencing: [lane('fence', 'fencing')],
    restoration: [lane('files', 'restoration'), lane('databases', 'restoration')],
    verification: [lane('verify', 'verification')],
    information: [],
    switchover: [lane('dns', 'switchover')],
    confirmation: [lane('confirm', 'confirmation')],
  });
  const { digest: _, ...content } = plan;
  const executor = createExecutor(fakeDeps(new FakeWorld(), journal));
  const identity = { strength: 'os-user', osUser: 'otto' } as const;
  const run = await executor.begin({
    plan: { ...plan, digest: digestOf(content) },
    mode: 'real',
    starter: { person: 'otto', identity },
  });
  const end = await executor.drive(run, approving(run));
  if (end.kind !== 'ended') throw new Error(`the run did not end: ${JSON.stringify(end)}`);
  return exportRun(journal, run, { exportedAt: '2026-11-21T05:00:00.000Z', version: '0.1.0' });
}
