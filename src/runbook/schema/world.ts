import { z } from 'zod';
import { argv, duration, hostPath, ipAddress, name, port, secretReference } from './basics.ts';

export const datacentre = z.strictObject({ city: z.string(), country: z.string().optional() });

export const host = z.strictObject({
  role: z.enum(['production', 'recovery', 'backup', 'bastion', 'other']),
  datacentre: name,
  address: ipAddress,
  port: port.default(22),
  user: z.string().regex(/^[a-z_][a-z0-9._-]*$/, 'expected a login name'),
  base: z.string().startsWith('/').default('/srv'),
  /** `TYPE BASE64` lines, as pinned by `drp hosts pin`. */
  hostKeys: z
    .array(z.string().regex(/^(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+$/, 'expected a public host key: TYPE BASE64'))
    .default([]),
  identity: z.strictObject({ file: z.string().startsWith('/').default('/etc/machine-id'), text: z.string().min(1) }),
  transport: z.enum(['ssh2', 'openssh']).default('ssh2'),
  via: name.optional(),
  keyFile: z.string().optional(),
  keyFingerprint: z.string().startsWith('SHA256:').optional(),
  /** How other hosts reach this one when they copy from it (`ssh -F` file on the copying host, and the host's alias there). */
  peers: z
    .strictObject({ sshConfig: z.string().optional(), alias: z.string().optional(), keyFile: z.string().optional() })
    .optional(),
});
export type Host = z.output<typeof host>;

/** One side of the service: where users are sent. */
const side = z.strictObject({ host: name, address: ipAddress, port: port.optional() });

/** A page that `drp check` looks at on the side users are on, besides the service's own. */
const page = z
  .strictObject({
    url: z.url(),
    status: z.int().min(100).max(599).default(200),
    contains: z.array(z.string()).default([]),
    /** Longest answer time that is no finding. */
    within: duration.default(2_000),
    /** A value of its JSON that is an instant, and how old that may be: a copy that stands still answers 200, too. */
    newest: z.strictObject({ json: z.string().min(1), age: duration }).optional(),
  })
  .transform(({ within, ...rest }) => ({ ...rest, withinMs: within }));
export type Page = z.output<typeof page>;

/** A record whose plain text is known: shows that the keys to decrypt with are at a host. */
const decrypts = z.strictObject({ host: name, run: argv, expect: z.string().min(1) });

export const service = z.strictObject({
  name: z.string(),
  url: z.url(),
  caFile: z.string().optional(),
  production: side,
  recovery: side,
  pages: z.array(page).optional(),
  /** What the side users are not on is while nobody needs it. */
  standby: z.enum(['closed', 'open']).optional(),
  decrypts: decrypts.optional(),
  /** The authority that certificates are from, as CAA records name it. */
  certificateAuthority: z.string().optional(),
});
export type Service = z.output<typeof service>;

export const database = z.strictObject({
  engine: z.enum(['postgresql']).default('postgresql'),
  host: name,
  address: ipAddress,
  port: port.default(5432),
  name: z.string().regex(/^[a-z_][a-z0-9_]{0,40}$/, 'expected a database name'),
  user: z.string().regex(/^[a-z_][a-z0-9_]*$/, 'expected a role name'),
  password: secretReference.optional(),
  /** Folder of the programs (psql, pg_restore …) on the host, where they are not on PATH. */
  programs: z.string().startsWith('/').optional(),
  /** Table → column that says when a row was written: newest restored data, orphan rows. */
  timestamps: z.record(z.string(), z.string()).default({}),
  /**
   * What is compared of the rows' contents, beside their number, when a dump that drp made is imported: one row in a hundred
   * (sampled, also where nothing is said), every row (all: several times as long), or nothing.
   */
  contents: z.enum(['sampled', 'all', 'none']).optional(),
  /**
   * How a dump of it is compressed on the way back: light, also where nothing is said; none where the line between both sides
   * carries 1 Gbit/s or more, and both have room for twice the database.
   */
  compression: z.enum(['light', 'none']).optional(),
  /** Messages of the import that do no harm, as regular expressions; each is counted. */
  benign: z.array(z.string()).default([]),
  /** Login roles of the application: barred when this side is fenced or frozen. */
  applicationRoles: z.array(z.string()).default([]),
});
export type Database = z.output<typeof database>;

const keepRule = z.union([
  /** Each of the last whole days, ISO weeks, months or years (UTC) holds a copy. */
  z.strictObject({ every: z.enum(['day', 'week', 'month', 'year']), last: z.int().min(1).max(10_000) }),
  /** No gap between two copies is much longer than this, for so long back. */
  z
    .strictObject({ every: duration, for: duration })
    .transform(({ every, for: span }) => ({ everyMs: every, forMs: span })),
]);

/** What copies must be there. `rule` is one that ships with drp; see docs/operations.md. */
export const retention = z.union([
  z.strictObject({
    rule: z.enum(['even-odd', 'grandfather', 'three-months', 'thirty-days']),
    since: z.iso.date().optional(),
  }),
  z.strictObject({ keep: z.array(keepRule).min(1), since: z.iso.date().optional() }),
]);
export type Retention = z.output<typeof retention>;
export type KeepRule = z.output<typeof keepRule>;

export const backup = z
  .strictObject({
    kind: z.enum(['files', 'database']),
    every: duration,
    retention: retention.optional(),
    sources: z
      .array(
        z.strictObject({
          host: name,
          folder: hostPath,
          /** How the newest is recognised: `{time}` stands for an instant such as 2026-11-21T1400Z or 2026-11-21. */
          pattern: z.string().includes('{time}'),
          /** Days of the month (UTC) whose copies this source holds; absent: every day's. */
          days: z.enum(['even', 'odd']).optional(),
        }),
      )
      .min(1),
  })
  .transform(({ every, ...rest }) => ({ ...rest, everyMs: every }));
export type Backup = z.output<typeof backup>;

const nameServer = z.strictObject({ name: z.string(), address: ipAddress, port: port.default(53), datacentre: name });
const record = z
  .strictObject({
    name: z.string(),
    type: z.enum(['A', 'AAAA', 'CNAME']),
    production: z.array(z.string()).min(1),
    recovery: z.array(z.string()).min(1),
    ttl: duration.default(60_000),
  })
  .transform(({ ttl, ...rest }) => ({ ...rest, ttlMs: ttl }));

export const dnsZone = z.strictObject({
  provider: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('rfc2136'),
      address: ipAddress,
      port: port.default(53),
      keyName: z.string(),
      algorithm: z.enum(['hmac-sha256', 'hmac-sha512']).default('hmac-sha256'),
      keySecret: secretReference,
    }),
    z.strictObject({
      kind: z.literal('route53'),
      /** Where the API answers, when not AWS's own address: tests, private endpoints. */
      endpoint: z.url().optional(),
      /** The pinned address of the API, so that no name has to be looked up; TLS still checks the name. */
      address: ipAddress.optional(),
      zoneId: z.string(),
      accessKeyId: z.string(),
      secretAccessKey: secretReference,
    }),
  ]),
  zone: z.string(),
  servers: z.array(nameServer).min(1),
  records: z.record(name, record),
  registrarConsole: z.string().optional(),
});
export type DnsZone = z.output<typeof dnsZone>;

