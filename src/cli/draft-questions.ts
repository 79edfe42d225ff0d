import { parseDuration } from '../base/duration.ts';
import { DrpError } from '../base/errors.ts';
import type { Ask } from './ask.ts';

/** One fact `drp init` asks for. */
export interface Fact {
  readonly key: string;
  readonly message: string;
  readonly refuse: (text: string) => string | undefined;
}

const say = (key: string, message: string, refuse: Fact['refuse']): Fact => ({ key, message, refuse });
const some = (text: string) => (text === '' ? 'something is needed' : undefined);
const named = (text: string) =>
  /^[a-z][a-z0-9-]{0,62}$/.test(text) ? undefined : 'lower-case letters, digits and hyphens';
const lasting = (text: string) => (parseDuration(text) === undefined ? 'a duration such as 90s, 20m, 2h' : undefined);
const portNumber = (text: string) =>
  /^\d+$/.test(text) && Number(text) > 0 && Number(text) < 65536 ? undefined : 'a port number';
const absolute = (text: string) => (text.startsWith('/') ? undefined : 'an absolute path');
const withTime = (text: string) =>
  text.includes('{time}') ? undefined : 'a pattern with {time}, e.g. kyc-{time}.dump';

/** Asked once, before anything is asked of hosts. */
export const siteFacts: readonly Fact[] = [
  say('title', 'What is recovered, in a few words?', some),
  say('rto', 'How long may recovery take? (e.g. 4h)', lasting),
  say('filesLoss', 'How much of the files may be lost? (e.g. 24h)', lasting),
  say('databaseLoss', 'How much of the database may be lost? (e.g. 2h)', lasting),
  say('skew', 'How far apart in time may files and database be? (e.g. 4h)', lasting),
  say('service', 'Name users type (e.g. www.example.org)?', some),
  say('url', 'URL that shows that the service is healthy (https://…)?', (text) =>
    URL.canParse(text) ? undefined : 'a URL',
  ),
  say('filesPath', 'Folder of uploaded files below the base folder of both sides (e.g. www)?', some),
  say('maintenanceFlag', 'File that closes the site while it is there (e.g. flags/maintenance)?', some),
  say('filesFolder', 'Folder of file backups on the backup servers (e.g. backups/files)?', some),
  say('filesPattern', 'How is a file backup called there? ({time} stands for its instant, e.g. {time})', withTime),
  say('filesEvery', 'How often are files backed up? (e.g. 24h)', lasting),
  say('zone', 'DNS zone (e.g. example.org)?', some),
  say('dnsAddress', 'IP address of its primary name server (RFC 2136 updates)?', some),
  say('dnsPort', 'Port of that name server (53)?', portNumber),
  say('dnsKeyName', 'Name of the TSIG key?', some),
  say('dnsKeyFile', 'File that holds the TSIG secret (readable by you alone)?', some),
  say('ttl', 'TTL of the record in normal times (e.g. 5m)?', lasting),
];

/** Asked where the service has a PostgreSQL database. */
export const databaseFacts: readonly Fact[] = [
  say('name', 'name of the database?', some),
  say('user', 'role that owns it?', some),
  say('port', 'port (5432)?', portNumber),
  say('productionPassword', 'file with its password on the production side (readable by you alone)?', some),
  say('recoveryPassword', 'file with its password on the recovery side?', some),
  say('applicationRole', 'login role of the application?', some),
  say('folder', 'folder of dumps on the backup servers (e.g. backups/database)?', some),
  say('pattern', 'how is a dump called there? (e.g. kyc-{time}.dump)', withTime),
  say('every', 'how often is it dumped? (e.g. 2h)', lasting),
];

/** Asked where messages go out by mail. */
export const mailFacts: readonly Fact[] = [
  say('address', 'IP address of the mail server?', some),
  say('port', 'its port (25)?', portNumber),
  say('from', 'sender?', some),
  say('to', 'recipient?', some),
];

/** Asked for the production host, the recovery host and each backup server. */
export const hostFacts: readonly Fact[] = [
  say('name', 'name of the host?', named),
  say('datacentre', 'datacentre it stands in (what burns together)?', named),
  say('city', 'city of that datacentre?', some),
  say('address', 'IP address?', some),
  say('port', 'SSH port?', portNumber),
  say('user', 'login name?', some),
  say('base', 'base folder (e.g. /srv)?', absolute),
  say('keyFile', 'SSH private key file on this machine (or agent)?', some),
];

export const personFacts: readonly Fact[] = [
  say('id', 'short name of the person?', named),
  say('name', 'name?', some),
  say('osUser', 'OS user on this machine (or none)?', some),
  say('key', "public SSH key, 'ssh-ed25519 AAAA…' (or none)?", (text) =>
    text === 'none' || /^(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+/.test(text) ? undefined : 'a public key line, or none',
  ),
];

/** Asks for each fact in turn. Throws nothing-to-do where the person leaves. */
export async function askFacts(
  ask: Ask,
  facts: readonly Fact[],
  about = '',
): Promise<Readonly<Record<string, string>>> {
  const answers: Record<string, string> = {};
  for (const { key, message, refuse } of facts) {
    const answer = await ask.question({ message: `${about}${message}`, refuse, pasteAllowed: true });
    if (answer.kind !== 'typed')
      throw new DrpError('nothing-to-do', { what: 'left before the end', advice: 'No runbook was written.' });
    answers[key] = answer.text;
  }
  return answers;
}
