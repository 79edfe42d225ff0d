import type { Draft, Event } from '../../../src/events/event.ts';
import { interruptedActivation, plan, recorded, statementOf } from '../recorded-run.ts';

type Piece = Draft | { readonly afterMs: number };
const otto = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
const at = (value: object): never => value as never;
const restoring = at({
  restoration: { files: { 'copy-files': { running: 'on-time' } }, database: { import: 'open' } },
});
const failed = at({ restoration: { files: { 'copy-files': 'failed' }, database: { import: 'open' } } });

/** One event of each kind that a report must not hide. Order does not matter to the list of exceptions. */
export const troubles: readonly Draft[] = [
  ...(
    ['skip', 'mark-done', 'cancel', 'stopped', 'switch-back', 'reopen', 'repeat', 'hold', 'proceed', 'retry'] as const
  ).map((verb): Draft => ({
    type: 'decision.made',
    by: 'otto',
    data: {
      ...otto,
      verb,
      subject: `subject-${verb}`,
      reason: `because of ${verb}`,
      evidence: 'seen on screen',
      state: failed,
    },
  })),
  {
    type: 'decision.made',
    by: 'otto',
    data: {
      ...otto,
      verb: 'choose',
      subject: 'restoration',
      reason: 'the newer one is torn',
      evidence: 'files even:2026-11-20',
      state: failed,
    },
  },
  {
    type: 'step.failed',
    by: 'drp',
    data: {
      step: 'copy-files',
      key: '4.copy-files',
      kind: 'failed',
      code: 'step-failed',
      reason: 'no room left',
      hint: '',
      state: failed,
    },
  },
  {
    type: 'step.failed',
    by: 'drp',
    data: {
      step: 'import-database',
      key: '9.import-database',
      kind: 'in-doubt',
      code: 'job-unknown',
      reason: 'nobody knows',
      hint: '',
      state: failed,
    },
  },
  { type: 'stop.failed', by: 'drp', data: { key: '9.stop', step: 'copy-files', reason: 'pid 7 lives', state: failed } },
  {
    type: 'timer.due',
    by: 'drp',
    data: { timer: 'xstate.after.60000.activation.restoration.files.copy-files.running.on-time', state: restoring },
  },
  {
    type: 'word.refused',
    by: 'mallory',
    data: { verb: 'approve', subject: 'import', person: 'mallory', code: 'role-missing', reason: 'is nobody' },
  },
  {
    type: 'gate.unready',
    by: 'drp',
    data: { gate: 'import', key: '9.x', code: 'host-unreachable', reason: 'no answer', hint: '', state: restoring },
  },
  { type: 'gate.renewed', by: 'drp', data: { gate: 'import', reason: 'a choice changed', state: restoring } },
  { type: 'run.aborting', by: 'otto', data: { ...otto, reason: 'called off', state: at({ aborting: {} }) } },
  { type: 'watch.handed', by: 'otto', data: { ...otto, from: 'otto', to: 'vera', reason: 'sleep' } },
  {
    type: 'run.adopted',
    by: 'vera',
    data: {
      person: 'vera',
      identity: otto.identity,
      reason: 'the laptop burned',
      from: { seq: 5, hash: 'a'.repeat(64) },
      lineage: 'b',
    },
  },
  {
    type: 'effect.found',
    by: 'drp',
    data: { key: '4.copy-files', step: 'copy-files', host: 'gravelines', token: 't', others: [] },
  },
  {
    type: 'effect.started',
    by: 'drp',
    data: { key: '4.fetch-database', id: 'fetch-database', source: 'step', attempt: 2, commands: [] },
  },
  {
    type: 'driver.attached',
    by: 'drp',
    data: {
      driver: { osUser: 'vera', machine: 'desk', pid: 1, bootId: 'c', startTime: '1', version: '0.1.0' },
      reason: 'takeover',
      epoch: 3,
      why: 'its laptop is gone',
      before: {
        driver: { osUser: 'otto', machine: 'laptop', pid: 4711, bootId: 'b', startTime: '1', version: '0.1.0' },
        epoch: 2,
        liveness: 'unknown',
        sinceAt: '2026-11-21T14:00:00.000Z',
        lastAt: '2026-11-21T14:01:00.000Z',
      },
    },
  },
];

const override: readonly Draft[] = [
  {
    type: 'gate.opened',
    by: 'drp',
    data: {
      gate: 'restoration',
      key: '50.x',
      statement: {
        ...statementOf(plan, 'restoration', [
          { id: 'backup:files', title: 'backup of files', severity: 'red', lines: ['too old'] },
        ]),
        attempt: 2,
      },
      digest: '9'.repeat(64),
      state: failed,
    },
  },
  {
    type: 'gate.decided',
    by: 'otto',
    data: {
      ...otto,
      gate: 'restoration',
      attempt: 2,
      decision: 'approve',
      reason: 'better old than none',
      at: '2026-11-21T14:03:00.000Z',
      statementDigest: '9'.repeat(64),
      passed: true,
      state: failed,
    },
  },
  {
    type: 'gate.decided',
    by: 'otto',
    data: {
      ...otto,
      gate: 'import',
      attempt: 1,
      decision: 'reject',
      reason: 'the wrong dump',
      at: '2026-11-21T14:03:00.000Z',
      statementDigest: 'f'.repeat(64),
      passed: false,
      state: failed,
    },
  },
];

