import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DrpError, toError } from '../../base/errors.ts';
import { readTextAtMost } from '../../base/read-at-most.ts';
import type { DraftAnswers, DraftDatabase, DraftHost, DraftPerson } from '../../runbook/draft.ts';
import type { ScannedHostKey } from '../../transports/scan-host-keys.ts';
import { printableLine } from '../../views/escape.ts';
import { table } from '../../views/layout.ts';
import { createAsk, type Ask } from '../ask.ts';
import { askFacts, databaseFacts, hostFacts, mailFacts, personFacts, siteFacts } from '../draft-questions.ts';
import { examples } from '../examples.ts';
import { atHome } from '../host-targets.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { readIdentity } from '../read-identity.ts';
import type { Verb } from '../verb.ts';
import { openRunbook, resolveProcedure } from '../wire.ts';

interface InitOptions {
  readonly site: string;
  readonly runbooks?: string;
  readonly answers?: string;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--site <name>', 'name of the site, and of its runbook file')
    .option('--runbooks <folder>', 'where the runbook is written (default: ./runbooks)')
    .option('--answers <file>', 'all answers as JSON, instead of questions')
    .addHelpText(
      'after',
      `
Asks for hosts, people, backups and DNS, shows the host keys to compare by another way, and writes a
runbook that drp plan can read. It never writes over one that is there.

FILE of --answers is one JSON object, spelt out in src/runbook/draft-answers.ts. Keys: title, objectives,
datacentres, service, production, recovery, backupHosts, files, dns, people, maintenanceFlag; and, where
there are any, database, mail.
${examples([
  ['drp init --site gravelines', 'asks, then writes runbooks/gravelines.yaml'],
  ['drp init --site gravelines --answers facts.json', 'without a terminal'],
])}`,
    )
    .action(action((options: InitOptions) => init(io, options)));
};

async function init(io: Io, options: InitOptions): Promise<VerbAnswer> {
  const { draftRunbook } = await import('../../runbook/draft.ts');
  const folder = resolve(io.cwd, options.runbooks ?? 'runbooks');
  // Before anybody answers twenty questions; and a name that is a path would be written elsewhere.
  if (!/^[a-z][a-z0-9-]*$/.test(options.site)) {
    const what = `--site '${options.site}': expected a name of lower-case letters, digits and hyphens, e.g. gravelines`;
    throw new DrpError('wrong-usage', { what, command: 'init' });
  }
  const file = join(folder, `${options.site}.yaml`);
  if (existsSync(file)) throw notWritten(file, 'it is there already');
  const answers = options.answers === undefined ? await askAnswers(io, options.site) : await readAnswers(io, options);
  const text = drafted(draftRunbook, answers, options);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o644 });
  } catch (cause) {
    throw notWritten(file, toError(cause).message);
  }
  // What was written is read back: a runbook that cannot be planned is worth nothing on the day.
  const loaded = await openRunbook(io, options.site, folder);
  const plan = await resolveProcedure(loaded, 'activation', { onSigners: () => undefined });
  return {
    text: `written: ${file}\nRead the procedure with: drp plan --site ${options.site}\nIts hosts and fingerprints: drp hosts show --site ${options.site}`,
    json: { file, planDigest: plan.digest, warnings: loaded.warnings },
  };
}

function notWritten(file: string, reason: string): DrpError {
  const what = `${file} was not written: ${reason}`;
  const advice = 'A runbook that is there is edited by hand, or with: drp hosts pin HOST --site SITE.';
  return new DrpError('nothing-to-do', { what, advice });
}

/** A file of answers may lack what the draft is made of: that is the file's fault, and is said so. */
function drafted(draft: (answers: DraftAnswers) => string, answers: DraftAnswers, options: InitOptions): string {
  try {
    return draft(answers);
  } catch (cause) {
    if (options.answers === undefined) throw cause;
    const what = `answers in ${options.answers} lack something, or hold it in another shape: ${toError(cause).message}`;
    throw new DrpError('wrong-usage', { what, command: 'init' }, { cause });
  }
}

