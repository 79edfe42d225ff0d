import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../../src/events/digest.ts';
import { createAnswerCheck } from '../../src/gates/answer-check.ts';
import { verifyExport } from '../../src/journal/verify.ts';
import { exportOn, signersOn, withVectors } from './vectors.ts';

const page = readFileSync(new URL('../../docs/journal-format.md', import.meta.url), 'utf8');

test('the vectors on the page are those the code makes', async () => {
  expect(page).toBe(await withVectors(page));
  expect(page).toContain(sha256Hex('{"a":"é","b":[1,true,null]}'));
});

test('the export on the page is good, with the keys on the page', () => {
  const checkAnswer = createAnswerCheck({ allowedSigners: signersOn(page) });
  expect(verifyExport(Buffer.from(exportOn(page)), { checkAnswer })).toMatchObject({
    good: true,
    upToSeq: 6,
    events: 6,
  });
});

test('the shell command on the page gives the hash of its event', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drp-vectors-'));
  try {
    writeFileSync(join(folder, 'export.jsonl'), exportOn(page));
    const command = /^sed -n 3p export\.jsonl.*$/m.exec(page)?.[0] ?? '';
    const printed = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
    expect(exportOn(page).split('\n')[2]).toContain(`"hash":"${printed.slice(0, 64)}"`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
