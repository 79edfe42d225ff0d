import { describe, expect, test } from '@jest/globals';
import { buildApproval, parseSignedText, signedText, type SignedWord } from '../../src/gates/approval.ts';
import { judge, type JudgeContext } from '../../src/gates/policy.ts';
import type { Word } from '../../src/gates/word.ts';
import { contextOf, gateOf, people, statementOf, wordOf } from './fixtures.ts';
import { testKey } from './test-key.ts';

const anneKey = testKey('anne');
const gate = gateOf({ strength: 'ssh-key', notTheStarter: true });
const statement = statementOf(gate);
const at = '2026-11-21T03:09:00.000Z';
const elsewhere = statementOf(gate, { run: 'm2p4-8x1c' });
const keyed = {
  ...people,
  anne: {
    name: 'Anne',
    roles: ['authoriser' as const],
    contact: 'anne@customer.example',
    keys: [`${anneKey.line} laptop`],
  },
};

function approvalBy(person: string, changes: Partial<Word> = {}, { shown = statement, key = anneKey } = {}): Word {
  const text = signedText(buildApproval(shown, { decision: 'approve', person, reason: '', at }));
  // Typed on the operator's machine: the signature, not the OS user, says who speaks.
  return wordOf({ osUser: 'otto', path: 'signed-file', signed: { text, signature: key.sign(text) }, ...changes });
}
const judged = (word: Word, context: Partial<JudgeContext> = {}) =>
  judge(word, contextOf(gate, { people: keyed, ...context }, statement));

describe('a signed approval', () => {
  test('passes on the machine of the operator who started the run: the key says who speaks', () => {
    const verdict = judged(approvalBy('anne'));
    expect(verdict).toMatchObject({
      kind: 'accepted',
      person: 'anne',
      passed: true,
      at,
      identity: {
        strength: 'ssh-key',
        osUser: 'otto',
        fingerprint: expect.stringMatching(/^SHA256:/),
        allowedBy: `${anneKey.line} laptop`,
      },
    });
  });

  test('made from a file, whose last line feed was signed too, is taken as it is', () => {
    const text = `${signedText(buildApproval(statement, { decision: 'approve', person: 'anne', reason: '', at }))}\n`;
    expect(judged(approvalBy('anne', { signed: { text, signature: anneKey.sign(text) } }))).toMatchObject({
      kind: 'accepted',
    });
  });

  test.each<[string, string, Word, Partial<JudgeContext>]>([
    [
      'of an earlier attempt',
      'approval-stale',
      approvalBy('anne', {}, { shown: statementOf(gate, { attempt: 2 }) }),
      {},
    ],
    [
      'of another nonce',
      'approval-stale',
      approvalBy('anne', {}, { shown: statementOf(gate, { nonce: '1'.repeat(32) }) }),
      {},
    ],
    ['of other evidence', 'approval-stale', approvalBy('anne', {}, { shown: statementOf(gate, { evidence: [] }) }), {}],
    ['with another person on the envelope', 'signature-invalid', approvalBy('anne', { person: 'vera' }), {}],
    ['with another reason on the envelope', 'signature-invalid', approvalBy('anne', { reason: 'other' }), {}],
    ['turned into a rejection', 'signature-invalid', approvalBy('anne', { verb: 'reject', reason: '' }), {}],
    ['moved to another gate', 'signature-invalid', approvalBy('anne', { subject: 'restoration' }), {}],
    ['moved to another run', 'signature-invalid', approvalBy('anne', { run: 'm2p4-8x1c' }), {}],
    ['of another run', 'signature-invalid', approvalBy('anne', {}, { shown: elsewhere }), {}],
    [
      'of another run, said to be of it',
      'word-not-now',
      approvalBy('anne', { run: 'm2p4-8x1c' }, { shown: elsewhere }),
      {},
    ],
    ['by a stranger’s key in her name', 'key-unknown', approvalBy('anne', {}, { key: testKey('mallory') }), {}],
    ['in the name of nobody', 'person-unknown', approvalBy('zoe'), {}],
    ['after the expiry', 'approval-expired', approvalBy('anne'), { at: '2026-11-21T09:00:00.000Z' }],
  ])('%s is refused: %s', (...[, code, word, context]) => {
    expect(judged(word, context)).toMatchObject({ kind: 'refused', code });
  });

  describe('where the run has an allowed_signers', () => {
    const withSigners = (line: string) => judged(approvalBy('anne'), { allowedSigners: line });
    test('that alone says whose keys are good', () => {
      expect(withSigners(`anne ${anneKey.line}`)).toMatchObject({ kind: 'accepted' });
      expect(withSigners(`anne@customer.example namespaces="drp-*" ${anneKey.line}`)).toMatchObject({
        kind: 'accepted',
      });
      expect(withSigners(`vera ${anneKey.line}`)).toMatchObject({ code: 'key-unknown' });
    });
    test('its validity is that of now, not of the time the signer claims', () => {
      expect(withSigners(`anne valid-before="20261121Z" ${anneKey.line}`)).toMatchObject({ code: 'key-not-valid-now' });
      expect(withSigners(`anne valid-after="20261122Z" ${anneKey.line}`)).toMatchObject({ code: 'key-not-valid-now' });
      expect(withSigners(`anne namespaces="git" ${anneKey.line}`)).toMatchObject({ code: 'key-not-valid-now' });
    });
  });
});

