import { describe, expect, test } from '@jest/globals';
import type { Identity } from '../../src/events/event.ts';
import { judge } from '../../src/gates/policy.ts';
import { sameWords, sixWords } from '../../src/gates/six-words.ts';
import { phoneWords } from '../../src/gates/word-list.ts';
import type { Word } from '../../src/gates/word.ts';
import { contextOf, gateOf, wordOf } from './fixtures.ts';

describe('six words for a digest', () => {
  test('the list holds 2048 words that differ in their first four letters', () => {
    expect(phoneWords.length).toBe(2048);
    expect(new Set(phoneWords.map((word) => word.slice(0, 4))).size).toBe(2048);
  });

  test.each([
    ['0'.repeat(64), 'abandon abandon abandon abandon abandon abandon'],
    ['f'.repeat(64), 'zoo zoo zoo zoo zoo zoo'],
    ['001'.padEnd(64, '0'), 'abandon length abandon abandon abandon abandon'],
    ['4517152ed3fceef2f805c9241ed0758742f0ef9124ce7287b7e506b98f875069', 'eagle reward entry pony solve just'],
  ])('%s is spelt %s', (digest, words) => {
    expect(sixWords(digest)).toBe(words);
    expect(sameWords(`  ${words.toUpperCase().replaceAll(' ', ', ')}.`, words)).toBe(true);
  });

  test('neighbours of a digest within its first 66 bits have other words', () => {
    const digest = 'a5'.repeat(32);
    for (let bit = 0; bit < 66; bit += 1) {
      const flipped = (BigInt(`0x${digest}`) ^ (1n << BigInt(255 - bit))).toString(16).padStart(64, '0');
      expect(sixWords(flipped)).not.toBe(sixWords(digest));
    }
  });
});

const phoned = gateOf({ strength: 'hardware-key', notTheStarter: true, attested: true });
const context = contextOf(phoned);
const digest = context.gate?.statementDigest ?? '';
const attested = { person: 'anne', words: sixWords(digest), number: '+33180000000', witness: 'vera' };
const call = (changes: Partial<Word> = {}): Word =>
  wordOf({ osUser: 'otto', statementDigest: digest, attested, ...changes });
const codeOf = (word: Word, at = context): string => {
  const verdict = judge(word, at);
  return verdict.kind === 'refused' ? verdict.code : 'accepted';
};

describe('an approval over the phone', () => {
  test('counts as the person at the phone, on the word of who attests to it', () => {
    expect(judge(call(), context)).toMatchObject({
      kind: 'accepted',
      person: 'anne',
      passed: true,
      identity: {
        strength: 'attested',
        attested: { by: 'otto', osUser: 'otto', number: '+33180000000', witness: 'vera' },
      },
    });
  });

  test.each<[string, Word, string]>([
    [
      'one word wrong',
      call({ attested: { ...attested, words: attested.words.replace(/\w+$/, 'zoo') } }),
      'not-allowed-here',
    ],
    ['five words', call({ attested: { ...attested, words: attested.words.replace(/ \w+$/, '') } }), 'not-allowed-here'],
    ['no number', call({ attested: { ...attested, number: ' ' } }), 'reason-missing'],
    ['no witness', call({ attested: { ...attested, witness: '' } }), 'reason-missing'],
    ['the operator as his own witness', call({ attested: { ...attested, witness: 'otto' } }), 'not-allowed-here'],
    ['the person at the phone as witness', call({ attested: { ...attested, witness: 'anne' } }), 'not-allowed-here'],
    ['the operator for himself', call({ attested: { ...attested, person: 'otto' } }), 'not-allowed-here'],
    ['somebody unknown', call({ attested: { ...attested, person: 'mallory' } }), 'person-unknown'],
    ['somebody of another role', call({ attested: { ...attested, person: 'vera', witness: 'anne' } }), 'role-missing'],
    ['an unknown speaker', call({ osUser: 'mallory' }), 'person-unknown'],
    ['another statement', call({ statementDigest: 'e'.repeat(64) }), 'approval-stale'],
    ['with a signature beside it', call({ signed: { text: 'x', signature: 'y' } }), 'signature-invalid'],
    ['a rejection', call({ verb: 'reject', reason: 'no' }), 'not-allowed-here'],
    ['break-glass as well', call({ breakGlass: true, reason: 'now' }), 'not-allowed-here'],
  ])('%s is refused', (_what, word, code) => {
    expect(codeOf(word)).toBe(code);
  });

  test('a gate whose policy does not say so takes none', () => {
    expect(codeOf(call(), contextOf(gateOf({ strength: 'ssh-key' })))).toBe('not-allowed-here');
  });

  test('one voice does not stand for two people', () => {
    const two = gateOf({ roles: ['authoriser', 'operator'], approvals: 2, attested: true });
    const at = contextOf(two);
    const gate = at.gate ?? { policy: two, answers: [] };
    const given = judge(
      call({
        statementDigest: gate.statementDigest ?? '',
        attested: { ...attested, words: sixWords(gate.statementDigest ?? '') },
      }),
      at,
    );
    if (given.kind !== 'accepted') throw new Error(given.text);
    const identity: Identity = given.identity;
    const answer = {
      decision: 'approve',
      person: 'anne',
      at: at.at,
      identity,
      passed: false,
      statementDigest: '',
    } as const;
    const again = wordOf({ osUser: 'otto', statementDigest: gate.statementDigest ?? '' });
    expect(codeOf(again, { ...at, gate: { ...gate, answers: [answer] } })).toBe('second-person-needed');
  });
});

