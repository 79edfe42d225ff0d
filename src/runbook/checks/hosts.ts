import { blockOf, textOf, textsOf, type Block, type Outline } from '../outline.ts';
import type { Finding } from '../schema-problems.ts';
import { suggestion } from '../spelling.ts';

/** No two hosts can be taken for each other: neither by where they are, nor by what proves which they are. */
export function checkHosts(outline: Outline): readonly Finding[] {
  const hosts = [...(outline.section('hosts') ?? [])];
  return [
    ...twins(hosts, ['address'], (host) =>
      textOf(host['address']) === '' ? '' : `${textOf(host['address'])}:${String(host['port'] ?? 22)}`,
    ),
    ...twins(hosts, ['identity', 'text'], (host) => {
      const identity = blockOf(host['identity']);
      return textOf(identity['text']) === '' ? '' : `${String(identity['file'] ?? '')} ${textOf(identity['text'])}`;
    }),
    ...needsOfNobody(outline),
  ];
}

/** What `checks` asks of a host or database there is not would never be looked at. */
function needsOfNobody(outline: Outline): readonly Finding[] {
  return ['hosts', 'databases'].flatMap((section) => {
    const names = [...(outline.section(section)?.keys() ?? [])];
    const asked = Object.keys(blockOf(blockOf(outline.data['checks'])[section]));
    return asked
      .filter((name) => !names.includes(name))
      .map((name): Finding => {
        const hint = suggestion(name, names);
        const message = `'${name}' is none of ${section}${hint === '' ? '' : `: ${hint}`}`;
        return { path: ['checks', section, name], at: 'key', message };
      });
  });
}

function twins(
  hosts: readonly (readonly [string, Block])[],
  key: readonly string[],
  proofOf: (host: Block) => string,
): readonly Finding[] {
  const seen = new Map<string, string>();
  return hosts.flatMap(([name, host]): readonly Finding[] => {
    const proof = proofOf(host);
    const before = seen.get(proof);
    seen.set(proof, before ?? name);
    if (proof === '' || before === undefined) return [];
    const message = `the same as host '${before}': nothing could tell the two apart`;
    return [{ path: ['hosts', name, ...key], at: 'value', message }];
  });
}

/** Warnings: what is not ready, and what would be lost together with production though the recovery needs it. */
export function checkExposure(outline: Outline): readonly Finding[] {
  const hosts = outline.section('hosts');
  const service = blockOf(outline.data['service']);
  const datacentreOf = (side: string): string =>
    textOf(hosts?.get(textOf(blockOf(service[side])['host']))?.['datacentre']);
  const production = datacentreOf('production');
  const unpinned = [...(hosts ?? [])]
    .filter(([, host]) => textsOf(host['hostKeys']).length === 0)
    .map(([name]): Finding => ({
      path: ['hosts', name],
      at: 'key',
      message: `no pinned host key: nothing connects to it before: drp hosts pin ${name} --site ${textOf(outline.data['site'])}`,
    }));
  if (production === '') return unpinned;
  const sides: readonly Finding[] =
    datacentreOf('recovery') === production
      ? [
          {
            path: ['service', 'recovery'],
            at: 'key',
            message: `lies in ${production}, with production: what ends the one may end the other`,
          },
        ]
      : [];
  const desks = [...(outline.section('desks') ?? [])]
    .filter(([, desk]) => desk['datacentre'] === production)
    .map(([name]): Finding => ({
      path: ['desks', name],
      at: 'key',
      message: `lies in ${production}, with production: messages of the day may not get out`,
    }));
  const zones = [...(outline.section('dns') ?? [])].flatMap(([name, zone]): readonly Finding[] => {
    const servers: readonly unknown[] = Array.isArray(zone['servers']) ? zone['servers'] : [];
    const all = servers.length > 0 && servers.every((server) => blockOf(server)['datacentre'] === production);
    return all
      ? [
          {
            path: ['dns', name],
            at: 'key',
            message: `every name server lies in ${production}, with production: if it is lost, nobody finds the recovery side`,
          },
        ]
      : [];
  });
  return [...unpinned, ...sides, ...desks, ...zones];
}
