import { pathUnder } from '../plan/host-path.ts';
import type { PlannedWorld, Resource } from '../plan/plan.ts';

/** A resource in its parts: `files:HOST:PATH`, `database:HOST:NAME`, `dns:NAME`, `service:SIDE`; anything else is 'other'. */
export interface ResourceParts {
  readonly kind: 'files' | 'database' | 'dns' | 'service' | 'other';
  /** Host for files and databases, '' elsewhere. */
  readonly host: string;
  /** Absolute path, database, DNS name, side, or the whole text. */
  readonly name: string;
}

/** Reads a resource; a path is made absolute on its host, so that two spellings of one folder compare equal. */
export function resourceParts(resource: Resource, world: PlannedWorld): ResourceParts {
  const [kind = '', host = '', ...rest] = resource.split(':');
  const name = rest.join(':');
  if (kind === 'files' && name !== '') return { kind, host, name: absolute(world, host, name) };
  if (kind === 'database' && name !== '') return { kind, host, name };
  if ((kind === 'dns' || kind === 'service') && host !== '') return { kind, host: '', name: host };
  return { kind: 'other', host: '', name: resource };
}

/** One and the same, or one folder inside the other. */
export function overlaps(a: ResourceParts, b: ResourceParts): boolean {
  if (a.kind !== b.kind || a.host !== b.host) return false;
  return a.name === b.name || (a.kind === 'files' && (within(a.name, b.name) || within(b.name, a.name)));
}

/** The path is this folder or lies inside it. */
export function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** A path of a step as it is on its host. */
export function absolute(world: PlannedWorld, host: string, path: string): string {
  return pathUnder(world.hosts[host]?.base ?? '', path);
}

export function resourceText({ kind, host, name }: ResourceParts): string {
  return kind === 'other' ? name : [kind, host, name].filter((part) => part !== '').join(':');
}
