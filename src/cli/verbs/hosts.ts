import { realpath, rename, writeFile } from 'node:fs/promises';
import { DrpError } from '../../base/errors.ts';
import type { LoadedRunbook } from '../../plan/load.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { Host } from '../../runbook/schema/world.ts';
import type { ScannedHostKey } from '../../transports/scan-host-keys.ts';
import { printableLine } from '../../views/escape.ts';
import { table } from '../../views/layout.ts';
import { createAsk } from '../ask.ts';
import { examples } from '../examples.ts';
import { hostTargets } from '../host-targets.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { readIdentity, type IdentityRead } from '../read-identity.ts';
import type { Verb } from '../verb.ts';
import { openHosts, openRunbook } from '../wire.ts';
import { unknownHost } from './connect.ts';

interface HostsOptions {
  readonly site: string;
  readonly runbooks?: string;
}
interface PinOptions extends HostsOptions {
  readonly fingerprint?: readonly string[];
}

export const verb: Verb = (command, { io, action }) => {
  command
    .command('show')
    .description('The hosts of a runbook, their pinned keys and identities; touches no network.')
    .requiredOption('--site <name>', 'site whose runbook is read')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .addHelpText('after', examples([['drp hosts show --site gravelines', 'fingerprints to compare on the phone']]))
    .action(action((options: HostsOptions) => show(io, options)));
  command
    .command('pin')
    .description(
      'Shows the keys of a host and the identity behind them, and writes both into the runbook once confirmed.',
    )
    .argument('<host>', 'host of the runbook')
    .requiredOption('--site <name>', 'site whose runbook is edited')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .option('--fingerprint <sha256...>', 'fingerprints known by another way: only keys that match are pinned')
    .addHelpText(
      'after',
      `
What a host shows proves nothing by itself. Compare the fingerprints with what its owner says by
another way (console, phone, provider's panel) before they are pinned. The identity marker is read
behind them and pinned with them.
${examples([
  ['drp hosts pin gravelines --site gravelines', 'shows, asks, pins'],
  ['drp hosts pin gravelines --site gravelines --fingerprint SHA256:9f…', 'without a terminal'],
])}`,
    )
    .action(action((host: string, options: PinOptions) => pin(io, host, options)));
};

async function show(io: Io, options: HostsOptions): Promise<VerbAnswer> {
  const { fingerprint } = await import('../../transports/host-keys.ts');
  const { runbook, file } = await openRunbook(io, options.site, options.runbooks);
  const hosts = Object.entries(runbook.hosts).map(([name, host]) => ({
    name,
    role: host.role,
    datacentre: host.datacentre,
    address: `${host.user}@${host.address}:${host.port}`,
    via: host.via ?? null,
    transport: host.transport,
    fingerprints: host.hostKeys.map((key) => `${key.split(' ')[0] ?? ''} ${fingerprint(key)}`),
    identity: host.identity,
  }));
  const rows = hosts.flatMap((host) => [
    [host.name, host.role, host.datacentre, host.address, host.via === null ? '' : `via ${host.via}`],
  ]);
  const details = hosts.flatMap((host) => [
    '',
    io.style.bold(host.name),
    ...(host.fingerprints.length === 0
      ? [`  ${io.style.bad('no host key pinned')}`]
      : host.fingerprints.map((print) => `  ${print}`)),
    `  identity: ${printableLine(host.identity.text)} in ${printableLine(host.identity.file)}`,
  ]);
  return { text: [...table(rows), ...details].join('\n'), json: { file, hosts } };
}

async function pin(io: Io, name: string, options: PinOptions): Promise<VerbAnswer> {
  const loaded = await openRunbook(io, options.site, options.runbooks);
  const host = loaded.runbook.hosts[name];
  if (host === undefined) throw unknownHost(name, Object.keys(loaded.runbook.hosts));
  const keys = await shownKeys(loaded.runbook, name);
  io.stderr.write(`${pinText(io, { name, host }, keys)}\n`);
  const trusted = named(io, name, { keys, prints: options.fingerprint });
  const [target] = hostTargets({
    ...loaded.runbook.hosts,
    [name]: { ...host, hostKeys: trusted.map(({ key }) => key) },
  }).filter((one) => one.name === name);
  if (target === undefined) throw unknownHost(name, Object.keys(loaded.runbook.hosts));
  const identity = await readIdentity(target);
  io.stderr.write(`${identityText(io, host, identity)}\n`);
  if (options.fingerprint === undefined) await confirm(io, name);
  await writePins(loaded, name, { keys: trusted, identity, file: host.identity.file });
  const prints = trusted.map((key) => key.fingerprint);
  const read = 'text' in identity;
  return {
    text: `pinned in ${loaded.file}: ${prints.join(', ')}${read ? `; identity ${printableLine(identity.text)}` : '; its identity was left as it is'}`,
    json: {
      host: name,
      file: loaded.file,
      pinned: trusted.map(({ type, fingerprint }) => ({ type, fingerprint })),
      identity: read ? identity.text : null,
    },
  };
}

