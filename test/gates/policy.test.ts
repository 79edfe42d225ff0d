import { describe, expect, test } from '@jest/globals';
import { judge, type JudgeContext } from '../../src/gates/policy.ts';
import { statementDigest } from '../../src/gates/statement.ts';
import type { Word } from '../../src/gates/word.ts';
import type { PlannedGate } from '../../src/plan/plan.ts';
import { byOtto, contextOf, evidence, gateOf, people, statementOf, wordOf } from './fixtures.ts';

function verdictOf(word: Partial<Word>, gate: Partial<PlannedGate> = {}, context: Partial<JudgeContext> = {}) {
  const planned = gateOf(gate);
  const digest = statementDigest(statementOf(planned));
  return judge(wordOf({ statementDigest: digest, ...word }), contextOf(planned, context));
}
const decide = (decision: string, changes: Partial<Word> = {}): Partial<Word> => ({
  verb: 'decide',
  subject: 'copy-files',
  decision,
  reason: 'seen on the host',
  osUser: 'otto',
  ...changes,
});
const answerBy = (person: string, changes = {}) => ({
  decision: 'approve' as const,
  person,
  at: '2026-11-21T03:05:00.000Z',
  statementDigest: '',
  passed: false,
  identity: { strength: 'os-user' as const, osUser: person },
  ...changes,
});
const openWith = (gate: PlannedGate, answers: readonly ReturnType<typeof answerBy>[]): Partial<JudgeContext> => {
  const { gate: judged } = contextOf(gate);
  return judged === undefined ? {} : { gate: { ...judged, answers } };
};

