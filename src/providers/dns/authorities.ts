import { toError } from '../../base/errors.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { AuthorityAnswer } from '../providers.ts';
import { askWithAuthority } from './name-servers.ts';
import { plainName } from './record-set.ts';
import type { Reply } from './wire.ts';

/** Time one try may take; there are two. */
const tryMs = 2_000;

/**
 * Which authorities may make certificates for a name: the CAA records of the closest name that has any, from the name up
 * to the zone (RFC 8659, 3). The servers are asked in turn until one answers. Never throws for a server.
 */
export async function askAuthorities(zone: DnsZone, name: string, signal?: AbortSignal): Promise<AuthorityAnswer> {
  let reason = 'no name server';
  for (const server of zone.servers) {
    try {
      const ask = (at: string): Promise<Reply> =>
        askWithAuthority(
          server,
          { name: at, type: 'CAA' },
          { timeoutMs: tryMs, ...(signal === undefined ? {} : { signal }) },
        );
      return await climb(zone.zone, name, ask);
    } catch (error) {
      signal?.throwIfAborted();
      reason = `${server.name}: ${toError(error).message}`;
    }
  }
  return { kind: 'silent', reason };
}

async function climb(zone: string, name: string, ask: (at: string) => Promise<Reply>): Promise<AuthorityAnswer> {
  const top = plainName(zone);
  for (let at = plainName(name); at === top || at.endsWith(`.${top}`); at = at.slice(at.indexOf('.') + 1)) {
    const { authorities } = await ask(at);
    if (authorities.length > 0) {
      // `issue ";"` alone allows nobody; parameters follow the domain after a semicolon.
      const issue = authorities
        .filter(({ tag }) => tag === 'issue')
        .map(({ value }) => (value.split(';')[0] ?? '').trim().toLowerCase());
      if (issue.length === 0) return { kind: 'unrestricted' };
      return { kind: 'restricted', from: at, issue: issue.filter((domain) => domain !== '') };
    }
    if (at === top) break;
  }
  return { kind: 'unrestricted' };
}
