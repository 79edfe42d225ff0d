import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putBack, takeAside } from './aside.ts';
import { fillDisk, freeDisk } from './disk.ts';
import { setDnsUpdates, setSecondary } from './dns.ts';
import { datacentres, hostNames, type DatacentreName, type HostName } from './facts.ts';
import { freezeSshd, hostOff, hostOn, killSshd, powerOff, powerOn, reviveSshd, sshRelay } from './outage.ts';
import type { LabContext } from './process.ts';
import { setRelay, type RelayMode } from './relay.ts';
import { setRoute53, type Route53Faults } from './route53.ts';
import { ageDumps, emptyTree, removeDumps, scrambleDump, shrinkTree, spoilDump, truncateDump } from './spoil.ts';
import { hiddenSshPort, hostAddress, hostFolder, restartSshd, writeHostKey, writeSshdConfig } from './sshd.ts';

/** Something that goes wrong on purpose, or its undoing. */
export interface Fault {
  readonly name: string;
  /** Arguments as the help shows them. */
  readonly usage: string;
  readonly what: string;
  /** The fault that takes this one back, called with the same first arguments. */
  readonly undo: string;
  act(lab: LabContext, args: readonly string[]): Promise<void>;
}

/** Does a fault and notes it, or takes it back. Throws with the list of names when there is no such fault. */
export async function inflict(lab: LabContext, name: string, args: readonly string[]): Promise<void> {
  const fault = faults.find((candidate) => candidate.name === name);
  if (fault !== undefined) {
    await fault.act(lab, args);
    noteFaults(lab, [...new Set([...activeFaults(lab), [name, ...args].join(' ')])]);
    return;
  }
  const undone = faults.filter((candidate) => candidate.undo === name);
  const undo = undoing[name];
  if (undone.length === 0 || undo === undefined)
    throw new Error(`no fault '${name}'; there are: ${faults.map((each) => each.name).join(', ')}`);
  await undo(lab, args);
  const over = (active: string): boolean => {
    const [activeName, firstArgument] = active.split(' ');
    const same = args[0] === undefined || firstArgument === undefined || firstArgument === args[0];
    return same && undone.some((each) => each.name === activeName);
  };
  noteFaults(
    lab,
    activeFaults(lab).filter((active) => !over(active)),
  );
}

