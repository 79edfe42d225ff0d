import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import type { Event } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Waiting } from '../../src/executor/executor.ts';
import { refuseLateHold } from '../../src/executor/hold.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const lane = (id: string, phase: string) => [{ name: 'main', steps: [fakeStep(id, phase)] }];
const plan = fakePlan({
  fencing: lane('fence-old-side', 'fencing'),
  restoration: lane('restore', 'restoration'),
  verification: [],
  information: [],
  switchover: lane('send-users', 'switchover'),
  confirmation: lane('confirm', 'confirmation'),
  'switch-back': lane('open-old-side', 'switch-back'),
});

test('a switch back whose side cannot be opened is called off with hold: what was opened is fenced again, then the approved switchover is walked again', async () => {
  const world = new FakeWorld();
  const broken = {
    kind: 'failed',
    error: new DrpError('step-failed', { step: 'x', reason: 'the side is dead' }),
  } as const;
  let confirmed = false;
  world.behaviours.set('confirm', () => (confirmed ? { kind: 'done', output: {}, lines: [] } : broken));
  world.behaviours.set('open-old-side', () => broken);
  const executor = createExecutor(fakeDeps(world, createMemoryJournal()));
  const run = await executor.begin({
    plan,
    mode: 'real',
    starter: { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } },
  });
  const words = new Script();
  const said = new Set<string>();
  const say = (waiting: readonly Waiting[]) => {
    for (const { subject, statementDigest, state } of waiting) {
      const key = statementDigest ?? `${subject} ${state}`;
      if (said.has(key)) continue;
      said.add(key);
      if (statementDigest !== undefined) words.say({ verb: 'approve', run, subject, statementDigest });
      if (subject === 'confirm') words.say({ verb: 'decide', run, subject: 'confirmation', decision: 'switch-back' });
      if (subject === 'open-old-side') {
        confirmed = true;
        words.say({ verb: 'decide', run, subject: 'switch-back', decision: 'hold' });
      }
    }
  };
  const end = await executor.drive(run, {
    signal: new AbortController().signal,
    words,
    onUpdate: () => undefined,
    whenOnlyPeople: 'park',
    onWaiting: say,
  });
  expect(words.answers.map((answer) => answer.kind)).not.toContain('refused');
  expect(end).toEqual({ kind: 'ended', outcome: 'completed' });
  const walked = world.effects.filter((effect) => ['fence-old-side', 'open-old-side', 'send-users'].includes(effect));
  expect(walked).toEqual(['fence-old-side', 'send-users', 'open-old-side', 'fence-old-side', 'send-users']);
});

describe('calling off the switch back of a return', () => {
  const opens = fakeStep('open-recovery-again', 'switch-back', {
    kind: 'maintenance',
    spec: {
      id: 'open-recovery-again',
      kind: 'maintenance',
      side: 'recovery',
      state: 'off',
      flag: 'flag',
      ifUnreachable: 'refuse',
      retries: 0,
      backoff: 10,
      skippable: false,
    },
  });
  const back: Plan = { ...fakePlan({ 'switch-back': [{ name: 'main', steps: [opens] }] }), procedure: 'return' };
  const step = 'open-recovery-again';
  const started = { type: 'effect.started', data: { source: 'step', id: step } } as unknown as Event;
  const done = { type: 'step.done', data: { step } } as unknown as Event;
  const failed = { type: 'step.failed', data: { step, kind: 'failed' } } as unknown as Event;

  test('is refused once the recovery site was opened again: users may write there', () => {
    expect(() => refuseLateHold(back, [started, done])).toThrow("'open-recovery-again' has opened the recovery site");
    expect(() => refuseLateHold(back, [started])).toThrow('has opened');
  });

  test('is possible before that, and where opening it failed', () => {
    expect(() => refuseLateHold(back, [])).not.toThrow();
    expect(() => refuseLateHold(back, [started, failed])).not.toThrow();
  });
});
