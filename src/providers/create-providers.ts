import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import type { SecretReference } from '../runbook/schema/basics.ts';
import type { Desk, DnsZone } from '../runbook/schema/world.ts';
import type { DnsProvider, Providers, TicketDesk } from './providers.ts';

/** Adapters of the outside services a plan names. A backend's package is loaded when a plan first needs it. */
export function createProviders(deps: { readonly clock?: Clock } = {}): Providers {
  const clock = deps.clock ?? systemClock;
  return {
    dns: (zone, secret) => dnsProvider(zone, secret, clock),
    askNameServers: async (...question) => (await import('./dns/name-servers.ts')).askNameServers(...question),
    askAuthorities: async (...question) => (await import('./dns/authorities.ts')).askAuthorities(...question),
    desk: ticketDesk,
  };
}

type SecretSource = (reference: SecretReference) => Promise<Secret>;

async function dnsProvider(zone: DnsZone, secret: SecretSource, clock: Clock): Promise<DnsProvider> {
  const { provider } = zone;
  if (provider.kind === 'rfc2136') {
    const { rfc2136Provider } = await import('./dns/rfc2136.ts');
    return rfc2136Provider(zone, provider, { secret: await secret(provider.keySecret), clock });
  }
  const { route53Provider } = await import('./dns/route53.ts');
  return route53Provider(zone, provider, { secret: await secret(provider.secretAccessKey), clock });
}

async function ticketDesk(desk: Desk, secret: SecretSource): Promise<TicketDesk> {
  switch (desk.kind) {
    case 'request-tracker': {
      const { requestTrackerDesk } = await import('./desk/request-tracker.ts');
      return requestTrackerDesk(desk, await secret(desk.token));
    }
    case 'smtp': {
      const { smtpDesk } = await import('./desk/smtp.ts');
      return smtpDesk(desk, desk.password === undefined ? undefined : await secret(desk.password));
    }
    case 'webhook': {
      const { webhookDesk } = await import('./desk/webhook.ts');
      return webhookDesk(desk, desk.secret === undefined ? undefined : await secret(desk.secret));
    }
  }
}
