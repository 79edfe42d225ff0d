import { beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createAnswerCheck } from '../../src/gates/answer-check.ts';
import { verdictText, verifyExport, type JournalVerdict, type VerifyOptions } from '../../src/journal/verify.ts';
import { testKey } from '../gates/test-key.ts';
import { allowedSigners, anneKey, sampleExport } from './sample-run.ts';
import { undetectedFlips, undetectedShifts } from './tampering.ts';

const withKeys: VerifyOptions = { checkAnswer: createAnswerCheck({ allowedSigners }) };
const verify = (text: string | Buffer, options: VerifyOptions = withKeys): JournalVerdict =>
  verifyExport(typeof text === 'string' ? Buffer.from(text) : text, options);

let good: string;
beforeAll(async () => {
  good = await sampleExport();
});

describe('an export as it was made', () => {
  test('is good to its last event, its signature names the person and the key', () => {
    const verdict = verify(good);
    expect(verdict.problems).toEqual([]);
    expect(verdict).toMatchObject({
      good: true,
      run: 'k3f9-2a7m',
      site: 'gravelines',
      events: 6,
      upToSeq: 6,
      anchoredUpToSeq: 2,
    });
    expect(verdict.answers).toMatchObject([
      { seq: 4, person: 'anne', decision: 'approve', signature: 'good', strength: 'ssh-key' },
    ]);
    expect(verdictText(verdict)).toMatch(/^run k3f9-2a7m: good up to event 6 of 6, head 6:[0-9a-f]{12}$/);
  });

  test('is good with the keys the run carried, and without looking at keys at all', () => {
    expect(verify(good, { checkAnswer: createAnswerCheck() }).good).toBe(true);
    expect(verify(good, {}).answers[0]).toMatchObject({ signature: 'not checked' });
  });
});

describe('changed bytes', () => {
  // Every bit and every place: verify.real.test.ts.
  test('a flipped bit in any byte is found', () => {
    expect(undetectedFlips(Buffer.from(good), (place) => [place % 8])).toEqual([]);
  });

  test('a byte taken out or put in is found', () => {
    expect(undetectedShifts(Buffer.from(good), 5)).toEqual([]);
  });

  test('every torn tail is found, and the whole events before it are still good', () => {
    const lines = good.split('\n');
    for (let cut = 0; cut < good.length; cut += 7) {
      const torn = good.slice(0, cut);
      const whole = torn.split('\n').length - 2;
      const verdict = verify(torn, {});
      expect(verdict.good).toBe(false);
      expect(verdict.upToSeq).toBe(Math.max(0, Math.min(whole, lines.length - 3)));
    }
  });
});

