import type { Secret } from '../base/secret.ts';
import type { SecretReference } from '../runbook/schema/basics.ts';
import type { Desk, DnsZone } from '../runbook/schema/world.ts';

/** One RRset as it stands. `values` sorted. */
export interface RecordSet {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly ttlSeconds: number;
  readonly values: readonly string[];
}

/** One record set that becomes another; nothing is changed where `from` is not what stands there. */
export interface DnsChange {
  readonly from: RecordSet;
  readonly to: RecordSet;
}

/** What became of a compare-and-set. */
export type DnsOutcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'already' }
  /** Somebody else changed it: `current` is what stands now. */
  | { readonly kind: 'conflict'; readonly current: readonly RecordSet[] }
  /** No answer that says either; read back before anything else. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Whether a record could be changed tonight, found out without changing it. */
export type DnsRights =
  | { readonly kind: 'proven'; readonly how: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly advice: string }
  /** The backend has no way to ask; `how`: what was shown instead. */
  | { readonly kind: 'untestable'; readonly how: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The zone's source of truth. All changes of a call are one atomic compare-and-set; never an overwrite. */
export interface DnsProvider {
  read(
    names: readonly { readonly name: string; readonly type: RecordSet['type'] }[],
    signal?: AbortSignal,
  ): Promise<readonly RecordSet[]>;
  compareAndSet(changes: readonly DnsChange[], signal?: AbortSignal): Promise<DnsOutcome>;
  /** Whether this one record may be changed, without changing it or the zone's serial. Never throws for a refusal. */
  mayChange(
    record: { readonly name: string; readonly type: RecordSet['type'] },
    signal?: AbortSignal,
  ): Promise<DnsRights>;
  /** The same change as a person would make it in the registrar's console. */
  byHand(changes: readonly DnsChange[]): readonly string[];
}

/** One server's own answer, asked directly at its address; no resolver takes part. */
export interface NameServerAnswer {
  readonly server: string;
  readonly address: string;
  readonly answer:
    | { readonly kind: 'answered'; readonly records: readonly RecordSet[]; readonly serial?: number }
    | { readonly kind: 'silent'; readonly reason: string };
}

/** Which authorities may make certificates for a name (CAA, RFC 8659). */
export type AuthorityAnswer =
  /** `issue`: domains of the authorities that may, as the closest name with CAA records has it; `from` is that name. Empty: none may. */
  | { readonly kind: 'restricted'; readonly from: string; readonly issue: readonly string[] }
  | { readonly kind: 'unrestricted' }
  | { readonly kind: 'silent'; readonly reason: string };

export interface TicketMessage {
  readonly subject: string;
  readonly text: string;
  /** `run:milestone`: finds the ticket again after a lost answer; one message a key, for ever. */
  readonly key: string;
  /** Id of the ticket to answer. */
  readonly answers?: string;
}

/** Whether a desk would take a message tonight, found out without sending one. */
export type DeskRights =
  | { readonly kind: 'proven'; readonly how: string }
  | { readonly kind: 'refused'; readonly what: 'login' | 'queue' | 'recipient'; readonly reason: string }
  /** It answers; more cannot be shown without sending. */
  | { readonly kind: 'untestable'; readonly how: string }
  | { readonly kind: 'silent'; readonly reason: string };

/** A place that messages go to: a ticket system, a mail server, a webhook. */
export interface TicketDesk {
  /** Looks whether a message would be taken; sends none. Never throws for what the desk answers. */
  inspect(signal?: AbortSignal): Promise<DeskRights>;
  /** Looks for a message already sent under this key. */
  find(key: string, signal?: AbortSignal): Promise<{ readonly id: string } | undefined>;
  /** Sends once; throws ticket-unsent (nothing sent) or ticket-unknown (may have been sent). `note`: what went less than well. */
  send(message: TicketMessage, signal?: AbortSignal): Promise<{ readonly id: string; readonly note?: string }>;
}

/** Made by cli/wire from the plan's world. */
export interface Providers {
  dns(zone: DnsZone, secret: (reference: SecretReference) => Promise<Secret>): Promise<DnsProvider>;
  askNameServers(
    zone: DnsZone,
    names: readonly { readonly name: string; readonly type: RecordSet['type'] }[],
    signal?: AbortSignal,
  ): Promise<readonly NameServerAnswer[]>;
  /** Asks the zone's servers in turn, from the name up to the zone. Never throws for a server. */
  askAuthorities(zone: DnsZone, name: string, signal?: AbortSignal): Promise<AuthorityAnswer>;
  desk(desk: Desk, secret: (reference: SecretReference) => Promise<Secret>): Promise<TicketDesk>;
}
