import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit, EditValue } from '../../src/runbook/edit.ts';
import { copyAside, putBack } from '../lab/aside.ts';
import { finishDump } from '../lab/backups.ts';
import { secondaryFollows } from '../lab/dns.ts';
import type { BackupFacts, LabFacts } from '../lab/facts.ts';
import { clientArgv } from '../lab/postgres.ts';
import { run } from '../lab/process.ts';
import { set } from './checked-lab.ts';
import { keyFile, runbookCopy, srv, type Asked, type CheckedWorld } from './checked-world.ts';
import { certified } from './other-certificate.ts';

type Undo = () => unknown;

/** One thing gone wrong, and who must say so: `PROBE SUBJECT`, a pattern each. Nothing else may. */
export interface Defect {
  readonly what: string;
  readonly named: readonly RegExp[];
  /** Done to the lab; gives its undoing. */
  readonly inject?: (world: CheckedWorld) => Promise<Undo>;
  /** Or a runbook or record that is wrong. */
  readonly asked?: Asked;
}

const fault =
  (name: string, undo: string, ...args: readonly string[]) =>
  async ({ lab }: CheckedWorld): Promise<Undo> => {
    await lab.fault(name, ...args);
    return () => lab.fault(undo, ...args.slice(0, 1));
  };

const zone =
  (line: string, undo: string) =>
  async (world: Pick<CheckedWorld, 'nsupdate' | 'lab'>): Promise<Undo> => {
    const change = async (text: string): Promise<void> => {
      await world.nsupdate(text);
      await bothServersAgree(world);
    };
    await change(line);
    return () => change(undo);
  };

/** What a change left is known to both: else the second would be found behind, or go on with it for good. */
const bothServersAgree = ({ lab }: Pick<CheckedWorld, 'lab'>): Promise<void> =>
  secondaryFollows(lab.facts.dns?.servers ?? []);

const newestDump = ({ lab }: CheckedWorld): BackupFacts['dumps'][number] => lab.facts.backups.dumps[0]!;

/** A copy of a file is kept, the file spoilt, and put back. */
async function spoilt({ context }: CheckedWorld, files: readonly string[], spoil: () => unknown): Promise<Undo> {
  for (const file of files) copyAside(context, 'check', file);
  await spoil();
  return () => putBack(context, 'check');
}

async function moved(file: string): Promise<Undo> {
  renameSync(file, `${file}.aside`);
  return () => {
    rmSync(file, { recursive: true, force: true });
    renameSync(`${file}.aside`, file);
  };
}

const backups: readonly Defect[] = [
  {
    what: 'the newest dump ends early, with a checksum made of it',
    named: [/^backup\.whole database@/],
    inject: fault('dump-truncated', 'dumps-back'),
  },
  {
    what: 'bytes in the middle of the newest dump are wrong',
    named: [/^backup\.whole database@/],
    inject: fault('dump-corrupt', 'dumps-back', 'old-checksum'),
  },
  {
    what: 'the checksum beside the newest dump is that of another',
    named: [/^backup\.checksum database@/],
    inject: (world) => {
      const file = `${newestDump(world).file}.sha256`;
      return spoilt(world, [file], () => writeFileSync(file, `${'0'.repeat(64)}  other.dump\n`));
    },
  },
  {
    what: 'one file of the newest tree was changed after it was copied',
    named: [/^backup\.checksum files@/],
    inject: (world) => {
      const file = join(world.lab.facts.backups.trees[0]!.folder, 'www', 'release.txt');
      return spoilt(world, [file], () => appendFileSync(file, 'x'));
    },
  },
  {
    what: 'no dump is younger than ten hours',
    named: [/^backup\.fresh database@/],
    inject: fault('dump-stale', 'dumps-back', '10'),
  },
  {
    what: 'the newest dump is whole and holds no rows',
    named: [/^backup\.size database@/],
    inject: (world) => {
      const { file, takenAt } = newestDump(world);
      return spoilt(world, [file, `${file}.sha256`], async () => {
        const dump = clientArgv(world.context, 'limburg', 'pg_dump');
        await run([...dump, '-d', 'kyc', '-Fc', '--schema-only', '-f', file]);
        await finishDump(file, new Date(takenAt));
      });
    },
  },
  {
    what: 'one dump in the middle of the day is missing',
    named: [/^backup\.retention database@/],
    inject: (world) => {
      const { dumps } = world.lab.facts.backups;
      const day = (index: number): string => dumps[index]?.takenAt.slice(0, 10) ?? '';
      // Its neighbours on the same day and server: the gap shows whatever the hour.
      const index = dumps.findIndex((_, at) => at > 1 && day(at - 1) === day(at) && day(at + 1) === day(at));
      return moved(dumps[index]!.file);
    },
  },
  {
    what: 'the folder of the dumps is gone from a server',
    named: [/^backup\.fresh database@backup-odd$/],
    inject: ({ lab }) => moved(lab.facts.backups.database['backup-odd']),
  },
  {
    what: 'both backup servers stand in the building of production',
    named: [/^backup\.places files$/, /^backup\.places database$/],
    asked: { edits: [set('hosts.backup-odd.datacentre', 'limburg')] },
  },
  {
    what: 'a dump a day where two hours may be lost',
    named: [/^backup\.rhythm database$/],
    asked: { edits: [set('objectives.databaseLoss', '1h')] },
  },
  {
    what: 'nobody ever restored from one source',
    named: [/^backup\.tested files@backup-odd$/],
    asked: {
      past: (past) => ({
        ...past,
        restores: past.restores!.filter(({ backup, host }) => `${backup}@${host}` !== 'files@backup-odd'),
      }),
    },
  },
];

