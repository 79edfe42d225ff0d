import { describe, expect, test } from '@jest/globals';
import { parseAllowedSigners, principalMatches } from '../../src/gates/allowed-signers.ts';
import { testKey } from './test-key.ts';

const key = testKey('anne').line;

describe('an allowed_signers text', () => {
  test('is read as OpenSSH reads it: principals, namespaces, validity, comments', () => {
    const text = [
      '# keys of 2026',
      '',
      `anne,anne@customer.example namespaces="drp-approval@v1,file",valid-after="20260101Z",valid-before="20270101120000Z" ${key} laptop`,
      `*@customer.example ${key}`,
    ].join('\n');
    const { signers, notes } = parseAllowedSigners(text);
    expect(notes).toEqual([]);
    expect(signers).toMatchObject([
      {
        principals: ['anne', 'anne@customer.example'],
        namespaces: ['drp-approval@v1', 'file'],
        validAfterMs: Date.UTC(2026, 0, 1),
        validBeforeMs: Date.UTC(2027, 0, 1, 12),
      },
      { principals: ['*@customer.example'] },
    ]);
  });

  test.each([
    ['a certificate authority', `anne cert-authority ${key}`, 'cert-authority is not supported'],
    ['an option it does not know', `anne verify-required ${key}`, "option 'verify-required' is not known"],
    ['a time that is none', `anne valid-before="soon" ${key}`, "valid-before 'soon' is not a time"],
    ['no key', 'anne', 'no public key that can be read'],
    ['a damaged key', 'anne ssh-ed25519 AAAA', 'no public key that can be read'],
  ])('%s is left out, and said so', (_, line, note) => {
    expect(parseAllowedSigners(`\n${line}\n`)).toEqual({ signers: [], notes: [`line 2: ${note}`] });
  });

  test.each([
    [['anne'], 'anne', true],
    [['anne'], 'annex', false],
    [['a*e'], 'anne', true],
    [['a?ne'], 'anne', true],
    [['a.ne'], 'anne', false],
    [['*', '!anne'], 'anne', false],
    [['*', '!anne'], 'otto', true],
  ])('patterns %j cover %s: %s', (patterns, name, expected) => {
    expect(principalMatches(patterns, name)).toBe(expected);
  });
});
