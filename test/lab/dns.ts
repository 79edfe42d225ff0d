import { createHash, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { queryServer } from './dns-query.ts';
import type { DnsFacts, Endpoint } from './facts.ts';
import { hostNumbers } from './facts.ts';
import type { LabContext } from './process.ts';
import { endProcess, launch, logFile, processState, signalProcess, waitFor } from './process.ts';
import { addRelay, setRelay } from './relay.ts';
import { waitForService } from './service.ts';

export const zone = 'kyc.test';
const siteName = 'www.kyc.test';
const tsigName = 'drp-update';
/** The key the Route 53 endpoint writes with; unlike drp's it may change every name of the zone. */
const providerKey = 'route53-update';

type NameServer = 'ns1' | 'ns2';

/**
 * BIND as primary (ns1) and secondary (ns2) of the zone kyc.test, before them the relays `ns1`, `ns2` and, between them, `dns-transfer`.
 * BIND listens only on addresses an interface has, so both sit on 127.0.0.1 and are reached through the relays alone.
 */
export async function startDns(lab: LabContext, options: { readonly ttlSeconds?: number } = {}): Promise<DnsFacts> {
  const facts = dnsFacts(lab);
  mkdirSync(folder(lab, 'ns1'), { recursive: true });
  mkdirSync(folder(lab, 'ns2'), { recursive: true });
  const ports = await portsOf(lab);
  writeOnce(join(folder(lab, 'ns1'), 'kyc.test.zone'), zoneText(lab, options.ttlSeconds ?? 60));
  writeOnce(updatePolicyFile(lab), updatePolicy.accepted);
  for (const name of [tsigName, providerKey]) writeOnce(keyFile(lab, name), keyText(lab, name), 0o600);
  writeFileSync(join(folder(lab, 'ns1'), 'named.conf'), primaryConfiguration(lab, ports));
  writeFileSync(join(folder(lab, 'ns2'), 'named.conf'), secondaryConfiguration(lab, ports));

  const behind = (name: NameServer): Endpoint => ({ address: '127.0.0.1', port: ports[name] });
  await addRelay(lab, { name: 'ns1', listen: serverOf(lab, 'ns1'), target: behind('ns1'), udp: true });
  await addRelay(lab, { name: 'dns-transfer', listen: transferDoor(lab), target: behind('ns1'), udp: true });
  await addRelay(lab, { name: 'ns2', listen: serverOf(lab, 'ns2'), target: behind('ns2'), udp: true });
  for (const name of ['ns1', 'ns2'] as const) {
    await launchNamed(lab, name);
    await answers(lab, name, behind(name));
  }
  return facts;
}

/** Where a lab's name servers are, whether or not they run. */
export function dnsFacts(lab: LabContext): DnsFacts {
  const servers = (['ns1', 'ns2'] as const).map((name) => ({ name: `${name}.${zone}`, ...serverOf(lab, name) }));
  return { zone, name: siteName, servers, tsigName, tsigFile: keyFile(lab, tsigName), primary: serverOf(lab, 'ns1') };
}

/** The key file the Route 53 endpoint signs its updates with. */
export const providerKeyFile = (lab: LabContext): string => keyFile(lab, providerKey);

/** `refused`: the primary answers REFUSED to every dynamic update, whatever its key. In force when this resolves. */
export async function setDnsUpdates(lab: LabContext, updates: 'accepted' | 'refused'): Promise<void> {
  const reloads = (): number => readFileSync(logFile(lab, 'ns1'), 'utf8').split(' all zones loaded').length;
  const before = reloads();
  writeFileSync(updatePolicyFile(lab), updatePolicy[updates]);
  if (!signalProcess(lab, 'ns1', 'SIGHUP')) throw new Error('ns1 does not run');
  await waitFor('ns1 to read its configuration again', () => Promise.resolve(reloads() > before ? true : undefined));
}

/** `stale`: ns2 hears of no change any more and goes on answering what it knows. `following` brings it up to date before resolving. */
export async function setSecondary(lab: LabContext, state: 'following' | 'stale'): Promise<void> {
  await setRelay(lab, 'dns-transfer', { kind: state === 'stale' ? 'freeze' : 'pass' });
  if (state === 'stale') return;
  // named remembers an unreachable primary for ten minutes; a restarted one asks at once.
  await endProcess(lab, 'ns2');
  await launchNamed(lab, 'ns2');
  const { ns1, ns2 } = await portsOf(lab);
  await secondaryFollows([ns1, ns2].map((port) => ({ address: '127.0.0.1', port })));
}

/** Resolves when every server of the zone knows its last change; one that was not waited for may be told of late, or never. */
export async function secondaryFollows(servers: readonly Endpoint[]): Promise<void> {
  await waitFor('the second name server to know every change', async () => {
    const replies = await Promise.all(servers.map((server) => queryServer(server, { name: zone, type: 'SOA' })));
    const [first, ...others] = replies.map((reply) => reply.answers[0]?.value);
    return first !== undefined && others.every((value) => value === first) ? true : undefined;
  });
}

/** The server itself, past the doors that faults close: what the Route 53 endpoint reads and writes. Start DNS first. */
export async function hiddenServer(lab: LabContext, name: NameServer): Promise<Endpoint> {
  return { address: '127.0.0.1', port: (await portsOf(lab))[name] };
}

const updatePolicy = {
  accepted: `update-policy { grant ${tsigName} name ${siteName}. A AAAA TXT; grant ${providerKey} zonesub ANY; };\n`,
  refused: 'allow-update { none; };\n',
} as const;

const folder = (lab: LabContext, name: NameServer): string => join(lab.dir, 'dns', name);
const updatePolicyFile = (lab: LabContext): string => join(folder(lab, 'ns1'), 'update-policy.conf');
const keyFile = (lab: LabContext, name: string): string => join(lab.dir, 'dns', `${name}.key`);
const serverOf = (lab: LabContext, name: NameServer): Endpoint => ({
  address: `${lab.net}.${name === 'ns1' ? '40' : '42'}`,
  port: 5353,
});
const transferDoor = (lab: LabContext): Endpoint => ({ address: `${lab.net}.40`, port: 5354 });

async function launchNamed(lab: LabContext, name: NameServer): Promise<void> {
  if (processState(lab, name) === 'running') return;
  await launch(lab, {
    name,
    argv: ['named', '-g', '-n', '1', '-c', join(folder(lab, name), 'named.conf')],
    cwd: folder(lab, name),
  });
}

async function answers(lab: LabContext, name: NameServer, server: Endpoint): Promise<void> {
  await waitForService(lab, name, async () => {
    const reply = await queryServer(server, { name: zone, type: 'SOA' }, { timeoutMs: 300 });
    return reply.answers.length > 0 ? true : undefined;
  });
}

function writeOnce(file: string, text: string, mode = 0o644): void {
  if (!existsSync(file)) writeFileSync(file, text, { mode });
}

/** Two ports of 127.0.0.1, free for TCP and UDP when the lab was made, and kept with it. */
async function portsOf(lab: LabContext): Promise<Record<NameServer, number>> {
  const file = join(lab.dir, 'dns', 'ports.json');
  if (!existsSync(file)) writeFileSync(file, JSON.stringify({ ns1: await freePort(), ns2: await freePort() }));
  return JSON.parse(readFileSync(file, 'utf8')) as Record<NameServer, number>;
}

/** Below the range the kernel takes ports for clients from, so that a name server finds its port again after a restart. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(18_500, 32_000);
    const tcp = createServer();
    const udp = createSocket('udp4');
    try {
      await Promise.all([
        once(tcp.listen(port, '127.0.0.1'), 'listening'),
        once(udp.bind(port, '127.0.0.1'), 'listening'),
      ]);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    } finally {
      tcp.close();
      udp.close();
    }
  }
}

/** Derived from the net, so that a runbook made for a lab stays valid when the lab is made again. */
function keyText(lab: LabContext, name: string): string {
  const secret = createHash('sha256').update(`drp practice lab TSIG key: ${lab.net} ${name}`).digest('base64');
  return `key "${name}" {\n  // a published practice key\n  algorithm hmac-sha256;\n  secret "${secret}";\n};\n`;
}

function zoneText(lab: LabContext, ttlSeconds: number): string {
  const address = (number: number): string => `${lab.net}.${String(number)}`;
  return [
    '$TTL 300',
    `@ IN SOA ns1.${zone}. hostmaster.${zone}. ( 1 5 2 86400 5 )`,
    `@ IN NS ns1.${zone}.`,
    `@ IN NS ns2.${zone}.`,
    `ns1 IN A ${serverOf(lab, 'ns1').address}`,
    `ns2 IN A ${serverOf(lab, 'ns2').address}`,
    `limburg IN A ${address(hostNumbers.limburg)}`,
    `gravelines IN A ${address(hostNumbers.gravelines)}`,
    `www ${String(ttlSeconds)} IN A ${address(hostNumbers.limburg)}`,
    '',
  ].join('\n');
}

const commonOptions = (folderName: string, port: number): string => `
controls { };
options {
  directory "${folderName}";
  managed-keys-directory "${folderName}";
  pid-file none;
  lock-file none;
  session-keyfile none;
  listen-on port ${String(port)} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  allow-query { any; };
  allow-transfer { 127.0.0.0/8; };
  notify-delay 0;
  notify-rate 200;
  startup-notify-rate 200;
`;

const primaryConfiguration = (lab: LabContext, ports: Record<NameServer, number>): string => `
include "${keyFile(lab, tsigName)}";
include "${keyFile(lab, providerKey)}";
${commonOptions(folder(lab, 'ns1'), ports.ns1)}
  notify explicit;
  also-notify { 127.0.0.1 port ${String(ports.ns2)}; };
};
zone "${zone}" {
  type primary;
  file "kyc.test.zone";
  include "${updatePolicyFile(lab)}";
};
`;

const secondaryConfiguration = (lab: LabContext, ports: Record<NameServer, number>): string => `
${commonOptions(folder(lab, 'ns2'), ports.ns2)}
  notify no;
};
zone "${zone}" {
  type secondary;
  file "kyc.test.zone";
  masterfile-format text;
  primaries port ${String(transferDoor(lab).port)} { ${transferDoor(lab).address}; };
  allow-notify { 127.0.0.1; };
  min-refresh-time 1;
  min-retry-time 1;
};
`;
