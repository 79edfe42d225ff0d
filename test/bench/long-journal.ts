import { DrpError } from '../../src/base/errors.ts';
import type { Draft, Event } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { moving } from '../../src/executor/drafts.ts';
import { fold } from '../../src/executor/fold.ts';
import { foldAll } from '../../src/executor/run-log.ts';
import { linkAll } from '../../src/journal/chain.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld } from '../executor/fake-world.ts';

const identity = { strength: 'os-user', osUser: 'otto' } as const;
const batch = 1_000;

/**
 * A run under way with this many events, as a long night leaves it: its copy has failed and was tried again, over and over,
 * and each try said so many times how far it was (once in 10 s). Made by the real executor up to the copy, then by its own fold.
 * Resolves with the run's id.
 */
export async function writeLongRun(
  journal: Journal,
  { events, reports }: { readonly events: number; readonly reports: number },
): Promise<string> {
  const run = await untilTheCopyFails(journal);
  const { driver } = fakeDeps(new FakeWorld(), journal);
  const lease = await journal.lease(run, driver);
  const before = await journal.read(run);
  let state = foldAll(run, journal.url, before);
  let last = before.at(-1) as Event;
  let waiting: Draft[] = [];
  let head = { seq: last.seq, hash: last.hash };
  const write = async (): Promise<void> => {
    const stored = await journal.append(lease, head, waiting);
    const end = stored.at(-1) as Event;
    head = { seq: end.seq, hash: end.hash };
    waiting = [];
  };
  const add = (draft: Draft | undefined): void => {
    if (draft === undefined) throw new Error('the machine does not take this now');
    const [linked] = linkAll([draft], { run, head: { seq: last.seq, hash: last.hash }, at: last.at });
    last = (linked as { event: Event }).event;
    state = fold(state, last);
    waiting.push(draft);
  };
  while (last.seq < events - reports - 3) {
    const said = { person: 'otto', reason: 'the line was cut again', identity };
    add(moving(state, { type: 'decision.made', by: 'otto', data: { verb: 'retry', subject: 'copy', ...said } }));
    const key = state.wanted.get('copy')?.key ?? '';
    const started = { key, id: 'copy', source: 'step', attempt: 1, commands: ['do copy'] } as const;
    add({ type: 'effect.started', by: 'drp', data: started });
    for (let report = 1; report <= reports; report += 1) {
      const doneBytes = report * 2 ** 30;
      const data = { step: 'copy', key, doneBytes, totalBytes: (reports + 1) * 2 ** 30, text: 'copying data/files' };
      add({ type: 'step.progressed', by: 'drp', data });
    }
    const failure = { kind: 'failed', code: 'step-failed', reason: 'the line was cut', hint: 'Try again.' } as const;
    add(moving(state, { type: 'step.failed', by: 'drp', data: { step: 'copy', key, ...failure } }));
    if (waiting.length >= batch) await write();
  }
  const rest = { step: 'copy', key: 'late', doneBytes: 0, totalBytes: 0, text: 'its last words' };
  while (last.seq < events) add({ type: 'step.progressed', by: 'drp', data: rest });
  await write();
  await journal.release(lease);
  return run;
}

async function untilTheCopyFails(journal: Journal): Promise<string> {
  const lane = (name: string, phase: string, id: string) => ({ name, steps: [fakeStep(id, phase)] });
  const plan = fakePlan({
    fencing: [lane('main', 'fencing', 'fence')],
    restoration: [lane('files', 'restoration', 'copy'), lane('databases', 'restoration', 'import')],
    verification: [lane('main', 'verification', 'verify')],
    information: [],
    switchover: [lane('main', 'switchover', 'dns')],
    confirmation: [lane('main', 'confirmation', 'confirm')],
  });
  const world = new FakeWorld();
  const error = new DrpError('step-failed', { step: 'copy', reason: 'the line was cut' });
  world.behaviours.set('copy', () => ({ kind: 'failed', error }));
  const executor = createExecutor(fakeDeps(world, journal));
  const run = await executor.begin({ plan, mode: 'real', starter: { person: 'otto', identity } });
  const end = await executor.drive(run, approving(run));
  if (end.kind !== 'parked') throw new Error(`the run did not park: ${JSON.stringify(end)}`);
  return run;
}