/** Asked by the way the host is reached, jump hosts included. */
async function shownKeys(runbook: Runbook, name: string): Promise<readonly ScannedHostKey[]> {
  const pool = await openHosts(runbook);
  try {
    return await pool.scanHostKeys(name);
  } finally {
    await pool.closeAll();
  }
}

/** What the host says of itself, beside what the runbook expects. */
function identityText(io: Io, host: Host, identity: IdentityRead): string {
  const { file, text } = host.identity;
  if ('reason' in identity) {
    return io.style.attention(
      `its identity could not be read, only keys are pinned: ${printableLine(identity.reason)}`,
    );
  }
  const known = identity.text === text;
  const state = known ? io.style.good('pinned already') : io.style.attention(`pinned so far: ${printableLine(text)}`);
  return `its identity, ${printableLine(file)}: ${printableLine(identity.text)}  ${state}`;
}

function pinText(
  io: Io,
  { name, host }: { readonly name: string; readonly host: Host },
  keys: readonly ScannedHostKey[],
): string {
  const rows = keys.map((key) => {
    const known = host.hostKeys.some((pinned) => pinned.startsWith(key.key));
    return [key.type, key.fingerprint, known ? io.style.good('pinned already') : io.style.attention('not pinned')];
  });
  return [`host ${name} at ${host.address}:${host.port} shows:`, ...table(rows, '  ')].join('\n');
}

/** Keys that may be believed: those whose fingerprints were named; on a terminal all, for a person to compare. */
function named(
  io: Io,
  name: string,
  offered: { readonly keys: readonly ScannedHostKey[]; readonly prints: readonly string[] | undefined },
): readonly ScannedHostKey[] {
  const { keys, prints } = offered;
  if (prints !== undefined) {
    const matching = keys.filter((key) => prints.includes(key.fingerprint));
    if (matching.length > 0) return matching;
    throw new DrpError('nothing-to-do', {
      what: `host '${name}' shows none of the fingerprints named`,
      advice: 'Nothing was pinned. Find out which machine answers at this address.',
    });
  }
  if (!io.interactive) {
    throw new DrpError('facts-missing', {
      what: 'that the fingerprints were compared',
      options: '--fingerprint SHA256:…',
    });
  }
  return keys;
}

/** A person has compared what is shown, and types the host's name. */
async function confirm(io: Io, name: string): Promise<void> {
  const answer = await createAsk(io).question({
    message: `Compared with its owner by another way? To pin, type the host's name '${name}':`,
    refuse: (text) => (text === name ? undefined : `nothing pinned: type '${name}', or leave with Ctrl-C`),
  });
  if (answer.kind === 'typed') return;
  throw new DrpError('nothing-to-do', { what: 'left without pinning', advice: 'Nothing was changed.' });
}

interface Pins {
  readonly keys: readonly ScannedHostKey[];
  readonly identity: IdentityRead;
  readonly file: string;
}

async function writePins(loaded: LoadedRunbook, host: string, { keys, identity, file }: Pins): Promise<void> {
  const { setHostPins } = await import('../../runbook/edit.ts');
  const marker = 'text' in identity ? { identity: { file, text: identity.text } } : {};
  const text = setHostPins(loaded.text, host, { hostKeys: keys.map((key) => key.key), ...marker });
  // Through a link: whoever keeps runbooks elsewhere looks at them there.
  const target = await realpath(loaded.file);
  // Whole or not at all: a runbook cut in half is found out at the worst moment.
  const draft = `${target}.new`;
  await writeFile(draft, text, { mode: 0o644 });
  await rename(draft, target);
}