/** Approvals aside from the ordinary policy, each with the review it leaves; anchors that were kept. */
const aside: readonly Draft[] = [
  {
    type: 'gate.opened',
    by: 'drp',
    data: {
      gate: 'import',
      key: '60.x',
      digest: '8'.repeat(64),
      state: failed,
      statement: { ...statementOf(plan, 'import'), attempt: 2 },
    },
  },
  {
    type: 'gate.decided',
    by: 'anne',
    data: {
      gate: 'import',
      attempt: 2,
      decision: 'approve',
      reason: 'read back whole',
      passed: true,
      person: 'anne',
      at: '2026-11-21T14:04:00.000Z',
      statementDigest: '8'.repeat(64),
      state: failed,
      identity: {
        strength: 'attested',
        attested: { by: 'otto', osUser: 'otto', number: '+33180000000', witness: 'vera' },
      },
    },
  },
  review('import.2.anne', "gate 'import' was approved by anne over the phone: review it"),
  {
    type: 'gate.opened',
    by: 'drp',
    data: {
      gate: 'switchover',
      key: '61.x',
      digest: '7'.repeat(64),
      state: failed,
      statement: statementOf(plan, 'switchover', [
        { id: 'fencing', title: 'fencing of production', severity: 'red', lines: ['split writes possible'] },
      ]),
    },
  },
  {
    type: 'gate.decided',
    by: 'otto',
    data: {
      ...otto,
      gate: 'switchover',
      attempt: 1,
      decision: 'approve',
      reason: 'nobody can be reached',
      at: '2026-11-21T14:05:00.000Z',
      statementDigest: '7'.repeat(64),
      passed: true,
      breakGlass: true,
      state: failed,
    },
  },
  review('switchover.1.otto', "gate 'switchover' was passed by otto alone (break-glass): review it"),
  { type: 'anchor.kept', by: 'drp', data: { where: 'git-tag', seq: 9 } },
  { type: 'anchor.kept', by: 'drp', data: { where: 'git-tag', seq: 14 } },
  {
    type: 'step.done',
    by: 'drp',
    data: {
      step: 'announce',
      key: '4.announce',
      lines: [],
      state: failed,
      output: { anchor: 'k3f9-2a7m 12:0f3a99c2d1e0', desks: { tickets: 'T1' } },
    },
  },
];

function review(name: string, text: string): Draft {
  return { type: 'obligation.opened', by: 'drp', data: { id: `k3f9-2a7m.review.${name}`, kind: 'review', text } };
}

const after: readonly Draft[] = [
  {
    type: 'obligation.settled',
    by: 'vera',
    data: { person: 'vera', identity: otto.identity, id: 'k3f9-2a7m.fence', reason: 'power is off' },
  },
  {
    type: 'lesson.added',
    by: 'vera',
    data: {
      person: 'vera',
      identity: otto.identity,
      id: 'k3f9-2a7m.lesson-7h2k',
      text: 'the key | was <b>in</b> the lost building',
      owner: 'vera',
      dueAt: '2026-12-31T23:59:59.999Z',
    },
  },
  {
    type: 'lesson.added',
    by: 'vera',
    data: {
      person: 'vera',
      identity: otto.identity,
      id: 'k3f9-2a7m.lesson-9x4m',
      text: 'watch the room',
      owner: 'otto',
      dueAt: '2027-01-31T23:59:59.999Z',
    },
  },
  { type: 'lesson.closed', by: 'otto', data: { ...otto, id: 'k3f9-2a7m.lesson-9x4m', reason: 'an alarm was set' } },
  { type: 'note.added', by: 'vera', data: { person: 'vera', text: '<script>alert(1)</script> \u202eright to left' } },
];

/** An activation in which `inserted` happened too; hashes made up. */
export function eventfulRun(inserted: readonly Draft[] = troubles): readonly Event[] {
  const begun = interruptedActivation().map(({ type, by, data }) => ({ type, by, data }) as Draft);
  const pieces: readonly Piece[] = [
    ...begun,
    ...override,
    ...aside,
    ...inserted.flatMap((draft): readonly Piece[] => [{ afterMs: 5_000 }, draft]),
    { type: 'run.ended', by: 'drp', data: { outcome: 'aborted' } },
    ...after,
  ];
  return recorded(pieces);
}

/** Another run of the site, whose second event settles what this one owes. */
export function settledElsewhere(id: string, run = 'm2p4-8x1c'): readonly Event[] {
  const [began] = eventfulRun([]);
  const settled: Draft = {
    type: 'obligation.settled',
    by: 'vera',
    data: { person: 'vera', identity: otto.identity, id, reason: 'looked at' },
  };
  return [began, settled].map((event, at) => ({
    ...(event as Event),
    run,
    seq: at + 1,
    at: `2026-11-22T0${String(8 + at)}:00:00.000Z`,
    hash: String(at + 1).repeat(64),
  }));
}
