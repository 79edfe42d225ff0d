import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '../../src/cli/check-answer.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-whole-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a file is replaced whole, a link to it stays a link', async () => {
  const [file, link] = [join(folder, 'checks.prom'), join(folder, 'link.prom')];
  writeFileSync(file, 'old');
  symlinkSync('checks.prom', link);
  await writeWhole(link, 'new');
  expect(readFileSync(file, 'utf8')).toBe('new\n');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test('what is no file is written to and stays what it is', async () => {
  const fifo = join(folder, 'pipe');
  execFileSync('mkfifo', [fifo]);
  const reader = openSync(fifo, 'r+');
  try {
    await writeWhole(fifo, 'told');
    expect(lstatSync(fifo).isFIFO()).toBe(true);
  } finally {
    closeSync(reader);
  }
  await writeWhole('/dev/null', 'nobody');
  expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('a folder and a place that is not there are named, and no draft stays', async () => {
  mkdirSync(join(folder, 'sub'));
  const there = readdirSync(folder);
  for (const file of [join(folder, 'sub'), join(folder, 'nowhere', 'x')])
    await expect(writeWhole(file, 'x')).rejects.toMatchObject({
      code: 'wrong-usage',
      message: expect.stringContaining(`${file} cannot be written`),
    });
  expect(readdirSync(folder)).toEqual(there);
});
