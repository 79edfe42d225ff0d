import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const hostNames = ['bastion', 'limburg', 'gravelines', 'backup-even', 'backup-odd'] as const;
/** `pdu` exists only where a network namespace could be made. */
export type HostName = (typeof hostNames)[number] | 'pdu';
export type SiteName = 'limburg' | 'gravelines';
/** anne: the customer's authoriser; otto: operator; vera: second operator, approver. */
export type PersonName = 'anne' | 'otto' | 'vera';

/** The last number of each address of a lab. */
export const hostNumbers = {
  bastion: 5,
  limburg: 10,
  gravelines: 20,
  'backup-even': 31,
  'backup-odd': 32,
  pdu: 50,
} as const satisfies Record<HostName, number>;
/** What burns together. */
export const datacentres = {
  limburg: ['limburg', 'backup-even'],
  gravelines: ['gravelines'],
  roubaix: ['backup-odd', 'bastion'],
} as const;
export type DatacentreName = keyof typeof datacentres;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface HostFacts extends Endpoint {
  /** The folder that plays /srv of this host; absolute. */
  readonly base: string;
  readonly home: string;
  /** `ssh-ed25519 AAAA…`, to be pinned. */
  readonly hostKey: string;
  readonly identityFile: string;
  /** The whole text of identityFile, without its final newline. */
  readonly identity: string;
  /**
   * On hosts that reach others: call ssh there as `ssh -F FILE` and rsync as `rsync -e 'ssh -F FILE' backup-even:…`.
   * ssh takes ~/.ssh from passwd, not from $HOME, so without -F it would find neither the host's own key nor its known hosts.
   * The names limburg, gravelines, backup-even and backup-odd are known in it; `[address]:port` too.
   */
  readonly sshConfig?: string;
  /** Only through this host. */
  readonly via?: HostName;
}

export interface DatabaseFacts {
  readonly host: string;
  readonly port: number;
  readonly name: 'kyc';
  /** Owner of the database, may create databases. */
  readonly user: string;
  /** Holds the password and a newline, mode 0600. */
  readonly passwordFile: string;
  /** The cluster's superuser, over the UNIX socket in this folder: what a DBA has on the host. */
  readonly socketFolder: string;
  readonly superuser: string;
}

export interface WebFacts extends Endpoint {
  readonly tlsPort: number;
  readonly name: string;
  readonly caFile: string;
  /**
   * While this file exists the site answers 503 with Retry-After: 120, whatever is asked, /health excepted: that goes on answering 200 from
   * the database, with `"maintenance": true`, so that a closed site can be verified before it is opened.
   */
  readonly maintenanceFlag: string;
  /** Configuration on the host that binds to its address; `web reload` is SIGHUP to the pid in pidFile. */
  readonly configFile: string;
  readonly pidFile: string;
}

export interface DnsFacts {
  readonly zone: 'kyc.test';
  readonly name: 'www.kyc.test';
  readonly servers: readonly ({ readonly name: string } & Endpoint)[];
  readonly tsigName: string;
  readonly tsigFile: string;
  readonly primary: Endpoint;
}

export interface Route53Facts {
  readonly endpoint: string;
  readonly zoneId: string;
  readonly accessKeyId: string;
  readonly secretFile: string;
}

export interface TicketFacts {
  readonly url: string;
  readonly queue: string;
  readonly tokenFile: string;
}

export interface MailFacts extends Endpoint {
  /** Folder of received .eml files. */
  readonly mailbox: string;
}

export interface WebhookFacts {
  readonly url: string;
  /** JSON lines, one a request. */
  readonly received: string;
}

/** Folders as absolute paths; they lie under the base of the backup server of the same key. */
export interface BackupFacts {
  readonly database: Record<'backup-even' | 'backup-odd', string>;
  readonly files: Record<'backup-even' | 'backup-odd', string>;
  /** Newest first. */
  readonly dumps: readonly {
    readonly host: 'backup-even' | 'backup-odd';
    readonly file: string;
    readonly takenAt: string;
  }[];
  readonly trees: readonly {
    readonly host: 'backup-even' | 'backup-odd';
    readonly folder: string;
    readonly takenAt: string;
  }[];
}

export interface LabFacts {
  readonly dir: string;
  readonly net: string;
  /** Login user on all hosts: who runs the lab. */
  readonly user: string;
  readonly hosts: Record<Exclude<HostName, 'pdu'>, HostFacts> & { readonly pdu?: HostFacts };
  /** Private key file drp logs in with. */
  readonly operatorKey: string;
  readonly people: Record<PersonName, { readonly keyFile: string; readonly publicKey: string }>;
  readonly allowedSigners: string;
  readonly databases: Record<SiteName, DatabaseFacts>;
  readonly web?: Record<SiteName, WebFacts>;
  readonly dns?: DnsFacts;
  readonly route53?: Route53Facts;
  readonly tickets?: TicketFacts;
  readonly smtp?: MailFacts;
  readonly webhook?: WebhookFacts;
  readonly backups: BackupFacts;
  /** `FILE on|off|status HOST` on the bastion switches a host's power: a way to fence. */
  readonly outlet: string;
  /** The bastion's second door, which asks password and one-time code (hex secret) and alone leads to `pdu`. Same host key. */
  readonly bastionLogin?: Endpoint & {
    readonly user: string;
    readonly passwordFile: string;
    readonly otpSecretFile: string;
  };
  /** Parts that could not run here, and why. */
  readonly skipped: readonly string[];
}

const factsFile = (dir: string): string => join(dir, 'lab.json');

/** Reads the facts of a lab that is up. Throws when there is none. */
export function readFacts(dir: string): LabFacts {
  try {
    return JSON.parse(readFileSync(factsFile(dir), 'utf8')) as LabFacts;
  } catch (cause) {
    throw new Error(`no lab is up in ${dir}`, { cause });
  }
}

/** Writes the facts so that a reader sees the old or the new ones, never half. */
export function writeFacts(facts: LabFacts): void {
  const file = factsFile(facts.dir);
  writeFileSync(`${file}.new`, `${JSON.stringify(facts, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}