/** Faults in force, oldest first, as they were asked for. */
export function activeFaults(lab: LabContext): readonly string[] {
  const file = join(lab.dir, 'faults.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : [];
}

const sitesToLose = Object.keys(datacentres).join('|');

/** Every fault, in the order of the help. */
export const faults: readonly Fault[] = [
  {
    name: 'site-down',
    usage: sitesToLose,
    what: 'a datacentre loses power: its hosts vanish from the network',
    undo: 'site-up',
    act: (lab, args) => powerOff(lab, datacentreOf(args)),
  },
  {
    name: 'host-down',
    usage: 'HOST',
    what: 'one host loses power',
    undo: 'host-up',
    act: (lab, args) => hostOff(lab, hostOf(args)),
  },
  {
    name: 'sshd-kill',
    usage: 'HOST',
    what: 'its sshd dies with all connections',
    undo: 'sshd-start',
    act: (lab, args) => killSshd(lab, hostOf(args)),
  },
  {
    name: 'sshd-freeze',
    usage: 'HOST',
    what: 'its sshd and what runs in its sessions stop moving',
    undo: 'sshd-thaw',
    act: (lab, args) => freeze(lab, args),
  },
  {
    name: 'link-cut',
    usage: 'HOST [BYTES]',
    what: 'open connections to its sshd are reset, now or after BYTES more',
    undo: 'link-up',
    act: (lab, args) => link(lab, args, cutMode(args[1])),
  },
  {
    name: 'link-down',
    usage: 'HOST',
    what: 'packets to its sshd are lost',
    undo: 'link-up',
    act: (lab, args) => link(lab, args, { kind: 'blackhole' }),
  },
  {
    name: 'link-refuse',
    usage: 'HOST',
    what: 'its sshd port is closed',
    undo: 'link-up',
    act: (lab, args) => link(lab, args, { kind: 'refuse' }),
  },
  {
    name: 'link-freeze',
    usage: 'HOST',
    what: 'connections to its sshd hang',
    undo: 'link-up',
    act: (lab, args) => link(lab, args, { kind: 'freeze' }),
  },
  {
    name: 'link-slow',
    usage: 'HOST [BYTES_PER_SECOND] [DELAY_MS]',
    what: 'the way to its sshd is slow (256000, 50)',
    undo: 'link-up',
    act: (lab, args) => link(lab, args, slowMode(args)),
  },
  {
    name: 'swap',
    usage: 'HOST HOST',
    what: 'the sshds of two hosts stand at each other’s address',
    undo: 'unswap',
    act: (lab, args) => listenAs(lab, args, 'other'),
  },
  {
    name: 'host-key',
    usage: 'HOST',
    what: 'it shows another host key',
    undo: 'host-key-back',
    act: (lab, args) => changeHostKey(lab, hostOf(args), ' changed'),
  },
  {
    name: 'identity',
    usage: 'HOST',
    what: 'its identity marker is that of another machine',
    undo: 'identity-back',
    act: changeIdentity,
  },
  {
    name: 'dump-missing',
    usage: '[COUNT]',
    what: 'the newest dumps are not there (1)',
    undo: 'dumps-back',
    act: (lab, args) => removeDumps(lab, count(args[0], 1)),
  },
  {
    name: 'dump-stale',
    usage: '[HOURS]',
    what: 'no dump is younger than this (10)',
    undo: 'dumps-back',
    act: (lab, args) => ageDumps(lab, count(args[0], 10)),
  },
  {
    name: 'dump-truncated',
    usage: '[old-checksum]',
    what: 'the newest dump ends early; pg_restore -l reads it, and its checksum was made of it',
    undo: 'dumps-back',
    act: (lab, args) => spoilDump(lab, args[0], truncateDump),
  },
  {
    name: 'dump-corrupt',
    usage: '[old-checksum]',
    what: 'bytes in the middle of the newest dump are wrong',
    undo: 'dumps-back',
    act: (lab, args) => spoilDump(lab, args[0], scrambleDump),
  },
  {
    name: 'files-empty',
    usage: '',
    what: 'the newest file tree is an empty folder',
    undo: 'files-back',
    act: emptyTree,
  },
  {
    name: 'files-shrunken',
    usage: '',
    what: 'the newest file tree lost most of its uploads',
    undo: 'files-back',
    act: shrinkTree,
  },
  {
    name: 'disk-full',
    usage: 'HOST [BYTES]',
    what: 'its folder is on a volume with only BYTES free (1000000); root only',
    undo: 'disk-free',
    act: (lab, args) => fillDisk(baseOf(lab, args), count(args[1], 1_000_000)),
  },
  {
    name: 'dns-refuse',
    usage: '',
    what: 'the primary refuses dynamic updates',
    undo: 'dns-accept',
    act: (lab) => setDnsUpdates(lab, 'refused'),
  },
  {
    name: 'dns-stale',
    usage: '',
    what: 'ns2 hears of no change',
    undo: 'dns-follow',
    act: (lab) => setSecondary(lab, 'stale'),
  },
  {
    name: 'dns-down',
    usage: 'ns1|ns2',
    what: 'the name server does not answer',
    undo: 'dns-up',
    act: (lab, args) => setRelay(lab, nameServerOf(args), { kind: 'blackhole' }),
  },
  {
    name: 'tickets-down',
    usage: '[silent]',
    what: 'the ticket system refuses connections, or swallows them',
    undo: 'tickets-up',
    act: (lab, args) => setRelay(lab, 'tickets', downMode(args[0])),
  },
  {
    name: 'mail-down',
    usage: '[silent]',
    what: 'so does the mail server',
    undo: 'mail-up',
    act: (lab, args) => setRelay(lab, 'smtp', downMode(args[0])),
  },
  {
    name: 'webhook-down',
    usage: '[silent]',
    what: 'so does the webhook',
    undo: 'webhook-up',
    act: (lab, args) => setRelay(lab, 'webhook', downMode(args[0])),
  },
  {
    name: 'route53-down',
    usage: '[silent]',
    what: 'so does the Route 53 endpoint',
    undo: 'route53-up',
    act: (lab, args) => setRelay(lab, 'route53', downMode(args[0])),
  },
  {
    name: 'route53-fault',
    usage: 'throttled|busy|denied|silent|error500|lost-reply',
    what: 'the Route 53 endpoint answers so',
    undo: 'route53-fine',
    act: (lab, args) => setRoute53(lab, route53FaultOf(args[0])),
  },
];

const undoing: Readonly<Record<string, (lab: LabContext, args: readonly string[]) => Promise<void>>> = {
  'site-up': (lab, args) => powerOn(lab, datacentreOf(args)),
  'host-up': (lab, args) => hostOn(lab, hostOf(args)),
  'sshd-start': (lab, args) => reviveSshd(lab, hostOf(args)),
  'sshd-thaw': (lab, args) => thaw(lab, args),
  'link-up': (lab, args) => link(lab, args, { kind: 'pass' }),
  unswap: (lab, args) => listenAs(lab, args, 'own'),
  'host-key-back': (lab, args) => changeHostKey(lab, hostOf(args), ''),
  'identity-back': (lab, args) => Promise.resolve(putBack(lab, `identity-${hostOf(args)}`)),
  'dumps-back': (lab) => Promise.resolve(putBack(lab, 'dumps')),
  'files-back': (lab) => Promise.resolve(putBack(lab, 'files')),
  'disk-free': (lab, args) => freeDisk(baseOf(lab, args)),
  'dns-accept': (lab) => setDnsUpdates(lab, 'accepted'),
  'dns-follow': (lab) => setSecondary(lab, 'following'),
  'dns-up': (lab, args) => setRelay(lab, nameServerOf(args), { kind: 'pass' }),
  'tickets-up': (lab) => setRelay(lab, 'tickets', { kind: 'pass' }),
  'mail-up': (lab) => setRelay(lab, 'smtp', { kind: 'pass' }),
  'webhook-up': (lab) => setRelay(lab, 'webhook', { kind: 'pass' }),
  'route53-up': (lab) => setRelay(lab, 'route53', { kind: 'pass' }),
  'route53-fine': (lab) => setRoute53(lab, {}),
};

function noteFaults(lab: LabContext, active: readonly string[]): void {
  writeFileSync(join(lab.dir, 'faults.json'), JSON.stringify(active));
}

function hostOf(args: readonly string[], index = 0): HostName {
  const host = hostNames.find((name) => name === args[index]);
  if (host === undefined) throw new Error(`'${args[index] ?? ''}' is no host; there are: ${hostNames.join(', ')}`);
  return host;
}

function datacentreOf(args: readonly string[]): DatacentreName {
  const found = (Object.keys(datacentres) as DatacentreName[]).find((name) => name === args[0]);
  if (found === undefined) throw new Error(`'${args[0] ?? ''}' is no datacentre; there are: ${sitesToLose}`);
  return found;
}

function nameServerOf(args: readonly string[]): 'ns1' | 'ns2' {
  if (args[0] !== 'ns1' && args[0] !== 'ns2')
    throw new Error(`'${args[0] ?? ''}' is no name server; there are: ns1, ns2`);
  return args[0];
}

function route53FaultOf(kind: string | undefined): Partial<Route53Faults> {
  if (kind === 'throttled') return { throttled: true };
  if (kind === 'busy') return { busy: true };
  if (kind === 'denied') return { denied: ['ChangeResourceRecordSets'] };
  if (kind === 'silent' || kind === 'error500' || kind === 'lost-reply') return { answer: kind };
  throw new Error(
    `'${kind ?? ''}' is nothing Route 53 can do wrong; there are: throttled, busy, denied, silent, error500, lost-reply`,
  );
}

function count(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`'${text}' is no whole number`);
  return value;
}

