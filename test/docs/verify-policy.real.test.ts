import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditWhole } from '../../src/cli/audit-whole.ts';
import { blobOfLine, fingerprintOf } from '../../src/gates/ssh-public-key.ts';
import { testKey } from '../gates/test-key.ts';
import { testToken, touchedWithPin } from '../gates/test-token.ts';
import { forged, type Fields, type Forged, type Signer } from '../journal/forge.ts';

// Records written anew by somebody with everybody's keys: chain, digests and signatures hold, so that the rules alone are
// asked. drp and the independent verifier must say the same.

const verifier = new URL('../../docs/verify.py', import.meta.url).pathname;
const python = '/usr/bin/python3';
const here = spawnSync(python, ['--version']).status === 0;
if (!here) console.warn(`SKIPPED: ${python} is needed for the independent verifier`);
const activation = readFileSync(new URL('../journals/format-1-activation.jsonl', import.meta.url).pathname, 'utf8');

const token = testToken('anne');
const signers = ['anne', 'otto', 'vera', 'mallory'].map((name) => `${name} ${testKey(name).line}\n`).join('');
const trusted = `${signers}anne ${token.line}\n`;

/** By the token where the change says so (`flags`), else by the person's key, or that of another (`by`). */
const sign: Signer = (text, person, data) => {
  const { flags, by } = (data['signs'] ?? {}) as { readonly flags?: number; readonly by?: string };
  delete data['signs'];
  const { line } = flags === undefined ? testKey(by ?? person) : token;
  const signature = flags === undefined ? testKey(by ?? person).sign(text) : token.sign(text, flags);
  return { signature, fingerprint: fingerprintOf(blobOfLine(line) ?? Buffer.alloc(0)) };
};

type Change = (event: Forged, data: Fields, plan: Fields) => readonly Omit<Forged, 'by'>[] | void;

