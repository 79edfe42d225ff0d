import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditWhole } from '../../src/cli/audit-whole.ts';
import { canonicalJson } from '../../src/events/canonical.ts';
import { digestOf, sha256Hex } from '../../src/events/digest.ts';
import { readExport, renderExport } from '../../src/journal/export.ts';
import { testKey } from '../gates/test-key.ts';
import { allowedSigners, sampleExport } from '../journal/sample-run.ts';

const verifier = new URL('../../docs/verify.py', import.meta.url).pathname;
const python = '/usr/bin/python3';
const here = spawnSync(python, ['--version']).status === 0 && spawnSync('ssh-keygen', ['-?']).error === undefined;
if (!here) console.warn(`SKIPPED: ${python} and ssh-keygen are needed for the independent verifier`);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-verify-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  readonly good: boolean;
  readonly upToSeq: number;
  readonly text: string;
}

/** What the independent verifier says of it. */
function asked(bytes: Buffer | string, signers?: string, anchors: readonly string[] = []): Told {
  const file = join(folder, 'run.jsonl');
  writeFileSync(file, bytes);
  if (signers !== undefined) writeFileSync(join(folder, 'signers'), signers);
  const keys = signers === undefined ? '-' : join(folder, 'signers');
  const ran = spawnSync(python, [verifier, file, keys, ...anchors], { encoding: 'utf8' });
  expect([0, 5, ran.stderr]).toContain(ran.status);
  const upTo = /good up to event (-?\d+)/.exec(ran.stdout)?.[1];
  return { good: ran.status === 0, upToSeq: Number(upTo), text: ran.stdout };
}

/** The same of drp. */
function judged(bytes: Buffer | string, signers?: string, anchors: readonly string[] = []): Omit<Told, 'text'> {
  const options = signers === undefined ? { anchors } : { allowedSigners: signers, anchors };
  const { good, upToSeq } = auditWhole(Buffer.from(bytes), options);
  return { good, upToSeq };
}

function bothSay(bytes: Buffer | string, signers?: string, anchors: readonly string[] = []): Told {
  const told = asked(bytes, signers, anchors);
  expect({ good: told.good, upToSeq: told.upToSeq }).toEqual(judged(bytes, signers, anchors));
  return told;
}

type Fields = Record<string, unknown>;

/** The record written anew by somebody who owns the store: every hash made to fit. */
function rehashed(text: string, change: (event: Fields, data: Fields) => void): string {
  const { frame, stored } = readExport(text);
  let prev = '0'.repeat(64);
  const anew = stored.map(({ line }) => {
    const event = JSON.parse(line) as Fields;
    change(event, event['data'] as Fields);
    const again = canonicalJson({ ...event, prev } as never);
    prev = sha256Hex(again);
    return { line: again, hash: prev };
  });
  return renderExport(frame, anew);
}

