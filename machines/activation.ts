import { kit } from './kit.ts';

/**
 * Users are sent from the lost production to the recovery site. A `work` state is filled with the runbook's steps, a
 * `gate` state with the life of a gate (machines/expand.ts). Once fencing has begun nobody may be serving, so an abort
 * leads through the `unserved` gate: reopen the old side, or an authoriser signs that nobody serves. A switch back may
 * be asked for while DNS has not moved yet, so calling it off walks the switchover again: what stands is only confirmed.
 */
export const activation = kit.createMachine({
  id: 'activation',
  context: { attempts: {} },
  initial: 'declaration-gate',
  on: { abort: '.aborting-unserved' },
  states: {
    'declaration-gate': { meta: { gate: 'declaration' }, onDone: 'fencing', on: { abort: 'aborting' } },
    fencing: { meta: { work: 'fencing' }, onDone: 'restoration-gate' },
    'restoration-gate': { meta: { gate: 'restoration' }, onDone: 'restoration' },
    restoration: { meta: { work: 'restoration' }, onDone: 'verification' },
    verification: { meta: { work: 'verification' }, onDone: 'information' },
    information: { meta: { work: 'information' }, onDone: 'switchover-gate' },
    'switchover-gate': { meta: { gate: 'switchover' }, onDone: 'switchover' },
    switchover: {
      meta: { work: 'switchover' },
      onDone: 'confirmation',
      on: { 'switchover.switch-back': 'leaving' },
    },
    confirmation: {
      meta: { work: 'confirmation' },
      onDone: 'completed',
      on: { abort: 'aborting', 'confirmation.switch-back': 'leaving' },
    },
    completed: { type: 'final' },

    leaving: {
      entry: 'forgetAll',
      invoke: { id: 'stop:leaving', src: 'stop', input: {}, onDone: 'switch-back-gate', onError: 'leaving-failed' },
    },
    'leaving-failed': {
      tags: ['attention'],
      on: { 'leaving.cancel': 'leaving', 'leaving.stopped': 'switch-back-gate' },
    },
    'switch-back-gate': {
      meta: { gate: 'switch-back' },
      onDone: 'switch-back',
      on: { 'switch-back.hold': 'switchover' },
    },
    'switch-back': { meta: { work: 'switch-back' }, onDone: 'switched-back', on: { 'switch-back.hold': 'holding' } },
    // Production cannot take the users back after all: forward again, through the switchover that was approved. What has
    // been lifted or opened by then is fenced and closed first, else both sides would take writes.
    holding: {
      entry: 'forgetAll',
      invoke: { id: 'stop:holding', src: 'stop', input: {}, onDone: 'fencing-again', onError: 'holding-failed' },
    },
    'holding-failed': {
      tags: ['attention'],
      on: { 'holding.cancel': 'holding', 'holding.stopped': 'fencing-again' },
    },
    'fencing-again': { meta: { work: 'fencing' }, onDone: 'switchover' },
    'switched-back': { type: 'final' },

    aborting: {
      tags: ['ending'],
      entry: 'forgetAll',
      invoke: { id: 'stop:aborting', src: 'stop', input: {}, onDone: 'aborted', onError: 'abort-failed' },
      on: { abort: { target: 'aborting', reenter: true } },
    },
    'abort-failed': { tags: ['ending', 'attention'], on: { abort: 'aborting', 'aborting.stopped': 'aborted' } },
    'aborting-unserved': {
      tags: ['ending'],
      entry: 'forgetAll',
      invoke: {
        id: 'stop:aborting-unserved',
        src: 'stop',
        input: {},
        onDone: 'unserved-gate',
        onError: 'abort-unserved-failed',
      },
      on: { abort: { target: 'aborting-unserved', reenter: true } },
    },
    'abort-unserved-failed': { tags: ['ending', 'attention'], on: { 'aborting-unserved.stopped': 'unserved-gate' } },
    'unserved-gate': {
      tags: ['ending'],
      meta: { gate: 'unserved' },
      onDone: 'aborted',
      on: { 'unserved.reopen': 'reopening' },
    },
    reopening: { tags: ['ending'], meta: { work: 'switch-back' }, onDone: 'aborted' },
    aborted: { type: 'final' },
  },
});