export const desk = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('request-tracker'),
    url: z.url(),
    /** Where the URL's name is reached; without it the URL must hold an IP address. */
    address: ipAddress.optional(),
    caFile: z.string().optional(),
    queue: z.string(),
    token: secretReference,
    datacentre: name.optional(),
  }),
  z.strictObject({
    kind: z.literal('smtp'),
    address: ipAddress,
    port: port.default(25),
    from: z.string(),
    to: z.array(z.string()).min(1),
    user: z.string().optional(),
    password: secretReference.optional(),
    tlsName: z.string().optional(),
    caFile: z.string().optional(),
    datacentre: name.optional(),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    url: z.url(),
    /** Where the URL's name is reached; without it the URL must hold an IP address. */
    address: ipAddress.optional(),
    caFile: z.string().optional(),
    secret: secretReference.optional(),
    datacentre: name.optional(),
  }),
]);
export type Desk = z.output<typeof desk>;

export const person = z.strictObject({
  name: z.string(),
  roles: z.array(z.enum(['authoriser', 'operator', 'approver'])).min(1),
  contact: z.string().optional(),
  /** OS user name on the machine where drp runs. */
  osUser: z.string().optional(),
  /** Public keys, `TYPE BASE64 [comment]`. */
  keys: z.array(z.string()).default([]),
  /** Where they usually work: without that place they may be out of reach. */
  datacentre: name.optional(),
});
export type Person = z.output<typeof person>;

/** Where heads of the record are kept outside: a program of the machine drp runs on, given `RUN SEQ:HEAD` as its last argument. */
export const anchor = z.strictObject({
  /** How the record names it; else the program. */
  name: name.optional(),
  command: z.array(z.string()).min(1),
});

/** What drp itself needs on the day, and where it lies. `drp check --lost` asks what is left of it. */
export const own = z.strictObject({
  /** Where the machine stands that drp runs on, with its journal. */
  datacentre: name.optional(),
  copies: z
    .array(
      z.strictObject({
        what: z.enum(['program', 'runbook', 'journal', 'keys']),
        /** Where it is, for people: a laptop, a printed binder. */
        where: z.string().optional(),
        datacentre: name.optional(),
        host: name.optional(),
        path: hostPath.optional(),
      }),
    )
    .default([]),
});
export type Own = z.output<typeof own>;

export const gatePolicy = z
  .strictObject({
    roles: z.array(z.enum(['authoriser', 'operator', 'approver'])).min(1),
    approvals: z.int().min(1).max(5).default(1),
    notTheStarter: z.boolean().default(false),
    strength: z.enum(['os-user', 'ssh-key', 'hardware-key', 'hardware-key-pin']).default('os-user'),
    expires: duration.default(3_600_000),
    attested: z.boolean().optional(),
    breakGlass: z.boolean().optional(),
  })
  .transform(({ expires, ...rest }) => ({ ...rest, expiresMs: expires }));
export type GatePolicy = z.output<typeof gatePolicy>;
