import type { SecretReference } from './schema/basics.ts';

export interface DraftHost {
  readonly name: string;
  readonly datacentre: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly base: string;
  /** As shown by the host and checked by a person another way. */
  readonly hostKeys: readonly string[];
  readonly identity: { readonly file: string; readonly text: string };
  readonly keyFile?: string;
}

export interface DraftBackup {
  readonly every: string;
  readonly folder: string;
  readonly pattern: string;
}

export interface DraftDatabase {
  readonly name: string;
  readonly user: string;
  readonly port: number;
  readonly passwords: { readonly production: SecretReference; readonly recovery: SecretReference };
  readonly applicationRoles: readonly string[];
  readonly backup: DraftBackup;
}

export type DraftDnsProvider =
  | {
      readonly kind: 'rfc2136';
      readonly address: string;
      readonly port: number;
      readonly keyName: string;
      readonly keySecret: SecretReference;
    }
  | {
      readonly kind: 'route53';
      readonly zoneId: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: SecretReference;
    };

export interface DraftPerson {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly ('authoriser' | 'operator' | 'approver')[];
  readonly contact?: string;
  readonly osUser?: string;
  readonly keys: readonly string[];
}

/** What `drp init` asked. Durations as people write them. */
export interface DraftAnswers {
  readonly site: string;
  readonly title: string;
  readonly objectives: {
    readonly rto: string;
    readonly filesLoss: string;
    readonly databaseLoss: string;
    readonly skew: string;
  };
  /** Name → city. */
  readonly datacentres: Readonly<Record<string, string>>;
  readonly service: { readonly name: string; readonly url: string; readonly caFile?: string };
  readonly production: DraftHost;
  readonly recovery: DraftHost;
  readonly backupHosts: readonly DraftHost[];
  /** Folder of the files users upload, the same on both sides, below base. */
  readonly files: { readonly path: string; readonly backup: DraftBackup };
  readonly database?: DraftDatabase;
  readonly dns: {
    readonly zone: string;
    readonly record: { readonly name: string; readonly type: 'A' | 'AAAA'; readonly ttl: string };
    readonly provider: DraftDnsProvider;
    readonly servers: readonly {
      readonly name: string;
      readonly address: string;
      readonly port: number;
      readonly datacentre: string;
    }[];
  };
  readonly mail?: {
    readonly address: string;
    readonly port: number;
    readonly from: string;
    readonly to: readonly string[];
  };
  readonly people: readonly DraftPerson[];
  /** File that closes the site while it is there, below base. */
  readonly maintenanceFlag: string;
}