const names: readonly Defect[] = [
  {
    what: 'the name lives an hour in caches',
    named: [/^dns\.ttl www\.kyc\.test A$/],
    inject: (world) => {
      const address = world.lab.facts.hosts.limburg.address;
      return zone(
        `update delete www.kyc.test A\nupdate add www.kyc.test 3600 A ${address}`,
        `update delete www.kyc.test A\nupdate add www.kyc.test 5 A ${address}`,
      )(world);
    },
  },
  {
    what: 'the name leads to neither side',
    named: [/^dns\.values www\.kyc\.test A$/],
    inject: (world) =>
      zone(
        'update delete www.kyc.test A\nupdate add www.kyc.test 5 A 192.0.2.7',
        `update delete www.kyc.test A\nupdate add www.kyc.test 5 A ${world.lab.facts.hosts.limburg.address}`,
      )(world),
  },
  {
    what: 'the second name server hears of no change',
    named: [/^dns\.agree kyc\.test$/],
    inject: async (world) => {
      await bothServersAgree(world);
      const undo = await fault('dns-stale', 'dns-follow')(world);
      await world.nsupdate(`update add marker.kyc.test 60 TXT changed-${String(Date.now())}`);
      return undo;
    },
  },
  { what: 'the second name server is silent', named: [/^dns\.server ns2/], inject: fault('dns-down', 'dns-up', 'ns2') },
  {
    what: 'an AAAA record that the runbook does not switch',
    named: [/^dns\.aaaa www\.kyc\.test$/],
    inject: zone('update add www.kyc.test 5 AAAA 2001:db8::10', 'update delete www.kyc.test AAAA'),
  },
  {
    what: 'CAA allows another authority only',
    named: [/^dns\.caa www\.kyc\.test$/],
    inject: zone('update add kyc.test 60 CAA 0 issue "other.example"', 'update delete kyc.test CAA'),
  },
  {
    what: 'the update key has another secret',
    named: [/^dns\.rights www\.kyc\.test A$/],
    asked: { edits: [set('dns.kyc.provider.keySecret', { env: 'OTHER_KEY' })], env: { OTHER_KEY: 'b3RoZXI=' } },
  },
  {
    what: 'the primary takes no updates',
    named: [/^dns\.rights www\.kyc\.test A$/],
    inject: fault('dns-refuse', 'dns-accept'),
  },
  {
    what: 'the secret of the key at Route 53 is another',
    named: [/^dns\.rights www\.kyc\.test A$/],
    asked: { edits: (facts) => atRoute53(facts, { env: 'OTHER_KEY' }), env: { OTHER_KEY: 'b3RoZXI=' } },
  },
  {
    what: 'Route 53 does not answer',
    named: [/^dns\.rights www\.kyc\.test A$/],
    asked: { edits: (facts) => atRoute53(facts, { file: facts.route53!.secretFile }) },
    inject: fault('route53-down', 'route53-up'),
  },
];

/** The zone as one that is changed through Route 53. */
function atRoute53({ route53 }: LabFacts, secretAccessKey: EditValue): readonly Edit[] {
  const { endpoint, zoneId, accessKeyId } = route53!;
  return [set('dns.kyc.provider', { kind: 'route53', endpoint, zoneId, accessKeyId, secretAccessKey })];
}

const site: readonly Defect[] = [
  {
    what: 'the certificate of the recovery side ends in ten days',
    named: [/^site\.certificate recovery$/],
    inject: (world) => certified(world, ['-days', '10']),
  },
  {
    what: 'the certificate of the recovery side is for another name',
    named: [/^site\.certificate recovery$/],
    inject: (world) => certified(world, ['-days', '30'], 'www.other.test'),
  },
  {
    what: 'production shows its maintenance page',
    named: [/^site\.answer production \/$/],
    inject: async ({ context }) => {
      const flag = join(srv(context, 'limburg'), 'flags', 'maintenance');
      writeFileSync(flag, '');
      return () => rmSync(flag);
    },
  },
  {
    what: 'production answers and nothing was written there for days',
    named: [/^site\.fresh production \/health$/],
    inject: async ({ lab }) => {
      const shift = (sign: string): Promise<string> =>
        lab.sql('limburg', `update kyc.orders set created_at = created_at ${sign} interval '10 days'`);
      await shift('-');
      return () => shift('+');
    },
  },
  {
    what: 'the health page says something else',
    named: [/^site\.content production \/health$/],
    asked: { edits: [set('service.pages.0.contains', ['"release":"2031'])] },
  },
  {
    what: 'the recovery side is not in maintenance',
    named: [/^site\.standby recovery$/],
    inject: ({ context }) => moved(join(srv(context, 'gravelines'), 'flags', 'maintenance')),
  },
  {
    what: 'the key to the records is not at the recovery side',
    named: [/^site\.decrypts gravelines$/],
    inject: ({ context }) => moved(keyFile(context)),
  },
];