/** Answers without which no runbook can be made. */
const neededAnswers = [
  'title',
  'objectives',
  'datacentres',
  'service',
  'production',
  'recovery',
  'backupHosts',
  'files',
  'dns',
  'people',
  'maintenanceFlag',
] as const satisfies readonly (keyof DraftAnswers)[];

const answersBytesMax = 1_048_576;

async function readAnswers(io: Io, options: InitOptions): Promise<DraftAnswers> {
  const file = resolve(io.cwd, options.answers ?? '');
  let read: Partial<DraftAnswers>;
  try {
    read = JSON.parse(await readTextAtMost(file, answersBytesMax)) as Partial<DraftAnswers>;
  } catch (cause) {
    throw new DrpError(
      'wrong-usage',
      { what: `answers in ${file} cannot be read: ${toError(cause).message}`, command: 'init' },
      { cause },
    );
  }
  const missing = neededAnswers.filter((key) => (read as Partial<DraftAnswers> | null)?.[key] === undefined);
  if (missing.length > 0) {
    throw new DrpError('wrong-usage', { what: `answers in ${file} lack ${missing.join(', ')}`, command: 'init' });
  }
  // The rest of its shape is checked where it counts: the runbook made from it is parsed with every rule.
  return { ...(read as DraftAnswers), site: options.site };
}

async function askAnswers(io: Io, site: string): Promise<DraftAnswers> {
  const ask = createAsk(io);
  if (!io.interactive) {
    throw new DrpError('facts-missing', { what: 'the facts of the site', options: '--answers FILE' });
  }
  const facts = await askFacts(ask, siteFacts);
  const cities: Record<string, string> = {};
  const production = await askHost(io, ask, { site, about: 'Production: ', cities });
  const recovery = await askHost(io, ask, { site, about: 'Recovery: ', cities });
  const backupHosts: DraftHost[] = [];
  do backupHosts.push(await askHost(io, ask, { site, about: `Backup server ${backupHosts.length + 1}: `, cities }));
  while (await another(ask, 'Another backup server?'));
  const people: DraftPerson[] = [await askPerson(ask, 'authoriser'), await askPerson(ask, 'operator')];
  while (await another(ask, 'Another person who may approve?')) people.push(await askPerson(ask, 'approver'));
  const database = (await another(ask, 'Is there a PostgreSQL database?')) ? await askDatabase(ask) : undefined;
  const mail = (await another(ask, 'Do messages go out by mail?')) ? await askMail(ask) : undefined;
  const fact = (key: string) => facts[key] ?? '';
  return {
    site,
    title: fact('title'),
    objectives: {
      rto: fact('rto'),
      filesLoss: fact('filesLoss'),
      databaseLoss: fact('databaseLoss'),
      skew: fact('skew'),
    },
    datacentres: cities,
    service: { name: fact('service'), url: fact('url') },
    production,
    recovery,
    backupHosts,
    files: {
      path: fact('filesPath'),
      backup: { every: fact('filesEvery'), folder: fact('filesFolder'), pattern: fact('filesPattern') },
    },
    dns: {
      zone: fact('zone'),
      record: { name: fact('service'), type: production.address.includes(':') ? 'AAAA' : 'A', ttl: fact('ttl') },
      provider: {
        kind: 'rfc2136',
        address: fact('dnsAddress'),
        port: Number(fact('dnsPort')),
        keyName: fact('dnsKeyName'),
        keySecret: { file: fact('dnsKeyFile') },
      },
      servers: [
        {
          name: 'primary',
          address: fact('dnsAddress'),
          port: Number(fact('dnsPort')),
          datacentre: recovery.datacentre,
        },
      ],
    },
    people,
    maintenanceFlag: fact('maintenanceFlag'),
    ...(database === undefined ? {} : { database }),
    ...(mail === undefined ? {} : { mail }),
  };
}