function forge(change: Change): string {
  let plan: Fields = {};
  return forged(
    activation,
    (event, data) => {
      if (event.type === 'run.began') {
        plan = data['plan'] as Fields;
        plan['allowedSigners'] = trusted;
      }
      return change(event, data, plan);
    },
    sign,
  );
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-verify-policy-'));
  writeFileSync(join(folder, 'signers'), trusted);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function verdicts(text: string): { readonly drp: string; readonly python: string; readonly told: string } {
  const file = join(folder, 'run.jsonl');
  writeFileSync(file, text);
  const ran = spawnSync(python, [verifier, file, join(folder, 'signers')], { encoding: 'utf8' });
  const { good, problems, upToSeq } = auditWhole(Buffer.from(text), { allowedSigners: trusted });
  const upTo = /good up to event (\d+)/.exec(ran.stdout)?.[1] ?? '?';
  const ended = { 0: 'good', 5: 'not good' }[ran.status ?? -1] ?? 'crashed';
  return {
    drp: `${good ? 'good' : 'not good'} up to ${upToSeq}`,
    python: ran.stderr === '' ? `${ended} up to ${upTo}` : ran.stderr,
    told: [...problems.map(({ seq, message }) => `${seq} ${message}`), ran.stdout].join('\n'),
  };
}

const at = (gate: string, change: (data: Fields, identity: Fields, event: Forged) => void): Change => {
  return (event, data) => {
    if (event.type === 'gate.decided' && data['gate'] === gate) change(data, data['identity'] as Fields, event);
  };
};
const shows = (gate: string, change: (statement: Fields) => void): Change => {
  return (event, data) => {
    if (event.type === 'gate.opened' && data['gate'] === gate) change(data['statement'] as Fields);
  };
};
const planned = (gate: string, policy: Fields): Change => {
  return (event, data, plan) => {
    if (event.type === 'run.began') Object.assign((plan['gates'] as Record<string, Fields>)[gate] ?? {}, policy);
    const statement = data['statement'] as Fields | undefined;
    if (event.type === 'gate.opened' && data['gate'] === gate) Object.assign(statement?.['policy'] as Fields, policy);
  };
};
const began = (change: (data: Fields, plan: Fields) => void): Change => {
  return (event, data, plan) => {
    if (event.type === 'run.began') change(data, plan);
  };
};
const people = (plan: Fields): Record<string, Fields> => (plan['world'] as Fields)['people'] as Record<string, Fields>;
const all = (...changes: readonly Change[]): Change => {
  return (event, data, plan) => changes.flatMap((change) => change(event, data, plan) ?? []);
};
const unsigned: Fields = { strength: 'os-user', osUser: 'root' };
const after = (...more: readonly Omit<Forged, 'by' | 'at'>[]): Change => {
  return (event) => (event.type === 'run.ended' ? more.map((one) => ({ at: event.at, ...one })) : undefined);
};
const red = (more: Fields = {}) => [{ id: 'x', title: 'a host key', severity: 'red', lines: [], ...more }];
const phone = { by: 'otto', osUser: 'root', number: '+33180000000', witness: 'vera' };
const attested = (changes: Fields = {}): Change =>
  at('switchover', (data) => {
    data['identity'] = { strength: 'attested', attested: { ...phone, ...changes } };
  });

/** A word under a signature, as it would stand after the run. */
function lesson(changes: Fields = {}, signed: Fields = {}): Omit<Forged, 'by' | 'at'> {
  const said = { person: 'anne', id: 'da5g-qxrt.lesson-1', text: 'watch the room', owner: 'otto' };
  const data = { ...said, dueAt: '2026-12-31T23:59:59.999Z', ...changes };
  const word = {
    format: 'drp-word@v1',
    run: 'da5g-qxrt',
    verb: 'decide',
    subject: data.id,
    decision: 'lesson',
    reason: data.text,
    evidence: 'owner otto, due 2026-12-31',
    person: data.person,
    nonce: 'n1',
    at: '2026-11-21T20:40:00.000Z',
    ...signed,
  };
  return {
    type: 'lesson.added',
    data: { ...data, identity: { strength: 'ssh-key', signed: JSON.stringify(word), signature: '' }, resign: word },
  };
}

const settled = (changes: Fields): Omit<Forged, 'by' | 'at'> => ({
  type: 'obligation.settled',
  data: { id: 'o1', person: 'otto', reason: 'power is off', identity: unsigned, ...changes },
});
const decided = (changes: Fields): Omit<Forged, 'by' | 'at'> => ({
  type: 'decision.made',
  data: { verb: 'mark-done', subject: 'copy-files', person: 'otto', reason: 'seen', identity: unsigned, ...changes },
});

const cases: readonly (readonly [string, 'good' | 'not good', Change])[] = [
  ['nothing but the keys is another', 'good', () => undefined],
  ['an approval by somebody of another role', 'not good', at('declaration', (data) => (data['person'] = 'vera'))],
  ['by a key of somebody else', 'not good', at('declaration', (data) => (data['signs'] = { by: 'mallory' }))],
  ['by nobody of the plan', 'not good', at('declaration', (data) => (data['person'] = 'mallory'))],
  ['by an OS user that is somebody else', 'not good', at('import', (_, identity) => (identity['osUser'] = 'mallory'))],
  [
    'by an OS user where a signature is asked for',
    'not good',
    at('switchover', (data) => (data['identity'] = unsigned)),
  ],
  ['a claim to a hardware key', 'not good', at('switchover', (_, identity) => (identity['strength'] = 'hardware-key'))],
  [
    'a token that was touched',
    'good',
    at('switchover', (data, identity) => {
      data['signs'] = { flags: touchedWithPin };
      identity['strength'] = 'hardware-key';
    }),
  ],
  [
    'a token that nobody touched, told as one',
    'not good',
    at('switchover', (data, identity) => {
      data['signs'] = { flags: 0 };
      identity['strength'] = 'hardware-key';
    }),
  ],
  [
    'a token that nobody touched, as a key like any other',
    'good',
    at('switchover', (data) => (data['signs'] = { flags: 0 })),
  ],
  [
    'a token with touch where a PIN is asked for',
    'not good',
    all(
      planned('switchover', { strength: 'hardware-key-pin' }),
      at('switchover', (data, identity) => {
        data['signs'] = { flags: 1 };
        identity['strength'] = 'hardware-key-pin';
      }),
    ),
  ],
  [
    'a token with touch and PIN where that is asked for',
    'good',
    all(
      planned('switchover', { strength: 'hardware-key-pin' }),
      at('switchover', (data, identity) => {
        data['signs'] = { flags: touchedWithPin };
        identity['strength'] = 'hardware-key-pin';
      }),
    ),
  ],
  ['a key where a token is asked for', 'not good', planned('switchover', { strength: 'hardware-key' })],
  [
    'a token where a token is asked for',
    'good',
    all(
      planned('switchover', { strength: 'hardware-key' }),
      at('switchover', (data, identity) => {
        data['signs'] = { flags: 1 };
        identity['strength'] = 'hardware-key';
      }),
    ),
  ],
  ['by who started the run', 'not good', began((data) => (data['startedBy'] = { person: 'anne', identity: unsigned }))],
  [
    'by who started the run, where the gate allows it',
    'good',
    all(
      began((data) => (data['startedBy'] = { person: 'anne', identity: unsigned })),
      planned('declaration', { notTheStarter: false }),
      planned('switchover', { notTheStarter: false }),
    ),
  ],
  ['one approval where two are asked for', 'not good', planned('switchover', { approvals: 2 })],
  ['told as not passed', 'not good', at('switchover', (data) => (data['passed'] = false))],
  [
    'a milder policy shown than planned',
    'not good',
    shows('switchover', (s) => ((s['policy'] as Fields)['approvals'] = 0)),
  ],
  ['another rule shown than planned', 'not good', shows('switchover', (s) => ((s['policy'] as Fields)['title'] = 'x'))],
  [
    'a nonce that was shown before',
    'not good',
    (() => {
      let first: unknown;
      return ((event, data) => {
        if (event.type !== 'gate.opened') return;
        const statement = data['statement'] as Fields;
        first ??= statement['nonce'];
        if (data['gate'] === 'switchover') statement['nonce'] = first;
      }) satisfies Change;
    })(),
  ],
  [
    'an unsigned answer after the expiry',
    'not good',
    at('import', (data) => (data['at'] = '2027-01-01T00:00:00.000Z')),
  ],
  [
    'a statement that had expired',
    'not good',
    shows('switchover', (s) => (s['expiresAt'] = '2026-11-21T20:00:00.000Z')),
  ],
  ['evidence that is red, with a reason', 'good', shows('import', (s) => (s['evidence'] = red()))],
  [
    'evidence that is red, without a reason',
    'not good',
    all(
      shows('import', (s) => (s['evidence'] = red())),
      at('import', (data) => (data['reason'] = ' ')),
    ),
  ],
  [
    'evidence that nobody may override',
    'not good',
    shows('import', (s) => (s['evidence'] = red({ overridable: false }))),
  ],
  ['over the phone, where the gate takes that', 'good', all(planned('switchover', { attested: true }), attested())],
  ['over the phone, where it does not', 'not good', attested()],
  ...(
    [
      ['with nobody listening', { witness: ' ' }],
      ['with the attesting operator as witness', { witness: 'otto' }],
      ['without a number', { number: '' }],
      ['on the word of an OS user that is another', { osUser: 'mallory' }],
      ['on the word of nobody', { by: 'mallory' }],
    ] as const
  ).map(
    ([how, changes]) =>
      [`over the phone ${how}`, 'not good', all(planned('switchover', { attested: true }), attested(changes))] as const,
  ),
  [
    'break-glass, where the gate has it',
    'good',
    all(
      planned('switchover', { breakGlass: true, approvals: 2 }),
      at('switchover', (data) => Object.assign(data, { person: 'otto', identity: unsigned, breakGlass: true })),
    ),
  ],
  [
    'break-glass, where it does not',
    'not good',
    at('switchover', (data) => Object.assign(data, { person: 'otto', identity: unsigned, breakGlass: true })),
  ],
  [
    'break-glass without a reason',
    'not good',
    all(
      planned('switchover', { breakGlass: true }),
      at('switchover', (data) =>
        Object.assign(data, { person: 'otto', identity: unsigned, breakGlass: true, reason: '' }),
      ),
    ),
  ],
  ['a lesson under a signature', 'good', after(lesson())],
  ['a lesson due on another day than was signed', 'not good', after(lesson({ dueAt: '2027-12-31T23:59:59.999Z' }))],
  ['a word that was another decision', 'not good', after(lesson({}, { decision: 'settle' }))],
  ['a word about something else', 'not good', after(lesson({}, { subject: 'other' }))],
  ['a word of another run', 'not good', after(lesson({}, { run: 'k3f9-2a7m' }))],
  ['a word signed the day before', 'not good', after(lesson({}, { at: '2026-11-20T20:40:00.000Z' }))],
  ['a word taken twice', 'not good', after(lesson(), lesson({ id: 'da5g-qxrt.lesson-2' }))],
  ['a duty settled by its operator', 'good', after(settled({}))],
  [
    'a duty settled by a person without a role for it',
    'not good',
    all(
      began((_, plan) => (people(plan)['otto']!['roles'] = ['approver'])),
      after(settled({})),
    ),
  ],
  [
    'a review by who attested the answer',
    'not good',
    all(
      planned('switchover', { attested: true }),
      attested(),
      after(settled({ id: 'da5g-qxrt.review.switchover.1.anne' })),
    ),
  ],
  [
    'a review by somebody else',
    'good',
    all(
      began((_, plan) => (people(plan)['vera']!['osUser'] = 'vera')),
      planned('switchover', { attested: true }),
      attested(),
      after(
        settled({
          id: 'da5g-qxrt.review.switchover.1.anne',
          person: 'vera',
          identity: { strength: 'os-user', osUser: 'vera' },
        }),
      ),
    ),
  ],
  ['a duty settled without a reason', 'not good', after(settled({ reason: '' }))],
  ['a duty settled by drp itself', 'good', after(settled({ person: 'drp' }))],
  ['a restoration marked done by who drives', 'not good', after(decided({ evidence: 'copied' }))],
  ['a step marked done without evidence', 'not good', after(decided({ subject: 'announce' }))],
  ['a step skipped that may not be', 'not good', after(decided({ verb: 'skip' }))],
  ['a gate passed by another verb', 'not good', after(decided({ verb: 'approve', subject: 'switchover' }))],
];

(here ? describe : describe.skip)('drp audit verify and docs/verify.py say the same of', () => {
  test.each(cases)('%s: %s', (_, expected, change) => {
    const { drp, python: said, told } = verdicts(forge(change));
    expect({ said, told: drp.startsWith(expected) ? '' : told }).toEqual({ said: drp, told: '' });
  });

  // Only drp follows the machine, and only Python stumbles over shapes nobody asks for; neither may miss what the other finds.
  test('records in which something is of another shape: python is never milder, and never falls over', () => {
    const values = [null, [], {}, 0, -1, 'x', true, '\u001b[2J'];
    fc.assert(
      fc.property(fc.nat(65), fc.nat(), fc.constantFrom(...values), (seq, place, value) => {
        const { python: said, told } = verdicts(forge((event) => misshapen(event, { seq, place, value })));
        expect(said).toMatch(/^(not )?good up to \d+$/);

        expect(said).not.toMatch(/[\u0000-\u001f]/);
        const found = told.split('\n').filter((line) => /^\d+ /.test(line) && !/machine|does not follow/.test(line));
        if (found.length > 0 && said.startsWith('good')) throw new Error(told);
      }),
      { numRuns: Number(process.env['DRP_FUZZ'] ?? 12), seed: 11 },
    );
  }, 600_000);
});

/** Puts `value` at some place of an event. */
function misshapen(event: Forged, at: { readonly seq: number; readonly place: number; readonly value: unknown }): void {
  if (Number(event['seq']) !== at.seq + 1) return;
  const places: (readonly [Fields, string])[] = [];
  const walk = (within: unknown): void => {
    if (typeof within !== 'object' || within === null) return;
    for (const key of Object.keys(within)) {
      places.push([within as Fields, key]);
      walk((within as Fields)[key]);
    }
  };
  walk(event.data);
  const [within, key] = places[at.place % Math.max(1, places.length)] ?? [{}, ''];
  within[key] = at.value;
}
