import { waitFor } from '../../base/clock.ts';
import type { ObligationDraft } from '../../events/event.ts';
import { sameRecordSet, sameValues, showRecordSet } from '../../providers/dns/record-set.ts';
import type { NameServerAnswer, RecordSet } from '../../providers/providers.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { StepContext } from '../step-kind.ts';
import { findSet } from './changes.ts';

/** What the zone's servers answer against what is wanted. */
export interface ServersStanding {
  /** Servers that must answer the new values and do not, with what they say. */
  readonly behind: readonly string[];
  /** Servers in lost datacentres that are silent or answer the old values. */
  readonly lostBehind: readonly string[];
  readonly agreeing: readonly string[];
}

/** Pure: answers → standing. `compare`: values alone, or TTL too. */
export function judgeServers(
  zone: DnsZone,
  answers: readonly NameServerAnswer[],
  wanted: { readonly sets: readonly RecordSet[]; readonly lost: readonly string[]; readonly compare: 'values' | 'all' },
): ServersStanding {
  const same = wanted.compare === 'values' ? sameValues : sameRecordSet;
  const standing = { behind: [] as string[], lostBehind: [] as string[], agreeing: [] as string[] };
  for (const { server, address, answer } of answers) {
    const datacentre = zone.servers.find((one) => one.name === server && one.address === address)?.datacentre ?? '';
    const wrong =
      answer.kind === 'silent'
        ? [answer.reason]
        : wanted.sets.flatMap((set) => {
            const theirs = findSet(answer.records, set);
            if (theirs === undefined) return [`has no ${set.name} ${set.type}`];
            return same(theirs, set) ? [] : [`answers ${showRecordSet(theirs)}`];
          });
    const who = `${server} (${address})`;
    if (wrong.length === 0) standing.agreeing.push(who);
    else (wanted.lost.includes(datacentre) ? standing.lostBehind : standing.behind).push(`${who} ${wrong.join(', ')}`);
  }
  return standing;
}

/** Asks soon, then every second, until all servers that must answer do, at least one among them; otherwise the last standing. */
export async function awaitServers(
  zone: DnsZone,
  wanted: { readonly sets: readonly RecordSet[]; readonly compare: 'values' | 'all'; readonly timeoutMs: number },
  context: StepContext,
): Promise<ServersStanding> {
  const lost = context.facts.situation?.lost ?? [];
  let last: ServersStanding = { behind: ['no server was asked'], lostBehind: [], agreeing: [] };
  await waitFor(
    async () => {
      const answers = await context.providers.askNameServers(zone, wanted.sets, context.signal);
      last = judgeServers(zone, answers, { ...wanted, lost });
      report(last, context);
      return isSettled(last) ? true : undefined;
    },
    { firstMs: 100, everyMs: 1_000, timeoutMs: wanted.timeoutMs, clock: context.clock, signal: context.signal },
  );
  return last;
}

/** No server that must answer is behind, and at least one was heard: all silent proves nothing. */
export function isSettled(standing: ServersStanding): boolean {
  return standing.behind.length === 0 && standing.agreeing.length > 0;
}

/** A name server that burns cannot be switched: when it comes back with the old values, users go astray. */
export function lostServerObligations(zone: DnsZone, standing: ServersStanding): readonly ObligationDraft[] {
  return standing.lostBehind.map((who) => ({
    kind: 'dns' as const,
    text: `name server of ${zone.zone} in a lost datacentre: ${who}; when it comes back it must answer the new values, or leave the delegation`,
  }));
}

function report(standing: ServersStanding, context: StepContext): void {
  const total = standing.agreeing.length + standing.behind.length;
  const text = `${String(standing.agreeing.length)} of ${String(total)} name servers answer the new values${
    standing.behind.length === 0 ? '' : `; waiting for ${standing.behind.join('; ')}`
  }`;
  context.report({ doneBytes: 0, totalBytes: 0, text, lastOutputAt: context.clock.nowIso() });
}
