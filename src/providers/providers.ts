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

export interface DnsChange {
  readonly from: RecordSet;
  readonly to: RecordSet;
}

export type DnsOutcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'already' }
  /** Somebody else changed it: `current` is what stands now. */
  | { readonly kind: 'conflict'; readonly current: readonly RecordSet[] }
  /** No answer that says either; read back before anything else. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** The zone's source of truth. All changes of a call are one atomic compare-and-set; never an overwrite. */
export interface DnsProvider {
  read(
    names: readonly { readonly name: string; readonly type: RecordSet['type'] }[],
    signal?: AbortSignal,
  ): Promise<readonly RecordSet[]>;
  compareAndSet(changes: readonly DnsChange[], signal?: AbortSignal): Promise<DnsOutcome>;
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

export interface TicketMessage {
  readonly subject: string;
  readonly text: string;
  /** `run:milestone`: finds the ticket again after a lost answer; one message a key, for ever. */
  readonly key: string;
  /** Id of the ticket to answer. */
  readonly answers?: string;
}

export interface TicketDesk {
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
  desk(desk: Desk, secret: (reference: SecretReference) => Promise<Secret>): Promise<TicketDesk>;
}
