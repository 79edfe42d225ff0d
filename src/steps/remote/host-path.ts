import { DrpError } from '../../base/errors.ts';
import { pathUnder } from '../../plan/host-path.ts';
import type { PlannedWorld } from '../../plan/plan.ts';
import type { Database, Host } from '../../runbook/schema/world.ts';

/** The host of that name. Throws internal: a checked runbook names only hosts it has. */
export function hostOf(world: Pick<PlannedWorld, 'hosts'>, name: string): Host {
  const host = world.hosts[name];
  if (host === undefined) throw new DrpError('internal', { what: `the plan has no host '${name}'` });
  return host;
}

/** The database of that name. Throws internal: a checked runbook names only databases it has. */
export function databaseOf(world: PlannedWorld, name: string): Database {
  const database = world.databases[name];
  if (database === undefined) throw new DrpError('internal', { what: `the plan has no database '${name}'` });
  return database;
}

/** A path of a step as it is on the host: absolute, without a slash at its end. */
export function absolutePath(world: Pick<PlannedWorld, 'hosts'>, host: string, path: string): string {
  return pathUnder(path.startsWith('/') ? '' : hostOf(world, host).base, path);
}

/** The folder a path lies in, and its last name. */
export function splitPath(path: string): { readonly folder: string; readonly base: string } {
  const slash = path.lastIndexOf('/');
  return { folder: slash <= 0 ? '/' : path.slice(0, slash), base: path.slice(slash + 1) };
}
