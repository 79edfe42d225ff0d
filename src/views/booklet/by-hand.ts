import type { Plan, PlannedStep, PlannedWorld } from '../../plan/plan.ts';
import type { SecretReference } from '../../runbook/schema/basics.ts';
import { commands, labelled, paragraph } from './paper.ts';

/** What a person without drp has to know beside the commands of a step: where secrets lie, what is typed to look, what is sent. */
export function byHand(step: PlannedStep, { world, procedure }: Plan): string {
  const { spec } = step;
  switch (spec.kind) {
    case 'copy':
      return copyByHand(step, 'backup' in spec.from ? spec.from.backup : undefined);
    case 'database':
      return databaseByHand(spec, world);
    case 'maintenance':
      return labelled('Look', commands([curlAt(world, spec.side, world.service.url)]));
    case 'http':
      return spec.against === 'dns'
        ? labelled('Look, as users come', commands([`curl -sS -i ${cacert(world)}${spec.url ?? world.service.url}`]))
        : labelled('Look', commands([curlAt(world, spec.against, spec.url ?? world.service.url)]));
    case 'dns':
      return dnsByHand(spec, world);
    case 'ticket':
      return labelled(
        procedure === 'drill'
          ? 'Not sent in a drill; what would be'
          : 'Text: fill in what stands in braces, then paste it',
        commands([
          `To: ${spec.desks.map((desk) => deskWords(desk, world)).join('; ')}`,
          `Subject: ${spec.subject}`,
          '',
          ...spec.text.trimEnd().split('\n'),
        ]),
      );
    case 'fence':
      return fenceByHand(spec, world);
    case 'manual':
      return paragraph(`Note as evidence: ${spec.evidence}`);
    default:
      return '';
  }
}

function copyByHand(step: PlannedStep, backup: string | undefined): string {
  const chosen =
    backup === undefined
      ? ''
      : paragraph(
          `<chosen backup '${backup}'> is the copy that the restoration gate names: host ____________ path ______________________`,
        );
  const [copy = ''] = step.commands;
  const compare = copy.replace(/^rsync -\S+/, 'rsync -aHAXnci');
  return copy.startsWith('rsync ')
    ? `${chosen}${labelled('Compare both trees by checksum before anything is renamed: it must print nothing', commands([compare]))}`
    : chosen;
}

function databaseByHand(spec: Extract<PlannedStep['spec'], { kind: 'database' }>, world: PlannedWorld): string {
  const database = world.databases[spec.database];
  if (database === undefined) return '';
  const programs = database.programs === undefined ? '' : ` Programs lie in ${database.programs}.`;
  const password = database.password === undefined ? 'none is asked for' : whereSecret(database.password);
  const fetched = spec.do === 'fetch' ? ' <source>:<dump> is the dump that the restoration gate names.' : '';
  const psql = spec.do === 'switch' ? labelled('With', commands([psqlAt(database, 'postgres')])) : '';
  return `${paragraph(`Password of ${database.user}: ${password}.${programs} <cores>: what nproc says.${fetched}`)}${psql}`;
}

function psqlAt({ address, port, user }: PlannedWorld['databases'][string], name: string): string {
  return `psql -h ${address} -p ${String(port)} -U ${user} -d ${name}`;
}

/** Each way with its check; roles of a database are barred and let in again by statements. */
function fenceByHand(spec: Extract<PlannedStep['spec'], { kind: 'fence' }>, world: PlannedWorld): string {
  const lift = spec.do === 'lift';
  const checks = spec.ways.flatMap((way) => {
    if (way.way === 'database' || way.check === undefined) return [];
    const host = way.way === 'host' ? world.service[spec.side].host : way.host;
    return [`${host}: ${way.check.join(' ')}    # must end with 0`];
  });
  const roles = spec.ways.flatMap((way) => {
    const database = way.way === 'database' ? world.databases[way.database] : undefined;
    if (database === undefined) return [];
    return [
      psqlAt(database, 'postgres'),
      ...database.applicationRoles.map((role) => `  alter role ${role} ${lift ? 'login' : 'nologin'};`),
      ...(lift
        ? []
        : database.applicationRoles.map(
            (role) => `  select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}';`,
          )),
    ];
  });
  const advice = lift
    ? ''
    : paragraph(
        'Try every way, whatever the others gave, and note each. Where none holds, write on the switchover form: production could not be fenced, split writes possible.',
      );
  return [advice, labelled('Database', commands(roles)), lift ? '' : labelled('Check', commands(checks))].join('');
}

function cacert(world: PlannedWorld): string {
  return world.service.caFile === undefined ? '' : `--cacert ${world.service.caFile} `;
}

function curlAt(world: PlannedWorld, side: 'production' | 'recovery', url: string): string {
  const { hostname, port, protocol } = new URL(url);
  const { address, port: sidePort } = world.service[side];
  const asked = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const to =
    sidePort === undefined || String(sidePort) === asked
      ? ''
      : ` --connect-to ${hostname}:${asked}:${address}:${String(sidePort)}`;
  const how = to === '' ? ` --resolve ${hostname}:${asked}:${address}` : to;
  return `curl -sS -i ${cacert(world)}${how.trimStart()} ${url}`;
}

function dnsByHand(spec: Extract<PlannedStep['spec'], { kind: 'dns' }>, world: PlannedWorld): string {
  const zone = world.dns[spec.zone];
  if (zone === undefined) return '';
  if (spec.do === 'await-old-ttl')
    return paragraph('Wait until the TTL that stood at the switch is over; nothing is typed.');
  if (spec.do !== 'switch' || spec.to === undefined) return paragraph('Change the TTL alone; values stay as they are.');
  const to = spec.to;
  const from = to === 'recovery' ? 'production' : 'recovery';
  const records = spec.records.flatMap((name) => zone.records[name] ?? []);
  const seconds = (ms: number): string => String(Math.round(ms / 1000));
  if (zone.provider.kind !== 'rfc2136')
    return paragraph('In the console: the values of the page “DNS: old and new”, all records in one change.');
  const { address, port, keyName, algorithm, keySecret } = zone.provider;
  const lines = [
    `nsupdate    # then type:`,
    `server ${address} ${String(port)}`,
    `zone ${zone.zone}`,
    `key ${algorithm}:${keyName} KEY`,
    ...records.flatMap((record) => [
      ...record[from].map((value) => `prereq yxrrset ${record.name}. ${record.type} ${value}`),
      `update delete ${record.name}. ${record.type}`,
      ...record[to].map((value) => `update add ${record.name}. ${seconds(record.ttlMs)} ${record.type} ${value}`),
    ]),
    'send',
  ];
  return [
    paragraph(
      `KEY: ${whereSecret(keySecret)}. Where it says NXRRSET, another value stood there: stop, and look at the page “DNS: old and new”.`,
    ),
    commands(lines),
  ].join('');
}

/** Where a secret lies; never the secret. */
export function whereSecret(reference: SecretReference): string {
  if ('file' in reference) return `in file ${reference.file} on the operator's machine`;
  if ('env' in reference) return `in the variable ${reference.env} of the operator`;
  return `printed by: ${reference.command.join(' ')} (on the operator's machine)`;
}

function deskWords(name: string, world: PlannedWorld): string {
  const desk = world.desks[name];
  if (desk === undefined) return name;
  switch (desk.kind) {
    case 'request-tracker':
      return `${name}: ${desk.url}, queue ${desk.queue}`;
    case 'smtp':
      return `${name}: ${desk.to.join(', ')} (from ${desk.from})`;
    case 'webhook':
      return `${name}: ${desk.url}`;
    default:
      return name;
  }
}
