import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { clientArgv, postgresPrograms } from '../lab/postgres.ts';
import type { LabContext } from '../lab/process.ts';

const options = { encoding: 'utf8', maxBuffer: 1e9 } as const;
const dataLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => !/^(--|SET|\\(un)?restrict|$)/.test(line))
    .sort();

/** Every row, sequence and large object of a dump, as PostgreSQL's own reader tells them. */
export const rowsOfDump = (file: string): readonly string[] =>
  dataLines(execFileSync(join(postgresPrograms(), 'pg_restore'), ['--data-only', '-f', '-', file], options));

/** The same of a database that is there. */
export function rowsOfSite(lab: LabContext, site: 'limburg' | 'gravelines'): readonly string[] {
  const [program = '', ...where] = clientArgv(lab, site, 'pg_dump');
  return dataLines(execFileSync(program, [...where, '--data-only', 'kyc'], options));
}