const people: readonly Defect[] = [
  {
    what: 'a key ends in ten days',
    named: [/^people\.key otto$/],
    inject: (world) => {
      const file = world.lab.facts.allowedSigners;
      const until = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
      const text = readFileSync(file, 'utf8').replace('otto namesp', `otto valid-before="${until}Z",namesp`);
      return spoilt(world, [file], () => writeFileSync(file, text));
    },
  },
  {
    what: 'the file of allowed signers is gone',
    named: [/^people\.signers /],
    inject: ({ lab }) => moved(lab.facts.allowedSigners),
  },
  {
    what: 'a gate asks for a hardware key and nobody has one',
    named: [/^people\.gate (activation|return) unserved$/],
    asked: { edits: [set('gates.unserved.strength', 'hardware-key')] },
  },
  {
    what: 'only one person may import',
    named: [/^people\.gate \w+ (restoration|import|accept-import|clean-up)$/],
    asked: { edits: [set('people.vera.roles', ['approver'])] },
  },
];

const desks: readonly Defect[] = [
  {
    what: 'the token of the ticket system is wrong',
    named: [/^desk\.rights tickets$/],
    asked: { edits: [set('desks.tickets.token', { env: 'OTHER_TOKEN' })], env: { OTHER_TOKEN: '1-42-other' } },
  },
  {
    what: 'the queue is not there',
    named: [/^desk\.rights tickets$/],
    asked: { edits: [set('desks.tickets.queue', 'Elsewhere')] },
  },
  {
    what: 'the ticket system is down',
    named: [/^desk\.rights tickets$/],
    inject: fault('tickets-down', 'tickets-up'),
  },
  {
    what: 'the mail server refuses the crisis team',
    named: [/^desk\.rights mail$/],
    asked: { edits: [set('desks.mail.to', ['reject@kyc.test'])] },
  },
  {
    what: 'the ticket system stands in the building of production',
    named: [/^desk\.place tickets$/],
    asked: { edits: [set('desks.tickets.datacentre', 'limburg')] },
  },
];

const own: readonly Defect[] = [
  {
    what: 'drp runs in the building of production',
    named: [/^own\.place drp$/],
    asked: { edits: [set('own.datacentre', 'limburg')] },
  },
  {
    what: 'the copy of the runbook at the recovery side is an old one',
    named: [/^own\.copy runbook@gravelines$/],
    asked: { keepCopy: true },
    inject: async ({ context }) => {
      const file = runbookCopy(context);
      const text = readFileSync(file, 'utf8');
      appendFileSync(file, '# older\n');
      return () => existsSync(file) && writeFileSync(file, text);
    },
  },
  {
    what: 'the restoration was changed since the drill',
    named: [/^drift\.plan restoration$/],
    asked: { edits: [set('databases.recovery.name', 'kyc2')], drilledBefore: true },
  },
  {
    what: 'the database server is another version than in the drill',
    named: [/^drift\.server recovery$/],
    asked: {
      past: (past) => ({
        ...past,
        rehearsed: {
          ...past.rehearsed!,
          servers: past.rehearsed!.servers!.map((server) => ({ ...server, version: '15.1' })),
        },
      }),
    },
  },
  {
    what: 'the recovery host has another system and more memory than in the drill',
    named: [/^drift\.host gravelines$/],
    asked: {
      past: (past) => {
        const gravelines = {
          ...past.rehearsed!.machines!['gravelines']!,
          os: 'Debian GNU/Linux 9',
          memoryKilobytes: 1,
        };
        return { ...past, rehearsed: { ...past.rehearsed!, machines: { gravelines } } };
      },
    },
  },
  {
    what: 'no drill is on record',
    named: [/^drift\.drill restoration$/],
    asked: { past: ({ restores }) => ({ restores: restores! }) },
  },
  {
    what: 'there is twice as much to restore as in the drill',
    named: [/^drift\.size database$/],
    asked: {
      past: (past) => ({
        ...past,
        restores: past.restores!.map((one) => (one.backup === 'database' ? { ...one, bytes: 50_000 } : one)),
      }),
    },
  },
];

export const defects: readonly Defect[] = [...backups, ...names, ...site, ...people, ...desks, ...own];
