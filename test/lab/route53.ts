import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hiddenServer, providerKeyFile, zone } from './dns.ts';
import type { Endpoint, Route53Facts } from './facts.ts';
import type { LabContext } from './process.ts';
import { launch, processState } from './process.ts';
import { addRelay } from './relay.ts';
import { waitForService } from './service.ts';

/** What the endpoint does beside its work. For "the API cannot be reached" use its relay, `route53`. */
export interface Route53Faults {
  /** silent: requests are read and never answered. error500: answered by an internal failure. lost-reply: carried out, then the connection is reset. */
  readonly answer: 'normal' | 'silent' | 'error500' | 'lost-reply';
  /** Operations answered AccessDenied, by name: ChangeResourceRecordSets. */
  readonly denied: readonly string[];
  /** Every call answered Throttling, whatever its rate. */
  readonly throttled: boolean;
  /** Every change answered PriorRequestNotComplete. */
  readonly busy: boolean;
  /** How long a change is PENDING before it reaches the name servers. */
  readonly insyncDelayMs: number;
}

/** One line of calls.jsonl. */
export interface Route53Call {
  readonly at: string;
  readonly operation: string;
  readonly status: number;
  readonly code?: string;
  /** Of a well-formed ChangeResourceRecordSets. */
  readonly changes?: readonly { readonly action: string; readonly name: string; readonly type: string }[];
}

export interface Route53Configuration {
  readonly folder: string;
  readonly listen: Endpoint;
  readonly zone: string;
  readonly zoneId: string;
  readonly accessKeyId: string;
  readonly secret: string;
  /** Where the zone is read and written, past the doors that faults close. */
  readonly server: Endpoint;
  readonly keyFile: string;
}

const noFaults: Route53Faults = { answer: 'normal', denied: [], throttled: false, busy: false, insyncDelayMs: 1_000 };

/** The Route 53 endpoint of the lab's zone. Start it after startDns: it lists what BIND serves and writes there. */
export async function startRoute53(lab: LabContext): Promise<Route53Facts> {
  const facts = route53Facts(lab);
  const folder = folderOf(lab);
  mkdirSync(folder, { recursive: true });
  const listen = { address: `${lab.net}.43`, port: 18_053 };
  const { zoneId, accessKeyId } = facts;
  const secret = derived(lab, 'secret', 'base64').slice(0, 40);
  writeFileSync(facts.secretFile, `${secret}\n`, { mode: 0o600 });
  if (!existsSync(faultsFile(folder))) await setRoute53(lab, {});
  const server = await hiddenServer(lab, 'ns1');
  const configuration: Route53Configuration = {
    folder,
    listen,
    zone,
    zoneId,
    accessKeyId,
    secret,
    server,
    keyFile: providerKeyFile(lab),
  };
  writeFileSync(join(folder, 'configuration.json'), JSON.stringify(configuration), { mode: 0o600 });
  if (processState(lab, 'route53') !== 'running') {
    const main = fileURLToPath(new URL('./route53-main.ts', import.meta.url));
    await launch(lab, { name: 'route53', argv: [process.execPath, main, join(folder, 'configuration.json')] });
  }
  await addRelay(lab, { name: 'route53', listen: { address: `${lab.net}.43`, port: 8053 }, target: listen });
  await waitForService(lab, 'route53', async () => {
    const { status } = await fetch(`http://${listen.address}:${String(listen.port)}/`);
    return status === 403 ? true : undefined;
  });
  return facts;
}

/** Where a lab's endpoint is, and what opens it, whether or not it runs. */
function route53Facts(lab: LabContext): Route53Facts {
  return {
    endpoint: `http://${lab.net}.43:8053`,
    zoneId: `Z0${derived(lab, 'zone', 'hex').toUpperCase().slice(0, 19)}`,
    accessKeyId: `AKIAPRACTICE${derived(lab, 'key', 'hex').toUpperCase().slice(0, 8)}`,
    secretFile: join(folderOf(lab), 'secret'),
  };
}

/** Sets faults; those not named are off. In force for the next request. */
export function setRoute53(lab: LabContext, faults: Partial<Route53Faults>): Promise<void> {
  const file = faultsFile(folderOf(lab));
  writeFileSync(`${file}.new`, JSON.stringify({ ...noFaults, ...faults }));
  renameSync(`${file}.new`, file);
  return Promise.resolve();
}

/** Every call so far, oldest first; a test reads here that UPSERT was never used. */
export function route53Calls(lab: LabContext): readonly Route53Call[] {
  const file = join(folderOf(lab), 'calls.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Route53Call);
}

/** The endpoint's own view of its faults. */
export const readFaults = (folder: string): Route53Faults =>
  JSON.parse(readFileSync(faultsFile(folder), 'utf8')) as Route53Faults;

const folderOf = (lab: LabContext): string => join(lab.dir, 'route53');
const faultsFile = (folder: string): string => join(folder, 'faults.json');

/** Derived from the net, so that a runbook made for a lab stays valid when the lab is made again. */
const derived = (lab: LabContext, what: string, encoding: 'hex' | 'base64'): string =>
  createHash('sha256').update(`drp practice lab Route 53 ${what}: ${lab.net}`).digest(encoding);
