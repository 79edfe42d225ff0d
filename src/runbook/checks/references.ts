import { blockOf, textOf, type Outline, type OutlineStep } from '../outline.ts';
import type { Finding } from '../schema-problems.ts';
import type { Path } from '../source.ts';
import { nearest, suggestion } from '../spelling.ts';

/** Where one part of a runbook names another; `*` stands for every entry of a block or list. */
const places: readonly (readonly [pattern: string, section: string])[] = [
  ['hosts.*.datacentre', 'datacentres'],
  ['hosts.*.via', 'hosts'],
  ['service.production.host', 'hosts'],
  ['service.recovery.host', 'hosts'],
  ['databases.*.host', 'hosts'],
  ['backups.*.sources.*.host', 'hosts'],
  ['dns.*.servers.*.datacentre', 'datacentres'],
  ['desks.*.datacentre', 'datacentres'],
  ['service.decrypts.host', 'hosts'],
  ['people.*.datacentre', 'datacentres'],
  ['own.datacentre', 'datacentres'],
  ['own.copies.*.datacentre', 'datacentres'],
  ['own.copies.*.host', 'hosts'],
];

/** The same inside a step, by its kind. */
const stepPlaces: ReadonlyMap<string, readonly (readonly [pattern: string, section: string])[]> = new Map(
  Object.entries({
    copy: [
      ['from.backup', 'backups'],
      ['from.host', 'hosts'],
      ['to.host', 'hosts'],
    ],
    database: [
      ['database', 'databases'],
      ['from.backup', 'backups'],
    ],
    salvage: [
      ['host', 'hosts'],
      ['database', 'databases'],
    ],
    fence: [
      ['ways.*.host', 'hosts'],
      ['ways.*.database', 'databases'],
      ['pause.*.host', 'hosts'],
    ],
    ticket: [['desks.*', 'desks']],
    dns: [['zone', 'dns']],
    command: [['host', 'hosts']],
  } as const),
);

interface Reference {
  readonly path: Path;
  readonly section: string;
  readonly name: string;
}

/** Every name that stands for an entry of another section is one of that section. */
export function checkReferences(outline: Outline): readonly Finding[] {
  const references = referencesOf(outline);
  return [
    ...[...new Set(references.map(({ section }) => section))].flatMap((section) =>
      unknownNames(
        outline,
        section,
        references.filter((reference) => reference.section === section),
      ),
    ),
    ...outline.steps.flatMap((step) => [...unknownRecords(outline, step), ...wrongBackupKind(outline, step)]),
    ...wrongRoles(outline),
    ...viaCycles(outline),
  ];
}

function referencesOf(outline: Outline): readonly Reference[] {
  const reference = (path: Path, section: string): readonly Reference[] => {
    const name = textOf(at(outline.data, path));
    return name === '' ? [] : [{ path, section, name }];
  };
  return [
    ...places.flatMap(([pattern, section]) =>
      expand(outline.data, pattern, []).flatMap((path) => reference(path, section)),
    ),
    ...outline.steps.flatMap((step) =>
      (stepPlaces.get(step.kind) ?? []).flatMap(([pattern, section]) =>
        expand(step.data, pattern, []).flatMap((path) => reference([...step.path, ...path], section)),
      ),
    ),
  ];
}

function unknownNames(outline: Outline, section: string, references: readonly Reference[]): readonly Finding[] {
  const known = outline.section(section);
  if (known === undefined) return isWrittenWrong(outline, section) ? [] : absentSection(section, references);
  const names = [...known.keys()];
  const unknown = references.filter(({ name }) => !known.has(name));
  const unused = names.filter((name) => !references.some((reference) => reference.name === name));
  // Several places that agree, and an entry nobody names: the entry is what is misspelt.
  const misspelt = new Map<string, string>();
  for (const name of new Set(unknown.map((reference) => reference.name))) {
    const entry = nearest(name, unused);
    const places = unknown.filter((reference) => reference.name === name).length;
    if (entry !== undefined && places > 1) misspelt.set(name, entry);
  }
  return [
    ...[...misspelt].map(([name, entry]): Finding => {
      const places = unknown.filter((reference) => reference.name === name).length;
      const message = `nothing names '${entry}', while ${places} places say '${name}': did you mean '${name}'?`;
      return { path: [section, entry], at: 'key', message };
    }),
    ...unknown
      .filter(({ name }) => !misspelt.has(name))
      .map(({ path, name }): Finding => {
        const hint = suggestion(name, names);
        return { path, at: 'value', message: `'${name}' is none of ${section}${hint === '' ? '' : `: ${hint}`}` };
      }),
  ];
}

