import { kit } from './kit.ts';

/**
 * Production comes back without losing a write: production frozen, what it wrote last set aside, the bulk copied while
 * the recovery site is live, then the recovery site frozen before the final pass. From that freeze until production is
 * open nobody serves, so an abort there leads through the `unserved` gate.
 */
export const returning = kit.createMachine({
  id: 'return',
  context: { attempts: {} },
  initial: 'authorisation-gate',
  on: { abort: '.aborting' },
  states: {
    'authorisation-gate': { meta: { gate: 'authorisation' }, onDone: 'settle-fencing' },
    'settle-fencing': { meta: { work: 'settle-fencing' }, onDone: 'freeze-production' },
    'freeze-production': { meta: { work: 'freeze-production' }, onDone: 'salvage' },
    salvage: { meta: { work: 'salvage' }, onDone: 'salvage-gate' },
    'salvage-gate': { meta: { gate: 'salvage' }, onDone: 'pre-copy' },
    'pre-copy': { meta: { work: 'pre-copy' }, onDone: 'freeze-recovery' },
    'freeze-recovery': { meta: { work: 'freeze-recovery' }, onDone: 'delta', on: { abort: 'aborting-unserved' } },
    delta: { meta: { work: 'delta' }, onDone: 'verification', on: { abort: 'aborting-unserved' } },
    verification: { meta: { work: 'verification' }, onDone: 'information', on: { abort: 'aborting-unserved' } },
    information: { meta: { work: 'information' }, onDone: 'switchover-gate', on: { abort: 'aborting-unserved' } },
    'switchover-gate': { meta: { gate: 'switchover' }, onDone: 'switchover', on: { abort: 'aborting-unserved' } },
    switchover: {
      meta: { work: 'switchover' },
      onDone: 'confirmation',
      on: { abort: 'aborting-unserved', 'switchover.switch-back': 'leaving' },
    },
    confirmation: {
      meta: { work: 'confirmation' },
      onDone: 'completed',
      on: { 'confirmation.switch-back': 'leaving' },
    },
    completed: { type: 'final' },

    leaving: {
      entry: 'forgetAll',
      invoke: { id: 'stop:leaving', src: 'stop', input: {}, onDone: 'switch-back-gate', onError: 'leaving-failed' },
      on: { abort: 'aborting-unserved' },
    },
    'leaving-failed': {
      tags: ['attention'],
      on: { 'leaving.cancel': 'leaving', 'leaving.stopped': 'switch-back-gate', abort: 'aborting-unserved' },
    },
    'switch-back-gate': {
      meta: { gate: 'switch-back' },
      onDone: 'switch-back',
      on: { 'switch-back.hold': 'switchover', abort: 'aborting-unserved' },
    },
    'switch-back': {
      meta: { work: 'switch-back' },
      onDone: 'switched-back',
      on: { 'switch-back.hold': 'holding', abort: 'aborting-unserved' },
    },
    // The side users came from cannot be opened after all: forward again, through the switchover that was approved. Opening
    // it may have failed half-way, so it is closed first, else both sides would take writes.
    holding: {
      entry: 'forgetAll',
      invoke: { id: 'stop:holding', src: 'stop', input: {}, onDone: 'freezing-again', onError: 'holding-failed' },
      on: { abort: 'aborting-unserved' },
    },
    'holding-failed': {
      tags: ['attention'],
      on: { 'holding.cancel': 'holding', 'holding.stopped': 'freezing-again', abort: 'aborting-unserved' },
    },
    'freezing-again': {
      meta: { work: 'freeze-recovery' },
      onDone: 'switchover',
      on: { abort: 'aborting-unserved' },
    },
    'switched-back': { type: 'final' },

    aborting: {
      tags: ['ending'],
      entry: 'forgetAll',
      invoke: { id: 'stop:aborting', src: 'stop', input: {}, onDone: 'aborted', onError: 'abort-failed' },
      on: { abort: { target: 'aborting', reenter: true } },
    },
    'abort-failed': { tags: ['ending', 'attention'], on: { 'aborting.stopped': 'aborted' } },
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
    'abort-unserved-failed': {
      tags: ['ending', 'attention'],
      on: { abort: 'aborting-unserved', 'aborting-unserved.stopped': 'unserved-gate' },
    },
    'unserved-gate': {
      tags: ['ending'],
      meta: { gate: 'unserved' },
      onDone: 'aborted',
      on: { 'unserved.reopen': 'reopening', abort: 'aborting-unserved' },
    },
    reopening: { tags: ['ending'], meta: { work: 'reopen' }, onDone: 'aborted', on: { abort: 'aborting-unserved' } },
    aborted: { type: 'final' },
  },
});
