import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { linesOf, type HostFacts } from './facts.ts';
import type { HostNeeds, NeededProgram } from './needs.ts';

// Programs, services, processes and what listens. Pure.

export function softwareFindings(facts: HostFacts, needs: HostNeeds): readonly Finding[] {
  return [
    ...programs(facts, needs),
    ...needs.services.map((unit) => service(facts, needs, unit)),
    ...processes(facts, needs),
    ...needs.listens.map((place) => listener(facts, needs, place)),
  ];
}

/** One finding for all that is there, one for each that is not: what is missing has its own name. */
function programs(facts: HostFacts, { host, programs: needed, gnuFind }: HostNeeds): readonly Finding[] {
  const judged = needed.map((program) => judge(facts, program));
  const faults = judged.filter(({ fault }) => fault !== undefined);
  const noPrintf = gnuFind && linesOf(facts.fact('gnu-find'))[0] !== 'yes';
  const findings = [
    ...faults.map(({ program, fault = '' }) =>
      findingFor('host.programs', `${host}:${program.name}`).fail(fault, {
        threshold: program.atLeast === undefined ? 'it must be there' : `at least ${program.atLeast}`,
        advice: `Install it on ${host}; it is needed for ${program.why}.`,
      }),
    ),
    ...(noPrintf
      ? [
          findingFor('host.programs', `${host}:find`).fail('find does not know -printf: it is not the one of GNU', {
            threshold: 'GNU find',
            advice: `Install findutils on ${host}; copies and backups are measured with it.`,
          }),
        ]
      : []),
  ];
  if (findings.length > 0) return findings;
  if (needed.length === 0) return [];
  const versions = judged.flatMap(({ program, version }) =>
    version === undefined ? [] : [`${program.name} ${version}`],
  );
  const found = `all ${needed.length} are there${versions.length === 0 ? '' : `: ${versions.join(', ')}`}`;
  return [findingFor('host.programs', host).ok(found)];
}

interface Judged {
  readonly program: NeededProgram;
  readonly version?: string;
  readonly fault?: string;
}

function judge(facts: HostFacts, program: NeededProgram): Judged {
  const { name, atLeast } = program;
  const [path, said = ''] = linesOf(facts.fact(`${atLeast === undefined ? 'program' : 'version'}:${name}`));
  if (path === undefined || path === 'none') return { program, fault: `${name} is not there` };
  if (atLeast === undefined) return { program };
  const version = versionIn(said);
  if (version === undefined) return { program, fault: `${name} does not tell its version: ${said.slice(0, 80)}` };
  if (compareVersions(version, atLeast) >= 0) return { program, version };
  return { program, version, fault: `${name} is ${version}` };
}

/** The first thing in a line that looks like a version. */
function versionIn(line: string): string | undefined {
  return /(?<![\d.])\d+(?:\.\d+)+|(?<=\s|^|_)\d+(?=\s|$)/.exec(line)?.[0];
}

/** Below 0: `a` is older. Parts that are missing count as 0. */
function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function service(facts: HostFacts, { host }: HostNeeds, unit: string): Finding {
  const say = findingFor('host.services', `${host}:${unit}`);
  const fact = facts.fact(`service:${unit}`);
  const advice = `On ${host}: systemctl status ${unit}, journalctl -u ${unit} -e.`;
  const words = { threshold: 'active' };
  if ('absent' in fact) return say.unknown(fact.absent, { ...words, advice: `On ${host}: is ${unit} running?` });
  const state = linesOf(fact)[0] ?? '';
  if (state === 'active' || state === 'reloading') return say.ok(state, words);
  // What is no state of a unit is systemctl saying why it cannot tell.
  if (!/^(inactive|failed|activating|deactivating|maintenance|unknown)$/.test(state)) {
    return say.unknown(state === '' ? 'systemctl gives no answer' : state, { ...words, advice });
  }
  return say.fail(state, { ...words, advice });
}

function processes(facts: HostFacts, { host, processes: needed }: HostNeeds): readonly Finding[] {
  const lines = linesOf(facts.fact('processes'));
  const running = new Map(
    lines.map((line) => {
      const [, count = '', name = ''] = /^\s*(\d+)\s(.*)$/.exec(line) ?? [];
      return [name, Number(count)] as const;
    }),
  );
  return needed.map((name) => {
    const say = findingFor('host.processes', `${host}:${name}`);
    const words = { threshold: 'at least 1' };
    if (lines.length === 0) {
      return say.unknown('processes could not be listed', { ...words, advice: `On ${host}: pgrep -c ${name}.` });
    }
    // The kernel keeps 15 bytes of a process's name.
    const count = running.get(name.slice(0, 15)) ?? 0;
    const metrics = [{ name: 'count', value: count, fail: 1, least: true as const }];
    if (count > 0) return say.ok(`${count} running`, { ...words, metrics });
    return say.fail('none is running', {
      ...words,
      metrics,
      advice: `Start ${name} on ${host}, and find out why it ended.`,
    });
  });
}

function listener(facts: HostFacts, { host }: HostNeeds, place: string): Finding {
  const say = findingFor('host.listens', `${host}:${place}`);
  const lines = linesOf(facts.fact('listening'));
  const words = { threshold: 'something listens there' };
  const advice = `On ${host}: ss -ltnp. Start what should listen on ${place}.`;
  if (lines.length === 0) return say.unknown('what listens could not be read', { ...words, advice });
  const there = lines.some((line) => answersAt(line, place));
  return there ? say.ok('it does', words) : say.fail('nothing listens there', { ...words, advice });
}

/** A line of /proc/net/tcp(6) against PORT or ADDRESS:PORT; one that listens on every address counts for each. */
function answersAt(line: string, place: string): boolean {
  const [, local = ''] = line.trim().split(/\s+/);
  const [hex = '', portHex = ''] = local.split(':');
  const [, address, port] = /^(?:(.*):)?(\d+)$/.exec(place) ?? [];
  if (Number.parseInt(portHex, 16) !== Number(port)) return false;
  if (address === undefined || /^0+$/.test(hex)) return true;
  return hexAddress(address) === hex.toUpperCase();
}

/** An IPv4 address as /proc/net/tcp writes it on little-endian machines, or an IPv6 one as tcp6 does. */
function hexAddress(address: string): string {
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .reverse()
      .join('')
      .toUpperCase();
  }
  const [head = '', tail] = address.replaceAll(/[[\]]/g, '').split('::');
  const left = head.split(':').filter((part) => part !== '');
  const right = (tail ?? '').split(':').filter((part) => part !== '');
  const middle = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0');
  const bytes = [...left, ...middle, ...right].map((part) => part.padStart(4, '0')).join('');
  return (bytes.match(/.{8}/g) ?? [])
    .map((word) => (word.match(/../g) ?? []).reverse().join(''))
    .join('')
    .toUpperCase();
}
