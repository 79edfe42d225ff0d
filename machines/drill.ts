import { kit } from './kit.ts';

/**
 * The activation as an exercise: into an isolated target on the recovery host, with nothing that is live touched. Whatever
 * way it goes once something was made, it ends through the clean-up. `abort` calls the exercise off; `preempt` means that a
 * real run takes the site: what runs is stopped, and the clean-up waits until somebody has time for it. A clean-up that is
 * interrupted waits as such; one that fails leaves its step to a person: again, done by hand, or left as a duty of the site.
 */
export const drill = kit.createMachine({
  id: 'drill',
  context: { attempts: {} },
  initial: 'order-gate',
  on: { abort: '.leaving', preempt: '.giving-way' },
  states: {
    'order-gate': { meta: { gate: 'order' }, onDone: 'isolation', on: { abort: 'aborting', preempt: 'aborting' } },
    isolation: { meta: { work: 'isolation' }, onDone: 'restoration-gate' },
    'restoration-gate': { meta: { gate: 'restoration' }, onDone: 'restoration' },
    restoration: { meta: { work: 'restoration' }, onDone: 'serving' },
    serving: { meta: { work: 'serving' }, onDone: 'verification' },
    verification: { meta: { work: 'verification' }, onDone: 'information' },
    information: { meta: { work: 'information' }, onDone: 'switchover-gate' },
    'switchover-gate': { meta: { gate: 'switchover' }, onDone: 'switchover' },
    switchover: { meta: { work: 'switchover' }, onDone: 'confirmation' },
    confirmation: { meta: { work: 'confirmation' }, onDone: 'clean-up-gate' },
    'clean-up-gate': {
      meta: { gate: 'clean-up' },
      onDone: 'cleaning',
      on: { preempt: { target: 'clean-up-gate', reenter: true } },
    },
    cleaning: {
      meta: { work: 'clean-up' },
      onDone: 'completed',
      on: { abort: 'interrupting', preempt: 'interrupting' },
    },
    completed: { type: 'final' },

    interrupting: {
      entry: 'forgetAll',
      invoke: {
        id: 'stop:interrupting',
        src: 'stop',
        input: {},
        onDone: 'cleaning-interrupted',
        onError: 'interrupting-failed',
      },
      on: {
        abort: { target: 'interrupting', reenter: true },
        preempt: { target: 'interrupting', reenter: true },
      },
    },
    'interrupting-failed': {
      tags: ['attention'],
      on: {
        'interrupting.cancel': 'interrupting',
        'interrupting.stopped': 'cleaning-interrupted',
        abort: 'interrupting',
        preempt: 'interrupting',
      },
    },
    'cleaning-interrupted': {
      tags: ['attention'],
      on: {
        'cleaning.retry': 'cleaning',
        'cleaning.skip': 'aborted',
        abort: 'interrupting',
        preempt: 'interrupting',
      },
    },

    leaving: {
      tags: ['ending'],
      entry: 'forgetAll',
      invoke: { id: 'stop:leaving', src: 'stop', input: {}, onDone: 'leaving-gate', onError: 'leaving-failed' },
      on: { abort: { target: 'leaving', reenter: true } },
    },
    'leaving-failed': {
      tags: ['ending', 'attention'],
      on: { 'leaving.cancel': 'leaving', 'leaving.stopped': 'leaving-gate' },
    },
    'giving-way': {
      tags: ['ending'],
      entry: 'forgetAll',
      invoke: {
        id: 'stop:giving-way',
        src: 'stop',
        input: {},
        onDone: 'leaving-gate',
        onError: 'giving-way-failed',
      },
      on: { preempt: { target: 'giving-way', reenter: true } },
    },
    'giving-way-failed': {
      tags: ['ending', 'attention'],
      on: { 'giving-way.cancel': 'giving-way', 'giving-way.stopped': 'leaving-gate' },
    },
    'leaving-gate': { tags: ['ending'], meta: { gate: 'clean-up' }, onDone: 'leaving-clean' },
    'leaving-clean': { tags: ['ending'], meta: { work: 'clean-up' }, onDone: 'aborted' },

    aborting: {
      tags: ['ending'],
      entry: 'forgetAll',
      invoke: { id: 'stop:aborting', src: 'stop', input: {}, onDone: 'aborted', onError: 'abort-failed' },
      on: {
        abort: { target: 'aborting', reenter: true },
        preempt: { target: 'aborting', reenter: true },
      },
    },
    'abort-failed': {
      tags: ['ending', 'attention'],
      on: { 'aborting.stopped': 'aborted', abort: 'aborting', preempt: 'aborting' },
    },
    aborted: { type: 'final' },
  },
});
