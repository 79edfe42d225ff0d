import { rename, writeFile } from 'node:fs/promises';
import { DrpError } from '../../base/errors.ts';
import type { LoadedRunbook } from '../../plan/load.ts';
import type { Host } from '../../runbook/schema/world.ts';
import type { ScannedHostKey } from '../../transports/host-keys.ts';
import { printableLine } from '../../views/escape.ts';
import { table } from '../../views/layout.ts';
import { createAsk } from '../ask.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import type { Verb } from '../verb.ts';
import { openRunbook } from '../wire.ts';
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
    .description('Asks a host for its keys, shows their fingerprints, and writes them into the runbook once confirmed.')
    .argument('<host>', 'host of the runbook')
    .requiredOption('--site <name>', 'site whose runbook is edited')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .option('--fingerprint <sha256...>', 'fingerprints known by another way: only keys that match are pinned')
    .addHelpText(
      'after',
      `
What a host shows proves nothing by itself. Compare the fingerprints with what its owner says by
another way (console, phone, provider's panel) before they are pinned.
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
  const { scanHostKeys } = await import('../../transports/host-keys.ts');
  const loaded = await openRunbook(io, options.site, options.runbooks);
  const host = loaded.runbook.hosts[name];
  if (host === undefined) throw unknownHost(name, Object.keys(loaded.runbook.hosts));
  const keys = await scanHostKeys(host.address, host.port);
  io.stderr.write(`${pinText(io, name, host, keys)}\n`);
  const confirmed = await confirm(io, name, { keys, named: options.fingerprint });
  await writePins(loaded, name, confirmed);
  const prints = confirmed.map((key) => key.fingerprint);
  return {
    text: `pinned in ${loaded.file}: ${prints.join(', ')}`,
    json: { host: name, file: loaded.file, pinned: confirmed.map(({ type, fingerprint }) => ({ type, fingerprint })) },
  };
}

function pinText(io: Io, name: string, host: Host, keys: readonly ScannedHostKey[]): string {
  const rows = keys.map((key) => {
    const known = host.hostKeys.some((pinned) => pinned.startsWith(key.key));
    return [key.type, key.fingerprint, known ? io.style.good('pinned already') : io.style.attention('not pinned')];
  });
  return [`host ${name} at ${host.address}:${host.port} shows:`, ...table(rows, '  ')].join('\n');
}

/** Named fingerprints must match; else a person compares them and types the host's name. */
async function confirm(
  io: Io,
  name: string,
  offered: { readonly keys: readonly ScannedHostKey[]; readonly named: readonly string[] | undefined },
): Promise<readonly ScannedHostKey[]> {
  const { keys, named } = offered;
  if (named !== undefined) {
    const matching = keys.filter((key) => named.includes(key.fingerprint));
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
  const answer = await createAsk(io).question({
    message: `Compared with its owner by another way? To pin, type the host's name '${name}':`,
    refuse: (text) => (text === name ? undefined : `nothing pinned: type '${name}', or leave with Ctrl-C`),
  });
  if (answer.kind === 'typed') return keys;
  throw new DrpError('nothing-to-do', { what: 'left without pinning', advice: 'Nothing was changed.' });
}

async function writePins(loaded: LoadedRunbook, host: string, keys: readonly ScannedHostKey[]): Promise<void> {
  const { setHostPins } = await import('../../runbook/edit.ts');
  const text = setHostPins(loaded.text, host, { hostKeys: keys.map((key) => key.key) });
  // Whole or not at all: a runbook cut in half is found out at the worst moment.
  const draft = `${loaded.file}.new`;
  await writeFile(draft, text, { mode: 0o644 });
  await rename(draft, loaded.file);
}
