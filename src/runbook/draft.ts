import type { DraftAnswers, DraftBackup, DraftDatabase, DraftHost, DraftPerson } from './draft-answers.ts';
import { activationDraft, returnDraft } from './draft-procedures.ts';
import { inlineYaml, type EditValue } from './edit.ts';
import type { SecretReference } from './schema/basics.ts';

export type * from './draft-answers.ts';

/**
 * A first runbook from answers: whole, commented, and such that it can be read and planned. Gates ask for a signature
 * only where the people named can give one; who has no key yet is told so in a comment.
 */
export function draftRunbook(answers: DraftAnswers): string {
  return [
    `# yaml-language-server: $schema=runbook.schema.json\n#\n# Recovery of ${oneLine(answers.service.name)}. Made by drp init; now it is yours: change it, then read it with\n#\n#   drp plan --site ${oneLine(answers.site)}\n#\n# Every key is explained in the runbook reference.\n`,
    entries({ format: 1, site: answers.site, title: answers.title }),
    `# What was promised. Gates compare what is possible on the day with these.\nobjectives: ${inlineYaml(answers.objectives)}\n`,
    block(
      'What is lost together. These are the names for --lost, and the words typed at gates.',
      'datacentres',
      mapValues(answers.datacentres, (city) => ({ city })),
    ),
    hostsDraft(answers),
    block('Where users are sent.', 'service', serviceOf(answers)),
    ...(answers.database === undefined ? [] : [block('', 'databases', databasesOf(answers, answers.database))]),
    block(
      'All sources are looked at on the day; those in lost datacentres are left out.',
      'backups',
      backupsOf(answers),
    ),
    block('', 'dns', { main: dnsOf(answers) }),
    ...(answers.mail === undefined ? [] : [block('', 'desks', { mail: { kind: 'smtp', ...answers.mail } })]),
    block('', 'people', Object.fromEntries(answers.people.map(({ id, ...person }) => [id, person]))),
    gatesDraft(answers),
    activationDraft(answers),
    returnDraft(answers),
  ].join('\n');
}

function hostsDraft(answers: DraftAnswers): string {
  const hosts = [
    [answers.production, 'production'],
    [answers.recovery, 'recovery'],
    ...answers.backupHosts.map((host) => [host, 'backup'] as const),
  ] as const;
  const values = Object.fromEntries(hosts.map(([{ name, ...host }, role]) => [name, { role, ...host }]));
  return block('Pinned keys and markers were shown by the hosts themselves: check them another way.', 'hosts', values);
}

function serviceOf({ service, production, recovery }: DraftAnswers): EditValue {
  const side = ({ name, address }: DraftHost): EditValue => ({ host: name, address });
  return { ...service, production: side(production), recovery: side(recovery) };
}

function databasesOf(answers: DraftAnswers, database: DraftDatabase): EditValue {
  const { name, user, port, applicationRoles, passwords } = database;
  const side = (host: DraftHost, password: SecretReference): EditValue => ({
    engine: 'postgresql',
    host: host.name,
    address: host.address,
    port,
    name,
    user,
    password,
    timestamps: {},
    applicationRoles,
  });
  return {
    production: side(answers.production, passwords.production),
    recovery: side(answers.recovery, passwords.recovery),
  };
}

function backupsOf(answers: DraftAnswers): EditValue {
  const backup = (kind: 'files' | 'database', { every, folder, pattern }: DraftBackup): EditValue => ({
    kind,
    every,
    sources: answers.backupHosts.map(({ name }) => ({ host: name, folder, pattern })),
  });
  const files = { files: backup('files', answers.files.backup) };
  return answers.database === undefined ? files : { ...files, database: backup('database', answers.database.backup) };
}

function dnsOf({ dns, production, recovery }: DraftAnswers): EditValue {
  const record = { ...dns.record, production: [production.address], recovery: [recovery.address] };
  return {
    zone: dns.zone,
    provider: { ...dns.provider },
    servers: dns.servers.map((server) => ({ ...server })),
    records: { www: record },
  };
}

/** The strictest policy that the people named can still pass. */
function gatesDraft(answers: DraftAnswers): string {
  const authorisers = answers.people.filter((person) => person.roles.includes('authoriser'));
  const overseers = answers.people.filter((person) => person.roles.some((role) => role !== 'operator'));
  const order = { roles: ['authoriser'], ...strictness(authorisers, answers.people) };
  const oversight = { roles: ['authoriser', 'approver'], ...strictness(overseers, answers.people) };
  const operators = { roles: ['operator'] };
  const ofDatabase = answers.database === undefined ? {} : { import: operators, 'accept-import': operators };
  return block('Who may pass which gate.', 'gates', {
    declaration: order,
    restoration: operators,
    ...ofDatabase,
    switchover: oversight,
    'switch-back': oversight,
    authorisation: order,
    salvage: oversight,
    unserved: order,
  });
}

function strictness(
  able: readonly DraftPerson[],
  people: readonly DraftPerson[],
): { readonly [key: string]: EditValue } {
  const signers = able.filter((person) => person.keys.length > 0);
  const voters = signers.length > 0 ? signers : able;
  const starters = people.filter((person) => person.roles.includes('operator'));
  const otherThanStarter = starters.some((starter) => voters.some((voter) => voter !== starter));
  return {
    ...(signers.length > 0 ? { strength: 'ssh-key' } : {}),
    ...(otherThanStarter ? { notTheStarter: true } : {}),
  };
}

/** A section: comment, key, and its entries, each entry's own blocks on lines of their own. */
function block(comment: string, key: string, value: EditValue): string {
  return `${comment === '' ? '' : `# ${comment}\n`}${blockYaml({ [key]: value }, 0)}`;
}

function entries(value: { readonly [key: string]: EditValue }): string {
  return blockYaml(value, 0);
}

function blockYaml(value: { readonly [key: string]: EditValue }, depth: number): string {
  const indent = '  '.repeat(depth);
  return Object.entries(value)
    .map(([key, item]) => {
      const label = `${indent}${inlineYaml(key)}:`;
      if (isBlock(item) && (depth === 0 || (depth === 1 && Object.keys(item).length > 3)))
        return `${label}\n${blockYaml(item, depth + 1)}`;
      return `${label} ${inlineYaml(item)}\n`;
    })
    .join('');
}

function isBlock(value: EditValue): value is { readonly [key: string]: EditValue } {
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 0;
}

function mapValues<T>(
  record: Readonly<Record<string, T>>,
  map: (value: T) => EditValue,
): { readonly [key: string]: EditValue } {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