/** What somebody who owns the store can do: change an event and hash everything again. */
function rehash(text: string, change: (line: string, seq: number) => string | undefined): string {
  const lines = text.trimEnd().split('\n');
  let prev = '0'.repeat(64);
  const events = lines.slice(1, -1).flatMap((entry, index) => {
    const changed = change(entry.slice('{"event":'.length, -75), index + 1);
    if (changed === undefined) return [];
    const line = changed.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`);
    prev = createHash('sha256').update(line).digest('hex');
    return [`{"event":${line},"hash":"${prev}"}`];
  });
  const body = [lines[0], ...events].map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `${body}{"head":{"hash":"${prev}","seq":${events.length}},"sha256":"${sha256}"}\n`;
}

describe('a journal rewritten whole, hashes and all', () => {
  test('copied without a change it is the same file', () => {
    expect(rehash(good, (line) => line)).toBe(good);
  });

  test('is found out by the signature, for everything the approval anchors or says', () => {
    const earlier = rehash(good, (line, seq) => (seq === 2 ? line.replace('laptop', 'castle') : line));
    expect(verify(earlier)).toMatchObject({ good: false, upToSeq: 2 });
    const answer = rehash(good, (line) =>
      line.replace('"reason":"restored data checked"', '"reason":"nothing was checked"'),
    );
    expect(verify(answer)).toMatchObject({ good: false, upToSeq: 3 });
  });

  test('is not found out after the last signature, unless an anchor from outside says so', () => {
    const later = rehash(good, (line) => line.replace('called the datacentre', 'slept'));
    expect(verify(later).good).toBe(true);
    const anchor = `k3f9-2a7m 6:${/"hash":"([0-9a-f]{12})[0-9a-f]{52}","seq":6/.exec(good)?.[1]}`;
    expect(verify(good, { ...withKeys, anchors: [anchor] })).toMatchObject({ good: true, anchoredUpToSeq: 6 });
    expect(verify(later, { ...withKeys, anchors: [anchor] }).problems[0]?.message).toContain('was rewritten');
    const cut = rehash(good, (line, seq) => (seq > 4 ? undefined : line));
    expect(verify(cut).good).toBe(true);
    expect(verify(cut, { ...withKeys, anchors: [anchor] }).problems[0]?.message).toContain('tail was cut');
  });

  test('an anchor that is nonsense or of another run is said to be so', () => {
    expect(verify(good, { anchors: ['hello'] }).problems[0]?.message).toContain('is not RUN SEQ:HEAD12');
    expect(verify(good, { anchors: [`other 1:${'0'.repeat(12)}`] }).problems[0]?.message).toContain('another run');
  });

  test.each<[string, (line: string, seq: number) => string | undefined, number]>([
    ['an event taken out', (line, seq) => (seq === 5 ? undefined : line), 4],
    ['a statement changed', (line) => line.replace('users write on gravelines', 'nothing'), 2],
    ['a plan changed', (line) => line.replace('Anne Martin', 'Anne Matrin'), 0],
    [
      'an answer to another statement',
      (line) => line.replace(/"statementDigest":"[0-9a-f]{4}/, '"statementDigest":"0000'),
      3,
    ],
    ['spaces between fields', (line, seq) => (seq === 5 ? line.replace('","', '", "') : line), 4],
    ['a field too many', (line, seq) => (seq === 5 ? line.replace('"prev"', '"other":1,"prev"') : line), 4],
    ['another run', (line, seq) => (seq === 5 ? line.replace('"run":"k3f9', '"run":"k3f8') : line), 4],
    ['a time that is none', (line, seq) => (seq === 5 ? line.replace(/"at":"[^"]*"/, '"at":"yesterday"') : line), 4],
  ])('%s breaks it', (_, change, upToSeq) => {
    expect(verify(rehash(good, change), {})).toMatchObject({ good: false, upToSeq });
  });
});

describe('signatures', () => {
  test.each<[string, Parameters<typeof sampleExport>[0], string]>([
    [
      'by a key that is not hers',
      { signs: (text) => ({ text, signature: testKey('mallory').sign(text) }) },
      'names another key',
    ],
    [
      'made for another purpose',
      { signs: (text) => ({ text, signature: anneKey.sign(text, 'file') }) },
      "made for 'file'",
    ],
    ['over another decision', { signs: (text) => resigned(text.replace('"approve"', '"reject"')) }, 'another decision'],
    ['over another statement', { signs: (text) => resigned(text.replace('00112233', '99112233')) }, 'another nonce'],
    ['over no answer at all', { signs: () => resigned('hello') }, 'another kind of text'],
    ['said to come from a touched hardware key', { identity: { strength: 'hardware-key' } }, 'no touched one'],
  ])('%s are refused', async (_, options, message) => {
    const verdict = verify(await sampleExport(options));
    expect(verdict).toMatchObject({ good: false, upToSeq: 3 });
    expect(verdict.problems[0]?.message).toContain(message);
  });

  test('by a key of the run that the outside does not know are refused', () => {
    const others = createAnswerCheck({ allowedSigners: `anne ${testKey('other').line}` });
    expect(verify(good, { checkAnswer: others }).problems[0]?.message).toContain('is no known key of anne');
  });

  test('by a key that was no longer valid then are refused', () => {
    const expired = createAnswerCheck({ allowedSigners: `anne valid-before="20261121Z" ${anneKey.line}` });
    expect(verify(good, { checkAnswer: expired }).problems[0]?.message).toContain('it has expired');
  });

  test('that are claimed and not there are refused', async () => {
    const text = (await sampleExport()).replace(/"signature":"[^"]*",/, '');
    expect(verify(rehash(text, (line) => line)).problems[0]?.message).toContain('carries no signature');
  });
});

test('files that are no export at all are answered, not thrown at', () => {
  for (const text of [
    '',
    '\n',
    '{}',
    '[]\n[]\n',
    'x'.repeat(1000),
    '{"format":"drp-journal-export@v1"}\n',
    '['.repeat(20_000),
  ]) {
    expect(verify(text)).toMatchObject({ good: false, upToSeq: 0 });
  }
});

function resigned(text: string): { readonly text: string; readonly signature: string } {
  return { text, signature: anneKey.sign(text) };
}
