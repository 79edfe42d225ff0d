import { homedir } from 'node:os';
import { join } from 'node:path';
import { DrpError } from '../base/errors.ts';
import type { Host } from '../runbook/schema/world.ts';
import type { HostTarget } from '../transports/transport.ts';

/** The hosts of a plan or runbook as transports need them, jump hosts resolved. Nothing is looked up. */
export function hostTargets(hosts: Readonly<Record<string, Host>>, home: string = homedir()): readonly HostTarget[] {
  return Object.keys(hosts).map((name) => targetOf(name, hosts, { home, behind: [] }));
}

function targetOf(
  name: string,
  hosts: Readonly<Record<string, Host>>,
  known: { readonly home: string; readonly behind: readonly string[] },
): HostTarget {
  const host = hosts[name];
  if (host === undefined || known.behind.includes(name)) {
    throw new DrpError('internal', { what: `host '${name}' cannot be reached as the runbook has it` });
  }
  const { address, port, user, base, hostKeys, identity, transport, keyFile, keyFingerprint } = host;
  const target: HostTarget = { name, address, port, user, base, hostKeys, identity, transport };
  return {
    ...target,
    ...(keyFile === undefined ? {} : { keyFile: atHome(keyFile, known.home) }),
    ...(keyFingerprint === undefined ? {} : { keyFingerprint }),
    ...(host.via === undefined
      ? {}
      : { via: targetOf(host.via, hosts, { ...known, behind: [...known.behind, name] }) }),
  };
}

/** `~/x` is meant as people write it. */
export function atHome(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}
