import { requestAt } from '../../providers/web/request-at.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { CheckContext, Finding, Probe } from '../check.ts';
import { findingFor } from '../finding-for.ts';

const askMs = 10_000;

/** Issuers as certificates name them, and the domain by which CAA records do (each authority's own practice statement). */
const knownAuthorities: readonly (readonly [issuer: RegExp, domains: readonly string[]])[] = [
  [/let'?s encrypt/i, ['letsencrypt.org']],
  [
    /digicert|thawte|geotrust|rapidssl/i,
    ['digicert.com', 'www.digicert.com', 'thawte.com', 'geotrust.com', 'rapidssl.com'],
  ],
  [/sectigo|comodo|zerossl/i, ['sectigo.com', 'comodoca.com', 'comodo.com', 'zerossl.com']],
  [/google trust/i, ['pki.goog', 'google.com']],
  [/globalsign/i, ['globalsign.com']],
  [/amazon/i, ['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com']],
  [/godaddy|starfield/i, ['godaddy.com', 'starfieldtech.com']],
  [/entrust/i, ['entrust.net']],
  [/certigna|dhimyotis/i, ['certigna.fr']],
  [/gandi/i, ['sectigo.com', 'comodoca.com']],
];

/** CAA forgotten: the certificate of the day after the switch is refused by the authority that made today's. */
export function authorityProbes(runbook: Runbook): readonly Probe[] {
  const { hostname, protocol } = new URL(runbook.service.url);
  const zone = closestZone(runbook, hostname);
  if (zone === undefined || protocol !== 'https:') return [];
  return [{ id: 'dns.caa', subject: hostname, run: async (context) => [await look(context, zone, hostname)] }];
}

async function look(context: CheckContext, zone: DnsZone, name: string): Promise<Finding> {
  const say = findingFor('dns.caa', name);
  const servers = zone.servers.filter(({ datacentre }) => !context.lost.includes(datacentre));
  if (servers.length === 0) return say.skipped('its name servers are taken as lost');
  const answer = await context.providers.askAuthorities({ ...zone, servers }, name, context.signal);
  if (answer.kind === 'silent') return say.unknown(answer.reason, { advice: 'See dns.server: no name server told.' });
  if (answer.kind === 'unrestricted') return say.ok('any authority may make its certificate');
  const wanted = await authoritiesInUse(context);
  const allowed = answer.issue.length === 0 ? 'nobody' : answer.issue.join(', ');
  const found = `CAA of ${answer.from} allows ${allowed}`;
  if (wanted.kind === 'unknown') {
    const advice = 'Name the authority in the runbook, service.certificateAuthority, as CAA records do.';
    return say.warn(`${found}; ${wanted.reason}`, { advice });
  }
  if (wanted.domains.some((domain) => answer.issue.includes(domain))) return say.ok(found);
  const [domain = ''] = wanted.domains;
  const advice = `Allow it in the zone (CAA 0 issue "${domain}"), or the next certificate, on either side, is refused.`;
  return say.warn(`${found}; the certificate in use is from ${wanted.name}`, { threshold: domain, advice });
}

type InUse =
  | { readonly kind: 'known'; readonly name: string; readonly domains: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: string };

async function authoritiesInUse({ runbook, lost, signal }: CheckContext): Promise<InUse> {
  const { url, certificateAuthority, production, recovery } = runbook.service;
  if (certificateAuthority !== undefined) {
    return { kind: 'known', name: certificateAuthority, domains: [certificateAuthority.toLowerCase()] };
  }
  const sides = [production, recovery].filter(({ host }) => !lost.includes(runbook.hosts[host]?.datacentre ?? ''));
  for (const { address, port } of sides) {
    const reply = await requestAt({
      url,
      address,
      ...(port === undefined ? {} : { port }),
      checkCertificate: false,
      timeoutMs: askMs,
      signal,
    });
    const issuer = reply.kind === 'answered' ? reply.certificateIssuer : undefined;
    if (issuer === undefined) continue;
    const domains = knownAuthorities.find(([pattern]) => pattern.test(issuer))?.[1];
    if (domains !== undefined) return { kind: 'known', name: issuer, domains };
    return { kind: 'unknown', reason: `the certificate in use is from ${issuer}, whose CAA name drp does not know` };
  }
  return { kind: 'unknown', reason: 'no side showed a certificate' };
}

/** The zone of the runbook that a name is in; the longest of several. */
export function closestZone(runbook: Pick<Runbook, 'dns'>, name: string): DnsZone | undefined {
  return Object.values(runbook.dns)
    .filter(({ zone }) => name === zone || name.endsWith(`.${zone.replace(/\.$/, '')}`))
    .toSorted((a, b) => b.zone.length - a.zone.length)[0];
}
