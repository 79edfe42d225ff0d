import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readSignedElsewhere } from '../../src/cli/signed-elsewhere.ts';
import { buildApproval, signedText } from '../../src/gates/approval.ts';
import { judge } from '../../src/gates/policy.ts';
import { createSpoolWordSource, sendWord } from '../../src/gates/spool.ts';
import { statementDigest } from '../../src/gates/statement.ts';
import type { Word } from '../../src/gates/word.ts';
import { currentOsUser } from '../../src/journal/driver.ts';
import type { Person } from '../../src/runbook/schema/world.ts';
import { contextOf, gateOf, statementOf, wordOf } from './fixtures.ts';
import { testKey } from './test-key.ts';
import { testToken } from './test-token.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-matrix-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = ['starter', 'other', 'touch', 'pin', 'untouched', 'unknown', 'revoked', 'expired'] as const;
type Name = (typeof names)[number];
const strengths = ['os-user', 'ssh-key', 'hardware-key', 'hardware-key-pin'] as const;
/** People with a hardware key, and what it says of its touch. */
const flags: Readonly<Partial<Record<Name, number>>> = { touch: 0x01, pin: 0x05, untouched: 0x04 };
const keys = Object.fromEntries(names.map((name) => [name, keyOf(name)]));
function keyOf(name: Name): { readonly line: string; sign(text: string): string } {
  const flag = flags[name];
  if (flag === undefined) return testKey(name);
  const token = testToken(name);
  return { line: token.line, sign: (text) => token.sign(text, flag) };
}
const allowedSigners = [
  `starter ${keys['starter']?.line}`,
  ...['other', 'touch', 'pin', 'untouched'].map((name) => `${name} ${keys[name]?.line}`),
  // The line of 'revoked' was taken out of the file.
  `expired valid-before="20260101Z" ${keys['expired']?.line}`,
].join('\n');

/** Everybody but the unknown is an authoriser; who speaks unsigned here is the OS user of this test. */
function peopleFor(speaker: Name): Readonly<Record<string, Person>> {
  const known = names.filter((name) => name !== 'unknown');
  return Object.fromEntries(
    known.map((name) => {
      const osUser = name === speaker ? currentOsUser() : `somebody-${name}`;
      return [name, { name, roles: ['authoriser' as const], osUser, keys: [] }];
    }),
  );
}

/** How a word comes to the one who judges it. */
const paths: Readonly<Record<string, (word: Word) => Promise<Word>>> = {
  prompt: (word) => Promise.resolve(word),
  approve: (word) => throughSpool(word, 'driven'),
  resume: (word) => throughSpool(word, 'not driven'),
  pasted: async (word) => {
    if (word.signed === undefined) return word;
    const stdin = Readable.from([word.signed.text, word.signed.signature]);
    const { text, signature, approval } = await readSignedElsewhere({ stdin, cwd: folder } as never, { signed: '-' });
    const { run, gate: subject, person, reason, statementDigest: digest } = approval;
    const said = { verb: 'approve', run, subject, person, reason, statementDigest: digest } as const;
    return throughSpool({ ...said, osUser: '', path: 'spool', signed: { text, signature } }, 'driven');
  },
};

let spools = 0;
async function throughSpool(word: Word, driver: 'driven' | 'not driven'): Promise<Word> {
  spools += 1;
  const place = join(folder, `spool-${spools}`, word.run);
  const early = driver === 'driven' ? createSpoolWordSource(place) : undefined;
  expect(await sendWord(place, word, { timeoutMs: 0 })).toBe('waiting');
  const { word: heard, answer } = await (early ?? createSpoolWordSource(place)).next(AbortSignal.timeout(5_000));
  await answer({ kind: 'accepted', text: '' });
  return heard;
}

