import { formatDuration } from '../../base/duration.ts';
import { blobOfLine, fingerprintOf } from '../../gates/ssh-public-key.ts';
import type { Plan, PlannedWorld } from '../../plan/plan.ts';
import { bullets, commands, heading, labelled, paragraph, table } from './paper.ts';

/** Who is called, and on which number. */
export function contactsPart({ world }: Plan): string {
  const rows = Object.entries(world.people).map(([key, person]) => [
    `${person.name} (${key})`,
    person.roles.join(', '),
    person.contact ?? 'none in the runbook: ____________',
    person.keys.map(fingerprint).join('\n') || '–',
  ]);
  return [
    heading('Contacts'),
    paragraph(
      'Numbers are those of the runbook. Whoever orders or approves by phone is called back on the number printed here.',
    ),
    table('People', ['Who', 'May', 'Contact', 'Signing keys'], rows),
  ].join('\n');
}

function fingerprint(line: string): string {
  const blob = blobOfLine(line);
  return blob === undefined ? line : fingerprintOf(blob);
}

/** How to come to a host by hand, as a command to type. */
export function loginTo(world: PlannedWorld, name: string): string {
  const host = world.hosts[name];
  if (host === undefined) return `ssh ${name}`;
  const via = host.via === undefined ? undefined : world.hosts[host.via];
  const jump = via === undefined ? '' : ` -J ${via.user}@${via.address}:${String(via.port)}`;
  const key = host.keyFile === undefined ? '' : ` -i ${host.keyFile}`;
  return `ssh -p ${String(host.port)}${key}${jump} ${host.user}@${host.address}`;
}

/** Where everything is, and how to know that it is the right machine. */
export function hostsPart({ world }: Plan): string {
  const rows = Object.entries(world.hosts).map(([name, host]) => [
    `${name}\n${host.role}, ${host.datacentre}`,
    `${loginTo(world, name)}\nfiles below ${host.base}`,
    host.hostKeys.map(fingerprint).join('\n') || 'NOT PINNED: have somebody on site read it out',
    `cat ${host.identity.file}\nmust say: ${host.identity.text}`,
  ]);
  return [
    heading('Hosts'),
    paragraph(
      'At the first login ssh shows the fingerprint of the host: go on only where it is the one printed here. Then read the identity: another text is another machine, and nothing is typed there.',
    ),
    table('Hosts', ['Host', 'Login', 'Host key', 'Identity'], rows),
    copyRoutes(world),
  ].join('\n');
}

function copyRoutes(world: PlannedWorld): string {
  const rows = Object.entries(world.hosts).flatMap(([name, { peers, address, port, user }]) =>
    peers === undefined ? [] : [[name, routeWords({ peers, address, port, user })]],
  );
  return table(
    'How another host copies from it: what stands for <to its host>',
    ['From', 'Instead of ssh <to its host>'],
    rows,
  );
}

function routeWords({
  peers,
  address,
  port,
  user,
}: Pick<PlannedWorld['hosts'][string], 'address' | 'port' | 'user'> & {
  readonly peers: NonNullable<PlannedWorld['hosts'][string]['peers']>;
}): string {
  if (peers.sshConfig !== undefined) return `-e 'ssh -F ${peers.sshConfig}', and ${peers.alias ?? address} as its name`;
  const key = peers.keyFile === undefined ? '' : ` -i ${peers.keyFile}`;
  return `-e 'ssh -p ${String(port)}${key}', and ${user}@${address} as its name`;
}

/** Which backups there are, and by what rule one is taken. */
export function backupsPart({ world }: Plan): string {
  const names = Object.entries(world.backups);
  if (names.length === 0) return '';
  const rows = names.flatMap(([name, { kind, everyMs, sources }]) =>
    sources.map(({ host, folder, pattern }) => [
      `${name} (${kind}, every ${formatDuration(everyMs)})`,
      `${host}, ${world.hosts[host]?.datacentre ?? '?'}`,
      `${folder.startsWith('/') ? folder : `${world.hosts[host]?.base ?? ''}/${folder}`}/${pattern}`,
      'taken at: ______________  loss: __________',
    ]),
  );
  const { filesLossMs, databaseLossMs, skewMs } = world.objectives;
  return [
    heading('Backups: which copy is restored', true),
    bullets(
      [
        'Strike out every source in a datacentre that is lost.',
        'Of the rest take the newest copy that is whole: a folder that is not empty and not under 80 % of the one before it, a dump with its checksum file that pg_restore reads to its end.',
        'Loss = from the moment in its name to the moment the disaster began. Write it down: it is shown at the restoration gate, and on the tickets.',
        `Objectives: files ${formatDuration(filesLossMs)}, databases ${formatDuration(databaseLossMs)}, between them ${formatDuration(skewMs)}. Above one of them the authoriser must say so in writing at the gate.`,
      ],
      true,
    ),
    table(
      'Where copies lie ({time} is the moment, UTC)',
      ['Backup', 'Host, datacentre', 'Path', 'Newest whole copy'],
      rows,
    ),
    labelled(
      'Look at a folder of copies, newest last, and at the size of one',
      commands(['ls -1 FOLDER | sort', 'find FOLDER/COPY -type f | wc -l; du -sb FOLDER/COPY']),
    ),
    labelled(
      'Is a dump whole?',
      commands(['cd FOLDER && sha256sum -c DUMP.sha256', 'pg_restore -f /dev/null FOLDER/DUMP && echo whole']),
    ),
  ].join('\n');
}

/** Records as they are typed at the registrar's console, and what must stand there before. */
export function dnsPart({ world, procedure }: Plan): string {
  const zones = Object.values(world.dns);
  if (zones.length === 0 || procedure === 'drill') return '';
  const [from, to] =
    procedure === 'return' ? (['recovery', 'production'] as const) : (['production', 'recovery'] as const);
  const parts = zones.flatMap((zone) => {
    const lines = (side: 'production' | 'recovery') => (record: (typeof zone.records)[string]) =>
      record[side]
        .map((value) => `${record.name}. ${String(Math.round(record.ttlMs / 1000))} IN ${record.type} ${value}`)
        .join('\n');
    const rows = Object.values(zone.records).map((record) => [lines(from)(record), lines(to)(record), '']);
    const { provider } = zone;
    const where =
      provider.kind === 'rfc2136'
        ? `primary ${provider.address} port ${String(provider.port)}, key ${provider.keyName} (${provider.algorithm})`
        : `Route 53, zone ${provider.zoneId}, access key ${provider.accessKeyId}`;
    return [
      table(`Zone ${zone.zone}`, ['Old: must stand there', 'New', 'Read back at (UTC)'], rows),
      paragraph(
        `By program: ${where}. By hand: ${zone.registrarConsole ?? 'the console of the registrar: ______________'}.`,
      ),
      table(
        'Name servers: ask each of them, before and after',
        ['Server', 'Datacentre', 'Ask', 'Before', 'After'],
        zone.servers.map(({ name, address, port, datacentre }) => [
          name,
          datacentre,
          Object.values(zone.records)
            .map((record) => `dig +norecurse @${address} -p ${String(port)} ${record.name} ${record.type}`)
            .join('\n'),
          '',
          '',
        ]),
      ),
    ];
  });
  return [
    heading('DNS: old and new', true),
    paragraph(
      `Only at the DNS step of the switchover. Where the old value is not the one printed, stop: somebody else changed it. The way back is the same from right to left.`,
    ),
    ...parts,
  ].join('\n');
}
