import { expect } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../src/base/clock.ts';
import { isDrpError } from '../../src/base/errors.ts';
import { createAnswerCheck } from '../../src/gates/answer-check.ts';
import { exportRun } from '../../src/journal/export.ts';
import { openJournal } from '../../src/journal/open.ts';
import { verifyExport } from '../../src/journal/verify.ts';
import type { Stage } from './stage.ts';

const samples = 200;

/** The record of a run verifies, as stored and as exported; a sample of changed bytes of either is seen, each of them. */
export async function expectTamperEvident(stage: Stage, run: string): Promise<void> {
  const { allowedSigners, dir } = stage.lab.facts;
  const file = join(dir, `${run}.jsonl`);
  const signers = ['--allowed-signers', allowedSigners];
  expect((await stage.drp('audit', 'verify', '--run', run, ...signers)).exitCode).toBe(0);
  expect((await stage.drp('audit', 'export', '--run', run, '--output', file)).exitCode).toBe(0);
  // Alone: no journal, no runbook, another folder.
  const alone = { DRP_JOURNAL: `sqlite:${join(dir, 'nowhere', 'journal.sqlite')}`, DRP_RUNBOOKS: '/nowhere' };
  const { drp } = await import('../demo/drp.ts');
  expect((await drp(['audit', 'verify', file, ...signers], { ...process.env, ...alone })).exitCode).toBe(0);

  const bytes = readFileSync(file);
  const text = readFileSync(allowedSigners, 'utf8');
  const good = (changed: Uint8Array): boolean =>
    verifyExport(changed, { checkAnswer: createAnswerCheck({ allowedSigners: text }), anchors: [] }).good;
  expect(good(bytes)).toBe(true);
  const unseen: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const at = Math.floor(((sample + Math.random()) * bytes.length) / samples);
    const changed = Buffer.from(bytes);
    changed[at] = changed[at]! ^ (1 << (sample % 8));
    if (good(changed)) unseen.push(at);
  }
  expect(unseen).toEqual([]);
  writeFileSync(`${file}.changed`, Buffer.from(bytes.toString('latin1').replace('fire in', 'fine in'), 'latin1'));
  const refused = await stage.drp('audit', 'verify', `${file}.changed`);
  if (bytes.includes('fire in')) expect(refused.exitCode).toBe(5);
  await expectStoredChangesSeen(stage, run, good);
}

/** One byte of a stored event is changed in a copy of the journal: reading or verifying it fails, every time. */
async function expectStoredChangesSeen(stage: Stage, run: string, good: (bytes: Uint8Array) => boolean): Promise<void> {
  const original = new DatabaseSync(stage.env['DRP_JOURNAL']!.slice('sqlite:'.length), { readOnly: true });
  const copy = join(stage.lab.facts.dir, `${run}-copy.sqlite`);
  original.exec(`VACUUM INTO '${copy}'`);
  original.close();
  const database = new DatabaseSync(copy);
  for (const { name } of database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all())
    database.exec(`DROP TRIGGER "${String(name)}"`);
  const rows = database.prepare('SELECT seq, line FROM event WHERE run = ? ORDER BY seq').all(run);
  const write = database.prepare('UPDATE event SET line = ? WHERE run = ? AND seq = ?');
  const unseen: string[] = [];
  for (const row of rows) {
    const line = String(row['line']);
    const bytes = Buffer.from(line);
    const at = Math.floor(Math.random() * bytes.length);
    // Still text: a stored line is a text, whatever is in it.
    bytes[at] = bytes[at] === 0x61 ? 0x62 : 0x61;
    write.run(bytes.toString('utf8'), run, row['seq'] as number);
    if (await verifies(copy, run, good)) unseen.push(`event ${String(row['seq'])}, byte ${String(at)}`);
    write.run(line, run, row['seq'] as number);
  }
  expect(unseen).toEqual([]);
  expect(await verifies(copy, run, good)).toBe(true);
  database.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true });
}

async function verifies(file: string, run: string, good: (bytes: Uint8Array) => boolean): Promise<boolean> {
  const journal = await openJournal(`sqlite:${file}`);
  try {
    const text = await exportRun(journal, run, { exportedAt: systemClock.nowIso(), version: '0' });
    return good(Buffer.from(text));
  } catch (error) {
    if (!isDrpError(error, 'journal-broken')) throw error;
    return false;
  } finally {
    await journal.close();
  }
}