async function askDatabase(ask: Ask): Promise<DraftDatabase> {
  const facts = await askFacts(ask, databaseFacts, 'Database: ');
  const fact = (key: string) => facts[key] ?? '';
  return {
    name: fact('name'),
    user: fact('user'),
    port: Number(fact('port')),
    passwords: { production: { file: fact('productionPassword') }, recovery: { file: fact('recoveryPassword') } },
    applicationRoles: [fact('applicationRole')],
    backup: { every: fact('every'), folder: fact('folder'), pattern: fact('pattern') },
  };
}

async function askMail(ask: Ask): Promise<NonNullable<DraftAnswers['mail']>> {
  const { address = '', port = '25', from = '', to = '' } = await askFacts(ask, mailFacts, 'Mail: ');
  return { address, port: Number(port), from, to: [to] };
}

async function askHost(
  io: Io,
  ask: Ask,
  known: { readonly site: string; readonly about: string; readonly cities: Record<string, string> },
): Promise<DraftHost> {
  const { scanHostKeys } = await import('../../transports/scan-host-keys.ts');
  const facts = await askFacts(ask, hostFacts, known.about);
  const {
    name = '',
    datacentre = '',
    city = '',
    address = '',
    port = '22',
    user = '',
    base = '/srv',
    keyFile = 'agent',
  } = facts;
  known.cities[datacentre] = city;
  const keys = await scanHostKeys(address, Number(port)).catch((error: unknown): readonly ScannedHostKey[] => {
    io.stderr.write(
      `${io.style.attention(toError(error).message)}\nPin it later: drp hosts pin ${name} --site ${known.site}\n`,
    );
    return [];
  });
  io.stderr.write(
    `${table(
      keys.map((key) => [key.type, key.fingerprint]),
      '  ',
    ).join('\n')}\n`,
  );
  const compared =
    keys.length > 0 && (await another(ask, `Are these fingerprints what its owner says, by another way?`));
  const host = {
    name,
    datacentre,
    address,
    port: Number(port),
    user,
    base,
    hostKeys: compared ? keys.map((key) => key.key) : [],
    ...(keyFile === 'agent' ? {} : { keyFile }),
  };
  return { ...host, identity: { file: markerFile, text: await markerOf(io, ask, { host, about: known.about }) } };
}

const markerFile = '/etc/machine-id';

/** The identity marker: read behind the keys just compared; asked for where that cannot be. */
async function markerOf(
  io: Io,
  ask: Ask,
  { host, about }: { readonly host: Omit<DraftHost, 'identity'>; readonly about: string },
): Promise<string> {
  if (host.hostKeys.length > 0) {
    const { keyFile, datacentre: _, ...place } = host;
    const read = await readIdentity({
      ...place,
      transport: 'ssh2',
      identity: { file: markerFile, text: '' },
      ...(keyFile === undefined ? {} : { keyFile: atHome(keyFile, homedir()) }),
    });
    if ('text' in read) {
      io.stderr.write(`its identity, ${markerFile}: ${printableLine(read.text)}\n`);
      return read.text;
    }
    io.stderr.write(`${io.style.attention(`${markerFile} could not be read: ${printableLine(read.reason)}`)}\n`);
  }
  const { text = '' } = await askFacts(ask, [
    {
      key: 'text',
      message: `${about}text of ${markerFile} (proves which machine answers)?`,
      refuse: (typed) => (typed === '' ? 'something is needed' : undefined),
    },
  ]);
  return text;
}

async function askPerson(ask: Ask, role: 'authoriser' | 'operator' | 'approver'): Promise<DraftPerson> {
  const { id = '', name = '', osUser = 'none', key = 'none' } = await askFacts(ask, personFacts, `${role}: `);
  return {
    id,
    name,
    roles: [role],
    keys: key === 'none' ? [] : [key],
    ...(osUser === 'none' ? {} : { osUser }),
  };
}

async function another(ask: Ask, message: string): Promise<boolean> {
  const answer = await ask.choice(message, ['yes', 'no']);
  if (answer.kind !== 'typed')
    throw new DrpError('nothing-to-do', { what: 'left before the end', advice: 'No runbook was written.' });
  return answer.text === 'yes';
}
