import type { Plan, PlannedStep, PlannedWorld } from '../../plan/plan.ts';
import type { SecretReference } from '../../runbook/schema/basics.ts';
import { commands, labelled, paragraph } from './paper.ts';

/** What is typed, in the order it is typed. A tree is renamed into place only when it was compared. */
export function doByHand({ spec, commands: lines }: PlannedStep): string {
  if (spec.kind !== 'copy') return labelled('Do', commands(lines));
  const [copy = '', ...rest] = lines;
  if (!copy.startsWith('rsync ')) return labelled('Do', commands(lines));
  const renames = rest.filter((line) => line.startsWith('mv '));
  const compare = copy.replace(/^rsync -\S+/, 'rsync -aHAXnci');
  const looked = rest.find((line) => line.startsWith('compare ')) ?? 'compare both trees';
  const chosen =
    'backup' in spec.from
      ? paragraph(
          `<chosen backup '${spec.from.backup}'> is the copy that the restoration gate names: host ____________ path ______________________`,
        )
      : '';
  return [
    labelled('Do', commands([copy])),
    ...rest.filter((line) => !renames.includes(line) && line !== looked).map(paragraph),
    chosen,
    ...(renames.length === 0
      ? []
      : [
          labelled(`Then ${looked}: this must print nothing`, commands([compare])),
          labelled('Only then rename; leave out the first line where nothing lies there yet', commands(renames)),
        ]),
  ].join('');
}

/** What a person without drp has to know beside the commands of a step: where secrets lie, what is typed to look, what is sent. */
export function byHand(step: PlannedStep, { world, procedure }: Plan): string {
  const { spec } = step;
  switch (spec.kind) {
    case 'database':
      return databaseByHand(step, spec, world);
    case 'maintenance':
      return labelled('Look', commands([curlAt(world, spec.side, world.service.url)]));
    case 'http':
      return [
        spec.against === 'dns'
          ? labelled('Look, as users come', commands([`curl -sS -i ${cacert(world)}${spec.url ?? world.service.url}`]))
          : labelled('Look', commands([curlAt(world, spec.against, spec.url ?? world.service.url)])),
        /[$](?:rows|newest):/.test(step.verifies)
          ? paragraph(
              'What begins with $ was counted after the import: $rows:DATABASE.TABLE its rows, $newest:DATABASE.TABLE its newest time.',
            )
          : '',
      ].join('');
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

function databaseByHand(
  step: PlannedStep,
  spec: Extract<PlannedStep['spec'], { kind: 'database' }>,
  world: PlannedWorld,
): string {
  const database = world.databases[spec.database];
  if (database === undefined) return '';
  const programs = database.programs === undefined ? '' : ` Programs lie in ${database.programs}.`;
  const password = database.password === undefined ? 'none is asked for' : whereSecret(database.password);
  const file = / (\/\S+\.dump)(?: |$)/.exec(step.commands[0] ?? '')?.[1];
  const folder =
    file === undefined
      ? ''
      : labelled('Before it, where the folder is not there', commands([`mkdir -p ${file.replace(/\/[^/]*$/, '')}`]));
  const fetched =
    spec.do === 'fetch'
      ? ' <source>:<dump> is the dump that the restoration gate names; rsync takes the -e that stands on the page “Hosts”.'
      : '';
  return [
    folder,
    paragraph(`Password of ${database.user}: ${password}.${programs} <cores>: what nproc says.${fetched}`),
    psqlByHand(spec.do, database),
  ].join('');
}

/** What is asked and said inside psql. */
function psqlByHand(
  doing: 'fetch' | 'import' | 'switch' | 'dump',
  database: PlannedWorld['databases'][string],
): string {
  const { name } = database;
  switch (doing) {
    case 'import':
      return labelled(
        'Count: every table, its rows, its newest time; write them down',
        commands([psqlAt(database, `${name}_drp_<run>`), '  \\dt', '  select count(*), max(TIME COLUMN) from TABLE;']),
      );
    case 'switch':
      return labelled(
        `With; leave out the first rename where there is no ${name} yet. No mark is set by hand: look at tables and counts`,
        commands([
          psqlAt(database, 'postgres'),
          `  select pg_terminate_backend(pid) from pg_stat_activity where datname in ('${name}', '${name}_drp_<run>');`,
        ]),
      );
    case 'fetch':
    case 'dump':
      return '';
  }
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
function whereSecret(reference: SecretReference): string {
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
