import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createSpoolWordSource, sendWord, unheardWords } from '../../src/gates/spool.ts';
import { wordOf } from './fixtures.ts';

const accepted = { kind: 'accepted', text: 'gate switchover passed' } as const;
const patient = { timeoutMs: 5_000 };
let base: string;
let folder: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'drp-spool-'));
  chmodSync(base, 0o711);
  folder = join(base, 'spool', 'k3f9-2a7m');
});
afterEach(() => rmSync(base, { recursive: true }));

describe('words by the spool', () => {
  test('a word is heard and answered, and leaves nothing but its answer', async () => {
    const source = createSpoolWordSource(folder);
    const sent = sendWord(folder, wordOf({ osUser: 'somebody-else', statementDigest: 'd' }), patient);
    const { word, answer } = await source.next(new AbortController().signal);
    expect(word).toEqual(wordOf({ osUser: userInfo().username, path: 'spool', statementDigest: 'd' }));
    await answer(accepted);
    expect(await sent).toEqual(accepted);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/\.answer$/)]);
  });

  test('a waiting driver hears it within half a second', async () => {
    const source = createSpoolWordSource(folder);
    const took: number[] = [];
    for (let time = 0; time < 4; time += 1) {
      const heard = source.next(new AbortController().signal);
      await new Promise((resolve) => setImmediate(resolve));
      const startedMs = performance.now();
      const sent = sendWord(folder, wordOf(), patient);
      const { answer } = await heard;
      took.push(performance.now() - startedMs);
      await answer(accepted);
      await sent;
    }
    // The best of a few: not what else this machine was doing at that moment.
    expect(Math.min(...took)).toBeLessThan(500);
  });

  test('without a driver the word waits, and the next driver hears it', async () => {
    expect(await sendWord(folder, wordOf({ reason: 'first' }), { timeoutMs: 60 })).toBe('waiting');
    const { word } = await createSpoolWordSource(folder).next(new AbortController().signal);
    expect(word.reason).toBe('first');
  });

  test('a word nobody heard yet can be looked at without hearing it', async () => {
    expect(unheardWords(folder)).toEqual([]);
    await sendWord(folder, wordOf({ osUser: 'somebody-else' }), { timeoutMs: 60 });
    const { verb, subject } = wordOf();
    const seen = [expect.objectContaining({ verb, subject, osUser: userInfo().username })];
    expect(unheardWords(folder)).toEqual(seen);
    expect(unheardWords(folder)).toEqual(seen);
    const { answer } = await createSpoolWordSource(folder).next(new AbortController().signal);
    await answer(accepted);
    expect(unheardWords(folder)).toEqual([]);
  });

  test('a word that was not answered comes again to the next driver, an answered one does not', async () => {
    const signal = new AbortController().signal;
    await sendWord(folder, wordOf({ reason: 'one' }), { timeoutMs: 1 });
    await sendWord(folder, wordOf({ reason: 'two' }), { timeoutMs: 1 });
    const crashed = createSpoolWordSource(folder);
    await (await crashed.next(signal)).answer(accepted);
    expect((await crashed.next(signal)).word.reason).toBe('two');
    expect((await createSpoolWordSource(folder).next(signal)).word.reason).toBe('two');
  });

  test('a folder that somebody removed is made again', async () => {
    const source = createSpoolWordSource(folder);
    const heard = source.next(new AbortController().signal);
    rmSync(folder, { recursive: true });
    const sent = sendWord(folder, wordOf({ reason: 'still here' }), patient);
    const { word, answer } = await heard;
    expect(word.reason).toBe('still here');
    await answer(accepted);
    expect(await sent).toEqual(accepted);
  });

  test('asking stops with the signal', async () => {
    const controller = new AbortController();
    const asked = createSpoolWordSource(folder).next(controller.signal);
    controller.abort(new Error('detached'));
    await expect(asked).rejects.toThrow('detached');
  });

  test.each<[string, (path: string) => void]>([
    ['no JSON', (path) => writeFileSync(path, 'approve!')],
    ['JSON that is no word', (path) => writeFileSync(path, '{"verb":"approve"}')],
    ['a link to a word', (path) => symlinkSync('/etc/passwd', path)],
    ['a folder', (path) => execFileSync('mkdir', [path])],
    ['a pipe that nobody writes', (path) => execFileSync('mkfifo', [path])],
    ['a huge file', (path) => writeFileSync(path, 'x'.repeat(300_000))],
  ])('%s is refused, and the words behind it are heard', async (_, drop) => {
    const source = createSpoolWordSource(folder);
    drop(join(folder, `000000000000001-${'a'.repeat(32)}.word`));
    void sendWord(folder, wordOf({ reason: 'behind' }), { timeoutMs: 1 });
    expect((await source.next(new AbortController().signal)).word.reason).toBe('behind');
    const answer = join(folder, `000000000000001-${'a'.repeat(32)}.answer`);
    expect(existsSync(answer)).toBe(true);
  });

  test('a word of somebody else, linked or moved in under another name, is refused', async () => {
    await sendWord(folder, wordOf(), { timeoutMs: 1 });
    const [name] = readdirSync(folder);
    const path = join(folder, name ?? '');
    linkSync(path, join(base, 'kept'));
    renameSync(path, join(folder, `000000000000002-${'b'.repeat(32)}.word`));
    void sendWord(folder, wordOf({ reason: 'honest' }), { timeoutMs: 1 });
    expect((await createSpoolWordSource(folder).next(new AbortController().signal)).word.reason).toBe('honest');
  });

  test('others may drop and not list; the folder above lets them pass', () => {
    createSpoolWordSource(folder);
    expect(statSync(folder).mode & 0o7777).toBe(0o1733);
    expect(statSync(join(base, 'spool')).mode & 0o7777).toBe(0o711);
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('the owner of the file says who spoke, whatever the word claims (needs root to play two users)', async () => {
    const source = createSpoolWordSource(folder);
    const name = `000000000000003-${'c'.repeat(32)}.word`;
    const word = { verb: 'note', run: 'k3f9-2a7m', subject: '', reason: 'hi', osUser: 'root', path: 'terminal' };
    const text = JSON.stringify({ format: 'drp-word-file@v1', name, word });
    execFileSync('setpriv', [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'sh',
      '-c',
      'printf %s "$2" > "$1"',
      'sh',
      join(folder, name),
      text,
    ]);
    const heard = await source.next(new AbortController().signal);
    expect(heard.word).toMatchObject({ osUser: 'nobody', path: 'spool' });
  });
});