type Verdicts = readonly [string, string, string, string];
const always = (verdict: string): Verdicts => [verdict, verdict, verdict, verdict];
const signedVerdicts: Readonly<Record<Name, Verdicts>> = {
  starter: always('starter-may-not'),
  other: ['accepted', 'accepted', 'strength-too-low', 'strength-too-low'],
  touch: ['accepted', 'accepted', 'accepted', 'strength-too-low'],
  pin: always('accepted'),
  // A PIN without a touch is not what was asked for: a key like any other.
  untouched: ['accepted', 'accepted', 'strength-too-low', 'strength-too-low'],
  unknown: always('person-unknown'),
  revoked: always('key-unknown'),
  expired: always('key-not-valid-now'),
};
/** Without a signature a key that was taken back says nothing. */
const unsignedVerdicts: Readonly<Partial<Record<Name, Verdicts>>> = {
  starter: always('starter-may-not'),
  other: ['accepted', 'strength-too-low', 'strength-too-low', 'strength-too-low'],
  unknown: always('person-unknown'),
};

function asked(name: Name, strength: (typeof strengths)[number], signed: boolean) {
  const gate = gateOf({ strength, notTheStarter: true });
  const statement = statementOf(gate);
  const context = contextOf(gate, {
    people: peopleFor(name),
    allowedSigners,
    starter: { person: 'starter', identity: { strength: 'os-user', osUser: 'somebody-else' } },
  });
  const text = signedText(
    buildApproval(statement, { decision: 'approve', person: name, reason: '', at: '2026-11-21T03:09:00.000Z' }),
  );
  const word = wordOf({
    osUser: currentOsUser(),
    statementDigest: statementDigest(statement),
    ...(signed ? { signed: { text, signature: keys[name]?.sign(text) ?? '' } } : {}),
  });
  return { word, context };
}

describe.each(Object.keys(paths))('on the path %s', (path) => {
  const cases = names.flatMap((name) =>
    strengths.flatMap((strength, at) => [
      { name, strength, how: 'signed', verdict: signedVerdicts[name][at] ?? '' },
      ...(unsignedVerdicts[name] === undefined || path === 'pasted'
        ? []
        : [{ name, strength, how: 'unsigned', verdict: unsignedVerdicts[name][at] ?? '' }]),
    ]),
  );
  test.each(cases)(
    '$name, $how, at a gate that needs $strength: $verdict',
    async ({ name, strength, how, verdict }) => {
      const { word, context } = asked(name, strength, how === 'signed');
      const heard = await paths[path]?.(word);
      const said = judge(heard ?? word, context);
      expect(said.kind === 'accepted' ? 'accepted' : said.code).toBe(verdict);
    },
  );
});

describe('a signed approval of which one bit is another', () => {
  const { word, context } = asked('other', 'ssh-key', true);
  const { text = '', signature = '' } = word.signed ?? {};
  const taken = (signed: { text: string; signature: string }): boolean =>
    judge({ ...word, signed }, context).kind === 'accepted';

  test('in the text: refused, each of them', () => {
    expect(taken({ text, signature })).toBe(true);
    const missed: number[] = [];
    for (let bit = 0; bit < text.length * 8; bit += 1) {
      const place = bit >> 3;
      const other = String.fromCharCode(text.charCodeAt(place) ^ (1 << (bit & 7)));
      if (taken({ text: text.slice(0, place) + other + text.slice(place + 1), signature })) missed.push(bit);
    }
    expect(missed).toEqual([]);
  });

  test('in the signature: refused, each of them', () => {
    const [begin, ...rest] = signature.trim().split('\n');
    const end = rest.pop();
    const blob = Buffer.from(rest.join(''), 'base64');
    const missed: number[] = [];
    for (let bit = 0; bit < blob.length * 8; bit += 1) {
      const other = Buffer.from(blob);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (taken({ text, signature: `${begin}\n${other.toString('base64')}\n${end}\n` })) missed.push(bit);
    }
    expect(missed).toEqual([]);
  });
});