describe('approve', () => {
  test('a person with the role passes the gate, and is named from the OS user', () => {
    expect(verdictOf({})).toEqual({
      kind: 'accepted',
      person: 'anne',
      passed: true,
      reason: '',
      at: '2026-11-21T03:10:00.000Z',
      identity: { strength: 'os-user', osUser: 'anne' },
    });
  });

  test.each<[string, string, Partial<Word>, Partial<PlannedGate>, Partial<JudgeContext>]>([
    ['an OS user who is nobody', 'person-unknown', { osUser: 'mallory' }, {}, {}],
    ['a claim to be somebody else', 'person-mismatch', { osUser: 'otto', person: 'anne' }, {}, {}],
    ['a claim to be nobody', 'person-unknown', { person: 'zoe' }, {}, {}],
    ['a person without the role', 'role-missing', { osUser: 'otto' }, {}, {}],
    [
      'the starter, where another must',
      'starter-may-not',
      { osUser: 'otto' },
      { roles: ['operator'], notTheStarter: true },
      {},
    ],
    ['an OS user, where a key is needed', 'strength-too-low', {}, { strength: 'ssh-key' }, {}],
    ['another statement', 'approval-stale', { statementDigest: 'f'.repeat(64) }, {}, {}],
    ['a statement after its expiry', 'approval-expired', {}, {}, { at: '2026-11-21T04:00:00.001Z' }],
    ['a gate that is not open', 'word-not-now', {}, {}, { accepted: ['renew'] }],
    ['a word for another run', 'word-not-now', { run: 'other' }, {}, {}],
  ])('%s is refused: %s', (...[, code, word, gate, context]) => {
    expect(verdictOf(word, gate, context)).toMatchObject({ kind: 'refused', code });
  });

  test('who lacks the role is told who has it', () => {
    expect(verdictOf({ osUser: 'otto' })).toMatchObject({ hint: expect.stringContaining('Who has that role: anne.') });
    expect(verdictOf({ osUser: 'otto' }, {}, { people: { otto: people['otto']! } })).toMatchObject({
      hint: expect.stringContaining('nobody in the runbook of this run'),
    });
  });

  test('an answer that names no statement is refused: what is approved must have been seen', () => {
    const gate = gateOf();
    expect(judge(wordOf(), contextOf(gate))).toMatchObject({ kind: 'refused', code: 'approval-stale' });
  });

  test('an OS user shared by several people must say who speaks', () => {
    const shared = {
      anne: { name: 'A', roles: ['authoriser' as const], osUser: 'ops', keys: [] },
      vera: { name: 'V', roles: ['approver' as const], osUser: 'ops', keys: [] },
    };
    expect(verdictOf({ osUser: 'ops' }, {}, { people: shared })).toMatchObject({ code: 'person-ambiguous' });
    expect(verdictOf({ osUser: 'ops', person: 'anne' }, {}, { people: shared })).toMatchObject({ kind: 'accepted' });
  });

  test('the starter cannot pass as another person under the same OS user', () => {
    const shared = {
      anne: { name: 'A', roles: ['authoriser' as const], osUser: 'otto', keys: [] },
      otto: { name: 'O', roles: ['operator' as const], osUser: 'otto', keys: [] },
    };
    const verdict = verdictOf({ osUser: 'otto', person: 'anne' }, { notTheStarter: true }, { people: shared });
    expect(verdict).toMatchObject({ kind: 'refused', code: 'starter-may-not' });
  });

  test('a second answer is told who decided, and when', () => {
    const gate = gateOf();
    const verdict = verdictOf({}, {}, openWith(gate, [answerBy('vera', { passed: true })]));
    expect(verdict).toMatchObject({
      code: 'already-decided',
      text: "'switchover' was already decided by vera at 2026-11-21T03:05:00.000Z: approve",
    });
  });

  test('two approvals pass where two are asked, by two people', () => {
    const gate = gateOf({ approvals: 2, roles: ['authoriser', 'approver'] });
    expect(verdictOf({}, gate)).toMatchObject({ kind: 'accepted', passed: false });
    const one = openWith(gate, [answerBy('vera')]);
    expect(verdictOf({}, gate, one)).toMatchObject({ kind: 'accepted', passed: true });
    expect(verdictOf({ osUser: 'vera' }, gate, one)).toMatchObject({ code: 'already-decided' });
    const sameUser = openWith(gate, [answerBy('vera', { identity: { strength: 'os-user', osUser: 'anne' } })]);
    expect(verdictOf({}, gate, sameUser)).toMatchObject({ code: 'second-person-needed' });
  });

  describe('red evidence', () => {
    const red = { ...evidence[0], id: 'room', title: 'Room on gravelines', severity: 'red' as const, lines: [] };
    const onRed = (overridable: boolean | undefined, word: Partial<Word>, procedure = 'activation') => {
      const gate = gateOf();
      const item = overridable === undefined ? red : { ...red, overridable };
      const statement = statementOf(gate, { evidence: [item], procedure });
      return judge(wordOf({ statementDigest: statementDigest(statement), ...word }), contextOf(gate, {}, statement));
    };
    test('needs a reason in a disaster', () => {
      expect(onRed(undefined, {})).toMatchObject({ code: 'override-needs-reason' });
      expect(onRed(undefined, { reason: 'the disk is being grown' })).toMatchObject({ kind: 'accepted' });
    });
    test('stops a return, whatever the reason', () => {
      expect(onRed(undefined, { reason: 'hurry' }, 'return')).toMatchObject({ code: 'evidence-red' });
    });
    test('that can never be overridden is not', () => {
      expect(onRed(false, { reason: 'hurry' })).toMatchObject({ code: 'evidence-red' });
    });
  });
});

describe('reject', () => {
  test('needs a reason, and may come from the operator, late and unsigned', () => {
    expect(verdictOf({ verb: 'reject' })).toMatchObject({ code: 'reason-missing' });
    const late = { at: '2026-11-22T00:00:00.000Z' };
    const gate = { strength: 'ssh-key' as const, notTheStarter: true };
    const verdict = verdictOf({ verb: 'reject', osUser: 'otto', reason: 'wrong backup' }, gate, late);
    expect(verdict).toMatchObject({ kind: 'accepted', passed: false });
  });
  test('binds to the statement too', () => {
    expect(verdictOf({ verb: 'reject', reason: 'no', statementDigest: 'x' })).toMatchObject({ code: 'approval-stale' });
  });
});

