import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { makeDatabaseBackups, makeFileBackups, makeStaleRecovery } from './backups.ts';
import { noFullDisk, unmountAll } from './disk.ts';
import { startDns } from './dns.ts';
import { hostNames, readFacts, writeFacts, type LabFacts, type SiteName } from './facts.ts';
import { inflict } from './faults.ts';
import { writeListenConfig } from './files.ts';
import { guardLab, releaseGuard } from './guard.ts';
import { writeKeys } from './keys.ts';
import { startMail } from './mail.ts';
import { namespaceMissing, startNamespace } from './namespace.ts';
import { installCommand, missingPackages } from './packages.ts';
import { databaseFacts, makeCluster, makePasswords, postgresPort, sql } from './postgres.ts';
import { writeOutlet } from './power.ts';
import { endProcess, endStragglers, recordedProcesses, run, type LabContext } from './process.ts';
import { addRelay } from './relay.ts';
import { startRoute53 } from './route53.ts';
import { writeRunbook } from './runbook.ts';
import { writeServeCopy } from './serve-copy.ts';
import { hiddenSshPort, hostAddress, hostFolder, makeHosts, sshPort, startSshds } from './sshd.ts';
import { startTickets, ticketsMissing } from './tickets.ts';
import { appPort, makeCertificates, startWeb, webFacts, webPort, webTlsPort } from './web.ts';
import { startWebhook } from './webhook.ts';

export interface LabOptions {
  readonly dir?: string;
  /** The first three numbers of a loopback /24 of its own. */
  readonly net?: string;
  readonly databaseBytes?: number;
  readonly filesBytes?: number;
  /** What gravelines holds at first: nothing, or an old copy that answers as if it were healthy. */
  readonly recovery?: 'empty' | 'stale';
  /** Time to live of the site's name; 60 where absent. */
  readonly ttlSeconds?: number;
  /** False leaves out the ticket system, the slowest part. */
  readonly tickets?: boolean;
  readonly log?: (line: string) => void;
  /** True: the lab stays up when the process that made it is gone; else it is ended then. */
  readonly stays?: boolean;
}

export interface Lab {
  readonly facts: LabFacts;
  /** Ends every process of the lab and removes its folder. */
  down(): Promise<void>;
  /** Does or takes back a fault; faults.ts lists them. */
  fault(name: string, ...args: readonly string[]): Promise<void>;
  /** Runs SQL as the superuser in a site's kyc database; rows unaligned, `|` between columns. */
  sql(site: SiteName, text: string): Promise<string>;
}

export const defaultDir = '/tmp/drp-lab';
export const defaultNet = '127.0.77';
const megabyte = 1024 * 1024;

/** Makes a lab and starts everything in it. When a part fails, what was started is ended, the folder stays for its logs, and the error is thrown. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const lab = labContext(options);
  await refuseIfTaken(lab);
  const umask = process.umask(0o022); // as root, services run as other users and must pass through the folders
  mkdirSync(lab.dir, { recursive: true });
  chmodSync(lab.dir, 0o755);
  writeFileSync(join(lab.dir, 'practice-lab'), 'made by the practice lab; "down" removes this folder\n');
  if (options.stays !== true) guardLab(lab);
  try {
    await refuseIfHidden(lab);
    const facts = await startParts(lab, options);
    writeFacts(facts);
    writeRunbook(facts, options.ttlSeconds);
  } catch (error) {
    await stopLab(lab, { keepLogs: true });
    throw error;
  } finally {
    process.umask(umask);
  }
  return openLab(lab.dir, options.log);
}

/** Takes hold of a lab that is up. */
export function openLab(dir: string, log?: (line: string) => void): Lab {
  const facts = readFacts(dir);
  const lab = labContext({ dir: facts.dir, net: facts.net, ...(log === undefined ? {} : { log }) });
  return {
    facts,
    down: () => stopLab(lab),
    fault: (name, ...args) => inflict(lab, name, args),
    sql: (site, text) => sql(lab, { site }, text),
  };
}

/** Ends a lab, also one whose processes were killed or which never came up whole. Only a folder that a lab made is removed. */
export async function stopLab(lab: LabContext, options: { readonly keepLogs?: boolean } = {}): Promise<void> {
  if (!existsSync(lab.dir)) return releaseGuard(lab);
  if (!existsSync(join(lab.dir, 'practice-lab'))) throw new Error(`${lab.dir} is no practice lab; nothing was touched`);
  const names = [...recordedProcesses(lab)].reverse();
  await Promise.all(names.map((name) => endProcess(lab, name)));
  await endStragglers(lab);
  await unmountAll(lab);
  releaseGuard(lab);
  if (options.keepLogs === true) return;
  rmSync(lab.dir, { recursive: true, force: true });
}

/** The context of a lab by its options; checks the shape of folder and net. */
export function labContext(options: Pick<LabOptions, 'dir' | 'net' | 'log'>): LabContext {
  const dir = options.dir ?? defaultDir;
  const net = options.net ?? defaultNet;
  if (!/^127(\.\d{1,3}){2}$/.test(net))
    throw new Error(`--net ${net}: expected three numbers of a loopback network, such as ${defaultNet}`);
  return { dir: isAbsolute(dir) ? dir : resolve(dir), net, log: options.log ?? ((): void => undefined) };
}

