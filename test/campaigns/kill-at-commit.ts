/**
 * Loaded before the program of a driver (`NODE_OPTIONS=--import=…`): ends it by SIGKILL at chosen commits of its journal.
 * `DRP_CAMPAIGN_KILLS` names the file with what is still to come; a kill is taken out of it before it happens.
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { labelOf, type Kill } from './kill-labels.ts';

const file = process.env['DRP_CAMPAIGN_KILLS'];
if (file !== undefined) install(file);

function install(path: string): void {
  const seen = new Map<string, number>();
  const exec = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec')?.value as (
    this: DatabaseSync,
    sql: string,
  ) => void;
  DatabaseSync.prototype.exec = function killing(this: DatabaseSync, sql: string): void {
    if (sql === 'BEGIN IMMEDIATE') {
      exec.call(this, sql);
      if (hasEvents(this)) for (const [run, seq] of heads(this)) seen.set(run, seq);
      return;
    }
    const labels = sql === 'COMMIT' && hasEvents(this) ? newLabels(this, seen) : [];
    if (labels.some((label) => take(path, label, 'before'))) die();
    exec.call(this, sql);
    if (labels.some((label) => take(path, label, 'after'))) die();
    const later = labels.map((label) => take(path, label, 'during')).find((kill) => kill !== undefined);
    if (later !== undefined) setTimeout(die, later.ms ?? 0);
  };
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function hasEvents(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'event'").get() !== undefined;
}

function heads(database: DatabaseSync): readonly (readonly [string, number])[] {
  const rows = database.prepare('SELECT run, max(seq) AS seq FROM event GROUP BY run').all();
  return rows.map((row) => [String(row['run']), Number(row['seq'])] as const);
}

function newLabels(database: DatabaseSync, seen: Map<string, number>): readonly string[] {
  const labels: string[] = [];
  for (const [run, seq] of heads(database)) {
    const after = seen.get(run) ?? 0;
    if (seq <= after) continue;
    const rows = database.prepare('SELECT line FROM event WHERE run = ? AND seq > ?').all(run, after);
    for (const row of rows) labels.push(labelOf(JSON.parse(String(row['line'])) as never));
  }
  return labels;
}

function take(path: string, label: string, when: Kill['when']): Kill | undefined {
  const kills = JSON.parse(readFileSync(path, 'utf8')) as readonly Kill[];
  const index = kills.findIndex((kill) => kill.label === label && kill.when === when);
  const kill = kills[index];
  if (kill === undefined) return undefined;
  writeFileSync(`${path}.new`, JSON.stringify(kills.toSpliced(index, 1)));
  renameSync(`${path}.new`, path);
  appendFileSync(`${path}.done`, `${label} ${when}\n`);
  return kill;
}