const baseOf = (lab: LabContext, args: readonly string[]): string => join(hostFolder(lab, hostOf(args)), 'srv');
const cutMode = (bytes: string | undefined): RelayMode =>
  bytes === undefined ? { kind: 'cut' } : { kind: 'cut', afterBytes: count(bytes, 0) };
const slowMode = (args: readonly string[]): RelayMode => ({
  kind: 'slow',
  bytesPerSecond: count(args[1], 256_000),
  delayMs: count(args[2], 50),
});
const downMode = (option: string | undefined): RelayMode => ({ kind: option === 'silent' ? 'blackhole' : 'refuse' });
const link = (lab: LabContext, args: readonly string[], mode: RelayMode): Promise<void> =>
  setRelay(lab, sshRelay(hostOf(args)), mode);

async function freeze(lab: LabContext, args: readonly string[]): Promise<void> {
  await Promise.resolve(freezeSshd(lab, hostOf(args), 'SIGSTOP'));
}

async function thaw(lab: LabContext, args: readonly string[]): Promise<void> {
  await Promise.resolve(freezeSshd(lab, hostOf(args), 'SIGCONT'));
}

async function listenAs(lab: LabContext, args: readonly string[], at: 'own' | 'other'): Promise<void> {
  const first = hostOf(args);
  const second = hostOf(args, 1);
  const addresses = [hostAddress(lab, first), hostAddress(lab, second)];
  const [firstAddress = '', secondAddress = ''] = at === 'own' ? addresses : addresses.reverse();
  await Promise.all([killSshd(lab, first), killSshd(lab, second)]);
  writeSshdConfig(lab, first, { address: firstAddress, port: hiddenSshPort });
  writeSshdConfig(lab, second, { address: secondAddress, port: hiddenSshPort });
  await Promise.all([reviveSshd(lab, first), reviveSshd(lab, second)]);
}

async function changeHostKey(lab: LabContext, host: HostName, suffix: string): Promise<void> {
  writeHostKey(lab, host, `host ${host}${suffix}`);
  await restartSshd(lab, host);
}

async function changeIdentity(lab: LabContext, args: readonly string[]): Promise<void> {
  const host = hostOf(args);
  const file = join(hostFolder(lab, host), 'identity');
  takeAside(lab, `identity-${host}`, file);
  await Promise.resolve(writeFileSync(file, `${host} decommissioned 00000000000000000000000000000000\n`));
}