async function startParts(lab: LabContext, options: LabOptions): Promise<LabFacts> {
  const skipped: string[] = [];
  const backupOptions = {
    databaseBytes: options.databaseBytes ?? 8 * megabyte,
    filesBytes: options.filesBytes ?? 20 * megabyte,
    now: new Date(),
  };
  const keys = writeKeys(lab);
  const hosts = makeHosts(lab);
  makePasswords(lab);
  const part = timed(lab);
  const reason = options.tickets === false ? 'left out as asked' : ticketsMissing();
  if (reason !== undefined) skipped.push(`tickets: ${reason}`);
  const noNamespace = await namespaceMissing();
  if (noNamespace !== undefined) skipped.push(noNamespace);
  const fullDisk = noFullDisk();
  if (fullDisk !== undefined) skipped.push(fullDisk);
  const [dumps, trees, names, smtp, webhook, tickets, behind] = await Promise.all([
    part(
      'database and dumps',
      makeCluster(lab, 'limburg').then(() => makeDatabaseBackups(lab, backupOptions)),
    ),
    part('files', makeFileBackups(lab, backupOptions)),
    part('dns', startNames(lab, options)),
    part('mail', startMail(lab)),
    part('webhook', startWebhook(lab)),
    reason === undefined ? part('tickets', startTickets(lab)) : undefined,
    noNamespace === undefined ? part('host behind the bastion', startNamespace(lab)) : undefined,
    part('recovery database', makeCluster(lab, 'gravelines')),
    part('sshd', startSshHosts(lab)),
    makeCertificates(lab),
  ]);
  writeListenConfig(lab, join(hostFolder(lab, 'gravelines'), 'srv'), 'gravelines');
  const folders = (kind: 'database' | 'files'): Record<'backup-even' | 'backup-odd', string> => ({
    'backup-even': join(hostFolder(lab, 'backup-even'), 'srv', 'backups', kind),
    'backup-odd': join(hostFolder(lab, 'backup-odd'), 'srv', 'backups', kind),
  });
  const backups = { database: folders('database'), files: folders('files'), dumps, trees };
  if (options.recovery === 'stale') await part('stale recovery', makeStaleRecovery(lab, backups));
  await part('web', Promise.all([startWeb(lab, 'limburg'), startWeb(lab, 'gravelines')]));
  writeServeCopy(lab, 'gravelines');
  return {
    dir: lab.dir,
    net: lab.net,
    user: userInfo().username,
    hosts: behind === undefined ? hosts : { ...hosts, pdu: behind.pdu },
    ...keys,
    databases: { limburg: databaseFacts(lab, 'limburg'), gravelines: databaseFacts(lab, 'gravelines') },
    web: { limburg: webFacts(lab, 'limburg'), gravelines: webFacts(lab, 'gravelines') },
    ...names,
    smtp,
    webhook,
    outlet: writeOutlet(lab, 'bastion'),
    ...(behind === undefined ? {} : { bastionLogin: behind.bastionLogin }),
    ...(tickets === undefined ? {} : { tickets }),
    backups,
    skipped,
  };
}

/** The Route 53 endpoint lists what BIND serves, so it comes second. */
async function startNames(lab: LabContext, options: LabOptions): Promise<Pick<LabFacts, 'dns' | 'route53'>> {
  const dns = await startDns(lab, options.ttlSeconds === undefined ? {} : { ttlSeconds: options.ttlSeconds });
  return { dns, route53: await startRoute53(lab) };
}

async function startSshHosts(lab: LabContext): Promise<void> {
  await startSshds(lab, hostNames, hiddenSshPort);
  for (const host of hostNames) {
    const address = hostAddress(lab, host);
    await addRelay(lab, {
      name: `ssh-${host}`,
      listen: { address, port: sshPort },
      target: { address, port: hiddenSshPort },
    });
  }
}

async function refuseIfHidden(lab: LabContext): Promise<void> {
  try {
    await run(['test', '-x', lab.dir], { user: 'postgres' });
  } catch (cause) {
    throw new Error(`${lab.dir} lies in a folder that the user postgres may not pass; use another --dir`, { cause });
  }
}

/** Says how long each part took. */
function timed(lab: LabContext): <T>(name: string, work: Promise<T>) => Promise<T> {
  return async (name, work) => {
    const startedAt = performance.now();
    const result = await work;
    lab.log(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return result;
  };
}

async function refuseIfTaken(lab: LabContext): Promise<void> {
  const missing = missingPackages().filter(({ essential }) => essential);
  if (missing.length > 0) throw new Error(`the lab needs programs that are not installed: ${installCommand() ?? ''}`);
  if (existsSync(lab.dir) && readdirSync(lab.dir).length > 0)
    throw new Error(`${lab.dir} is not empty: a lab is up there, or failed there; end it with: down --dir ${lab.dir}`);
  const room = statfsSync(join(lab.dir, '..'));
  if (room.bavail * room.bsize < 500 * megabyte) throw new Error(`less than 500 MB are free where ${lab.dir} is to be`);
  const doors = hostNames.flatMap((host) =>
    [sshPort, hiddenSshPort].map((port) => ({ address: hostAddress(lab, host), port })),
  );
  const sitePorts = [postgresPort, webPort, webTlsPort, appPort];
  const services = (['limburg', 'gravelines'] as const).flatMap((site) =>
    sitePorts.map((port) => ({ address: hostAddress(lab, site), port })),
  );
  await Promise.all([...doors, ...services].map(refuseIfListening));
}

function refuseIfListening(endpoint: { readonly address: string; readonly port: number }): Promise<void> {
  return new Promise((resolve_, reject) => {
    const server = createServer();
    server.once('error', (cause) => {
      reject(
        new Error(
          `${endpoint.address}:${String(endpoint.port)} is taken by another program or lab; choose another --net`,
          { cause },
        ),
      );
    });
    server.listen(endpoint.port, endpoint.address, () => {
      server.close(() => {
        resolve_();
      });
    });
  });
}