describe('a signed word', () => {
  const word: SignedWord = {
    format: 'drp-word@v1',
    run: 'k3f9-2a7m',
    verb: 'decide',
    subject: 'copy-files',
    decision: 'mark-done',
    reason: 'copied by hand',
    evidence: 'sha256 compared',
    person: 'anne',
    at,
    nonce: 'n1',
  };
  const sent = (changes: Partial<SignedWord> = {}, envelope: Partial<Word> = {}): Word => {
    const said = { ...word, ...changes };
    const text = signedText(said);
    const { verb, subject, decision, reason, evidence } = said;
    return wordOf({
      osUser: 'otto',
      verb,
      subject,
      decision,
      reason,
      evidence,
      signed: { text, signature: anneKey.sign(text) },
      ...envelope,
    });
  };
  const context = { accepted: ['mark-done'], step: { skippable: false, restores: true } };

  test('lets another person attest a restoration on the machine of its driver', () => {
    expect(judged(sent(), context)).toMatchObject({ kind: 'accepted', person: 'anne', nonce: 'n1' });
  });
  test('is taken once, within the hour, for what it says', () => {
    expect(judged(sent(), { ...context, nonces: new Set(['n1']) })).toMatchObject({ code: 'signature-invalid' });
    expect(judged(sent({ at: '2026-11-21T01:00:00.000Z' }), context)).toMatchObject({ code: 'signature-invalid' });
    expect(judged(sent({}, { evidence: 'other' }), context)).toMatchObject({ code: 'signature-invalid' });
    expect(judged(sent({}, { subject: 'import' }), context)).toMatchObject({ code: 'signature-invalid' });
  });
  test('is never an approval', () => {
    expect(judged(sent({}, { verb: 'approve', subject: 'switchover' }))).toMatchObject({ code: 'signature-invalid' });
  });
});

describe('the text under a signature', () => {
  const text = signedText(buildApproval(statement, { decision: 'approve', person: 'anne', reason: '', at }));
  test('reads back as what it was', () => {
    expect(signedText(parseSignedText(text) as SignedWord)).toBe(text);
  });
  test.each([
    ['with a space', text.replace('{', '{ ')],
    ['with a field more', text.replace('{', '{"a":1,')],
    ['with a field less', text.replace(/"gate":"[^"]*",/, '')],
    ['of another format', text.replace('@v1', '@v2')],
    ['with a number for text', text.replace('"reason":""', '"reason":1')],
    ['that is nothing', ''],
    ['that is null', 'null'],
  ])('%s is none', (_, changed) => {
    expect(parseSignedText(changed)).toBeUndefined();
  });
});