/** Said once, where it is first needed. */
function absentSection(section: string, references: readonly Reference[]): readonly Finding[] {
  const [first] = references;
  if (first === undefined) return [];
  const more = references.length === 1 ? '' : ` (${references.length - 1} more name entries of it)`;
  return [
    {
      path: first.path,
      at: 'value',
      message: `'${first.name}' is named here, and there is no '${section}' in the runbook${more}`,
    },
  ];
}

/** The section is there in another form, under a misspelt name, or missing though it must be: a problem of its own. */
function isWrittenWrong(outline: Outline, section: string): boolean {
  const keys = Object.keys(outline.data);
  return ['hosts', 'datacentres'].includes(section) || keys.includes(section) || nearest(section, keys) !== undefined;
}

function unknownRecords(outline: Outline, step: OutlineStep): readonly Finding[] {
  if (step.kind !== 'dns' || !Array.isArray(step.data['records'])) return [];
  const zone = outline.section('dns')?.get(textOf(step.data['zone']));
  if (zone === undefined) return [];
  const known = Object.keys(blockOf(zone['records']));
  return step.data['records'].flatMap((record: unknown, index) => {
    if (typeof record !== 'string' || known.includes(record)) return [];
    const path = [...step.path, 'records', index];
    return [
      {
        path,
        at: 'value' as const,
        message: `'${record}' is no record of zone '${textOf(step.data['zone'])}': ${suggestion(record, known)}`,
      },
    ];
  });
}

function wrongBackupKind(outline: Outline, step: OutlineStep): readonly Finding[] {
  if (step.kind !== 'copy' && step.kind !== 'database') return [];
  const name = textOf(blockOf(step.data['from'])['backup']);
  const kind = textOf(outline.section('backups')?.get(name)?.['kind']);
  const expected = step.kind === 'copy' ? 'files' : 'database';
  if (!['files', 'database'].includes(kind) || kind === expected) return [];
  const message = `'${name}' is a backup of kind ${kind}: expected one of kind ${expected}`;
  return [{ path: [...step.path, 'from', 'backup'], at: 'value', message }];
}

function wrongRoles(outline: Outline): readonly Finding[] {
  const service = blockOf(outline.data['service']);
  return (['production', 'recovery'] as const).flatMap((side) => {
    const name = textOf(blockOf(service[side])['host']);
    const role = textOf(outline.section('hosts')?.get(name)?.['role']);
    if (role === '' || role === side) return [];
    const message = `host '${name}' has the role ${role}: expected a host with the role ${side}`;
    return [{ path: ['service', side, 'host'], at: 'value' as const, message }];
  });
}

/** A chain of jumps that comes back to where it began is reported once, at its first host. */
function viaCycles(outline: Outline): readonly Finding[] {
  const hosts = outline.section('hosts');
  if (hosts === undefined) return [];
  const reported = new Set<string>();
  return [...hosts.keys()].flatMap((start) => {
    const chain = [start];
    for (;;) {
      const next = textOf(hosts.get(chain.at(-1) ?? '')?.['via']);
      if (next === start) break;
      if (next === '' || chain.includes(next)) return [];
      chain.push(next);
    }
    if (chain.some((host) => reported.has(host))) return [];
    chain.forEach((host) => reported.add(host));
    return [
      {
        path: ['hosts', start, 'via'],
        at: 'value' as const,
        message: `a circle of jumps: ${[...chain, start].join(' → ')}`,
      },
    ];
  });
}

function expand(data: unknown, pattern: string, prefix: Path): readonly Path[] {
  return expandParts(data, pattern.split('.'), prefix);
}

function expandParts(data: unknown, parts: readonly string[], prefix: Path): readonly Path[] {
  const [part, ...rest] = parts;
  if (part === undefined) return [prefix];
  if (part !== '*') {
    const block = blockOf(data);
    return Object.hasOwn(block, part) ? expandParts(block[part], rest, [...prefix, part]) : [];
  }
  if (Array.isArray(data)) return data.flatMap((item, index) => expandParts(item, rest, [...prefix, index]));
  return Object.entries(blockOf(data)).flatMap(([key, item]) => expandParts(item, rest, [...prefix, key]));
}

function at(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (Array.isArray(value) ? value[Number(part)] : blockOf(value)[part]),
    data,
  );
}