(here ? describe : describe.skip)('docs/verify.py, with nothing of drp', () => {
  const kept = (name: string): string => readFileSync(new URL(`../journals/${name}`, import.meta.url).pathname, 'utf8');
  const activation = kept('format-1-activation.jsonl');
  const trusted = kept('format-1-allowed-signers');

  test.each([
    ['verify.py', 68, 'datetime, hashlib, json, re, subprocess, sys, tempfile'],
    ['verify_policy.py', 107, 'base64, datetime, json, re'],
  ])('%s is read in one sitting, and imports nothing that does not come with Python', (name, lines, imports) => {
    const text = readFileSync(new URL(`../../docs/${name}`, import.meta.url).pathname, 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(lines);
    expect(text.match(/^(import|from) .*$/gm)).toEqual([`import ${imports}`]);
  });

  test('alone it says that it did not look at people', () => {
    const alone = join(folder, 'alone.py');
    writeFileSync(alone, readFileSync(verifier));
    const ran = spawnSync(python, [alone, new URL('../journals/format-1-return.jsonl', import.meta.url).pathname], {
      encoding: 'utf8',
    });
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('people not looked at') });
  });

  test.each([
    ['no file', [], 2],
    ['a file that is not there', ['/nowhere.jsonl'], 2],
    ['a folder', ['/tmp'], 2],
    ['keys that are not there', [join('test', 'journals', 'format-1-return.jsonl'), '/nowhere'], 2],
    [
      'anchors that are none',
      [join('test', 'journals', 'format-1-return.jsonl'), '-', '', 'x', 'a b:c', 'a 1:\u001b[2J'],
      5,
    ],
  ])('%s is told in plain words', (_, args, code) => {
    const ran = spawnSync(python, [verifier, ...args], {
      encoding: 'utf8',
      cwd: new URL('../../', import.meta.url).pathname,
    });
    expect(ran.status).toBe(code);
    expect(ran.stdout + ran.stderr).not.toMatch(/Traceback|\u001b/);
  });

  test.each(['--help', '-h'])('%s is the usage alone, and no failure', (option) => {
    const ran = spawnSync(python, [verifier, option], { encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^python3 verify\.py EXPORT/) });
    expect(ran.stdout).not.toContain('No such file');
  });

  test.each([
    ['as it is', 66, (text: string) => text],
    ['with its first event changed', 0, (text: string) => text.replace('"seq":1,', '"seq":2,')],
    ['with an event in its middle changed', 32, (text: string) => text.replace('"seq":33,', '"seq":34,')],
    [
      'with the frame of an event changed',
      65,
      (text: string) => text.replace(/\{"event":(?=[^\n]*"seq":66,)/, '{"evenT":'),
    ],
    ['with its trailer cut off', 66, (text: string) => text.split('\n').slice(0, -2).join('\n')],
  ])('a file %s is good up to event %i of the 66 it has', (_, good, change) => {
    expect(asked(change(activation)).text).toContain(`good up to event ${good} of 66,`);
  });

  test.each(['format-1-activation', 'format-1-return'])('%s is good, with trusted keys and without', (name) => {
    const text = kept(`${name}.jsonl`);
    expect(bothSay(text, trusted).good).toBe(true);
    const told = bothSay(text);
    expect(told.good).toBe(true);
    expect(told.text).toContain('keys as the run carried them');
  });

  test('an adopted run is good with the keys it carried, and not with those of strangers', () => {
    expect(bothSay(kept('format-1-adopted.jsonl')).good).toBe(true);
    expect(bothSay(kept('format-1-adopted.jsonl'), trusted).good).toBe(false);
  });

  test('cut: with the end missing, with a new trailer, and told by an anchor alone', () => {
    const lines = activation.split('\n');
    expect(bothSay(lines.slice(0, 40).join('\n'), trusted).good).toBe(false);
    expect(bothSay(activation.slice(0, -40), trusted).good).toBe(false);
    const { frame, stored } = readExport(activation);
    const short = renderExport(frame, stored.slice(0, 50));
    expect(bothSay(short, trusted).good).toBe(true);
    const head = (seq: number): string => `${frame.run} ${seq}:${(stored[seq - 1]?.hash ?? '').slice(0, 12)}`;
    expect(bothSay(short, trusted, [head(60)]).good).toBe(false);
    expect(bothSay(activation, trusted, [head(60), head(66)]).good).toBe(true);
    expect(bothSay(activation, trusted, [head(60).replace(frame.run, 'k3f9-2a7m')]).good).toBe(false);
  });

  test('changed: a byte here and there', () => {
    const bytes = Buffer.from(activation);
    for (const part of [0.001, 0.2, 0.5, 0.7, 0.9, 0.9999]) {
      const changed = Buffer.from(bytes);
      const place = Math.floor(bytes.length * part);
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(bothSay(changed, trusted).good).toBe(false);
    }
  }, 30_000);

  test('re-hashed: another reason, another person, another statement, another plan', () => {
    const reason = rehashed(activation, (event, data) => {
      if (event['type'] === 'gate.decided' && data['gate'] === 'switchover') data['reason'] = 'so it was ordered';
    });
    expect(bothSay(reason, trusted).good).toBe(false);
    expect(bothSay(reason).good).toBe(false);
    const statement = rehashed(activation, (event, data) => {
      if (event['type'] !== 'gate.opened' || data['gate'] !== 'restoration') return;
      (data['statement'] as Fields)['title'] = 'Nothing to see';
      data['digest'] = digestOf(data['statement'] as never);
    });
    expect(bothSay(statement, trusted).good).toBe(false);
    const plan = rehashed(activation, (event, data) => {
      if (event['type'] === 'run.began') (data['plan'] as Fields)['title'] = 'another';
    });
    expect(bothSay(plan, trusted).good).toBe(false);
  });

  test('keys of its own: a record whose signer made up her key is good only until trusted keys are given', async () => {
    const mallory = testKey('mallory');
    const own = await sampleExport();
    expect(bothSay(own, allowedSigners).good).toBe(true);
    expect(bothSay(own, `anne ${mallory.line}\n`).good).toBe(false);
    expect(bothSay(own, '').good).toBe(false);
    expect(bothSay(own, `anne valid-before="20200101Z" ${testKey('anne').line}\n`).good).toBe(false);
    expect(bothSay(own, `anne valid-before="20300101Z" ${testKey('anne').line}\n`).good).toBe(true);
  });

  test.each(['', '\n', '{}\n', 'x', '{"event":{},"hash":"0"}\n{}\n'])('%j is no export', (text) => {
    expect(asked(text).good).toBe(false);
    expect(judged(text).good).toBe(false);
  });
});
