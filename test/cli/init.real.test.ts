import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fullAnswers } from '../runbook/draft-answers.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-init-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const { database: _database, mail: _mail, ...answers } = fullAnswers;

function drp(...args: readonly string[]) {
  const ran = spawnSync(join(root, 'bin/drp'), args, { cwd: folder, encoding: 'utf8', input: '' });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

test('a runbook made from answers plans at once, and is never written over', () => {
  writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
  expect(drp('init', '--site', 'south', '--answers', 'answers.json')).toMatchObject({ code: 0, err: '' });
  const text = readFileSync(join(folder, 'runbooks/south.yaml'), 'utf8');
  expect(drp('plan', '--site', 'south')).toMatchObject({ code: 0 });
  expect(drp('hosts', 'show', '--site', 'south').out).toContain('web-south');
  expect(drp('init', '--site', 'south', '--answers', 'answers.json')).toMatchObject({ code: 2 });
  expect(readFileSync(join(folder, 'runbooks/south.yaml'), 'utf8')).toBe(text);
});

test('answers that lack something are refused with its name, and nothing is written', () => {
  const { title: _, ...rest } = answers;
  writeFileSync(join(folder, 'short.json'), JSON.stringify(rest));
  const { code, err } = drp('init', '--site', 'short', '--answers', 'short.json');
  expect(code).toBe(2);
  expect(err).toContain('lack title');
  writeFileSync(join(folder, 'bent.json'), JSON.stringify({ ...answers, backupHosts: 'none' }));
  expect(drp('init', '--site', 'short', '--answers', 'bent.json').err).toContain('another shape');
  expect(existsSync(join(folder, 'runbooks', 'short.yaml'))).toBe(false);
});

test('without a terminal and without answers it says what is missing and writes nothing', () => {
  const { code, err } = drp('init', '--site', 'north');
  expect(code).toBe(2);
  expect(err).toContain('--answers FILE');
});