describe('decide', () => {
  const step = { skippable: true, restores: true };
  const accepted = ['retry', 'skip', 'mark-done'];
  test.each<[string, string | undefined, Partial<Word>, Partial<JudgeContext>]>([
    ['retry by the operator', undefined, decide('retry'), {}],
    ['retry without a reason', 'reason-missing', decide('retry', { reason: ' ' }), {}],
    ['retry by who may only approve', 'role-missing', decide('retry', { osUser: 'paul' }), {}],
    ['what the step does not accept now', 'word-not-now', decide('stopped'), {}],
    [
      'skip of a step that may not be skipped',
      'not-skippable',
      decide('skip'),
      { step: { ...step, skippable: false } },
    ],
    ['skip of one that may', undefined, decide('skip'), {}],
    ['mark-done without evidence', 'reason-missing', decide('mark-done', { osUser: 'vera' }), {}],
    [
      'mark-done of a restoration by its driver',
      'second-person-needed',
      decide('mark-done', { evidence: 'row counts' }),
      {},
    ],
    [
      'mark-done of a restoration by another',
      undefined,
      decide('mark-done', { osUser: 'vera', evidence: 'row counts' }),
      {},
    ],
    [
      'mark-done of another step by its driver',
      undefined,
      decide('mark-done', { evidence: 'seen' }),
      { step: { ...step, restores: false } },
    ],
    ['approve in disguise', 'word-not-now', decide('approve'), { accepted: ['approve'] }],
  ])('%s → %s', (...[, code, word, context]) => {
    const people = {
      ...contextOf(gateOf()).people,
      paul: { name: 'P', roles: ['approver' as const], osUser: 'paul', keys: [] },
    };
    const verdict = judge(wordOf(word), { ...contextOf(gateOf()), people, accepted, step, ...context });
    expect(verdict).toMatchObject(code === undefined ? { kind: 'accepted' } : { kind: 'refused', code });
  });
});

test('an obligation is settled by an operator or an authoriser, with a reason', () => {
  const context = { accepted: ['settle'] };
  const settle = { ...decide('settle'), subject: 'k3f9-2a7m.fence' };
  expect(verdictOf(settle, {}, context)).toMatchObject({ kind: 'accepted', person: 'otto' });
  expect(verdictOf({ ...settle, reason: '' }, {}, context)).toMatchObject({ code: 'reason-missing' });
  expect(verdictOf({ ...settle, osUser: 'mallory' }, {}, context)).toMatchObject({ code: 'person-unknown' });
});

describe('abort and note', () => {
  test('abort comes from an operator or an authoriser, with a reason, in any state', () => {
    const anywhere = { accepted: [] };
    expect(verdictOf({ verb: 'abort', subject: '', osUser: 'otto' }, {}, anywhere)).toMatchObject({
      code: 'reason-missing',
    });
    const word = { verb: 'abort' as const, subject: '', reason: 'production is back' };
    expect(verdictOf({ ...word, osUser: 'otto' }, {}, anywhere)).toMatchObject({ kind: 'accepted' });
    expect(verdictOf({ ...word, osUser: 'nobody' }, {}, anywhere)).toMatchObject({ code: 'person-unknown' });
  });
  test('a note comes from anybody the runbook knows', () => {
    const note = { verb: 'note' as const, subject: '', reason: 'called the datacentre' };
    expect(verdictOf({ ...note, osUser: 'vera' })).toMatchObject({ kind: 'accepted' });
    expect(verdictOf({ ...note, osUser: 'mallory' })).toMatchObject({ code: 'person-unknown' });
  });
});

test('the same verdict comes by every path', () => {
  for (const path of ['terminal', 'spool', 'signed-file'] as const) {
    expect(verdictOf({ path })).toMatchObject({ kind: 'accepted' });
    expect(verdictOf({ path, osUser: 'otto' })).toMatchObject({ code: 'role-missing' });
  }
  expect(byOtto.osUser).toBe('otto');
});
