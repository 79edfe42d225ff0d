import { createHash } from 'node:crypto';
import { absolutePath } from '../remote/host-path.ts';
import type { StepContext } from '../step-kind.ts';

/** NAMEDATALEN - 1 of PostgreSQL as it is shipped. */
const nameMax = 63;

const compact = (run: string): string => run.replaceAll(/[^a-z0-9]/g, '');

/** The fresh database of an import: one a token, so that no attempt ever meets another's leftovers. */
export function freshName(database: string, token: string): string {
  const [run = '', seq = ''] = token.split('.');
  const prefix = leftoverPrefix(database, run);
  // PostgreSQL cuts longer names off, and two attempts could meet under what is left.
  if (prefix.length + seq.length <= nameMax) return `${prefix}${seq}`;
  return `${prefix}${createHash('sha256')
    .update(token)
    .digest('hex')
    .slice(0, nameMax - prefix.length)}`;
}

/** What the names of a run's fresh databases begin with. */
export function leftoverPrefix(database: string, run: string): string {
  return `${database}_drp_${compact(run)}_`;
}

/** Where the replaced database is kept. */
export function asideName(database: string, run: string): string {
  return `${database}_before_${compact(run)}`;
}

/** Comment on a database whose import came to its end; it stays through the change of names. */
export function importMark(fresh: string): string {
  return `drp import ${fresh} complete`;
}

/** Folder of a run's own files on a host. */
export function runFolder(context: Pick<StepContext, 'world' | 'run'>, host: string): string {
  return absolutePath(context.world, host, `.drp/${context.run.id}`);
}