describe('a review of what went aside from the policy', () => {
  const settle = (changes: Partial<Word> = {}): Word =>
    wordOf({ verb: 'decide', decision: 'settle', subject: 'k3f9-2a7m.review.switchover.1.anne', ...changes });
  const reviewed = (identity: Identity) => ({
    ...context,
    accepted: ['settle'],
    reviewed: { person: 'anne', identity },
  });
  const byPhone = reviewed({
    strength: 'attested',
    attested: { by: 'otto', osUser: 'otto', number: '1', witness: 'v' },
  });

  test('is by neither who gave the answer nor who attested it', () => {
    expect(codeOf(settle({ osUser: 'otto', reason: 'looked at' }), byPhone)).toBe('second-person-needed');
    expect(codeOf(settle({ osUser: 'vera', reason: 'looked at' }), byPhone)).toBe('accepted');
    const alone = {
      ...byPhone,
      reviewed: { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } as const },
    };
    expect(codeOf(settle({ osUser: 'otto', reason: 'looked at' }), alone)).toBe('second-person-needed');
    const other = { ...context, accepted: ['settle'] };
    expect(codeOf(settle({ osUser: 'otto', subject: 'k3f9-2a7m.fence', reason: 'off' }), other)).toBe('accepted');
  });
});

describe('break-glass', () => {
  const glass = contextOf(gateOf({ strength: 'hardware-key', approvals: 2, notTheStarter: true, breakGlass: true }));
  const alone = wordOf({
    osUser: 'otto',
    breakGlass: true,
    reason: 'nobody answers the phone',
    statementDigest: glass.gate?.statementDigest ?? '',
  });

  test('an operator passes the gate alone, starter or not, with a reason', () => {
    expect(judge(alone, glass)).toMatchObject({ kind: 'accepted', person: 'otto', passed: true });
    expect(codeOf({ ...alone, reason: ' ' }, glass)).toBe('reason-missing');
    expect(codeOf({ ...alone, osUser: 'mallory' }, glass)).toBe('person-unknown');
  });

  test('not where the policy does not say so, and not past a red that nobody may override', () => {
    const plain = contextOf(gateOf({ strength: 'hardware-key' }));
    expect(codeOf({ ...alone, statementDigest: plain.gate?.statementDigest ?? '' }, plain)).toBe('not-allowed-here');
    const statement = glass.gate?.statement;
    if (statement === undefined || glass.gate === undefined) throw new Error('no statement');
    const red = { id: 'x', title: 'host key', severity: 'red', overridable: false, lines: [] } as const;
    const gate = { ...glass.gate, statement: { ...statement, evidence: [red] } };
    expect(codeOf(alone, { ...glass, gate })).toBe('evidence-red');
    expect(codeOf(alone, { ...glass, at: '2027-01-01T00:00:00.000Z' })).toBe('approval-expired');
  });
});
