import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Finding, PastRuns } from '../../src/checks/check.ts';
import { worldProbes } from '../../src/checks/probes.ts';
import { runChecks } from '../../src/checks/run-checks.ts';
import { hostTargets } from '../../src/cli/host-targets.ts';
import { resolveProcedures } from '../../src/cli/procedures.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { editRunbook, type Edit } from '../../src/runbook/edit.ts';
import type { Runbook } from '../../src/runbook/schema/runbook.ts';
import { machineArgv, parseMachine, type Machine } from '../../src/steps/remote/machine.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import { finishDump } from '../lab/backups.ts';
import type { LabFacts } from '../lab/facts.ts';
import { practiceKey } from '../lab/keys.ts';
import type { Lab } from '../lab/lab.ts';
import { clientArgv } from '../lab/postgres.ts';
import { run, type LabContext } from '../lab/process.ts';
import { hostFolder } from '../lab/sshd.ts';
import { checkContext, openCheckedLab, parsed, set } from './checked-lab.ts';

/** What a check is asked besides the runbook. */
export interface Asked {
  readonly edits?: readonly Edit[] | ((facts: LabFacts) => readonly Edit[]);
  readonly env?: Readonly<Record<string, string>>;
  readonly lost?: readonly string[];
  readonly past?: (past: PastRuns) => PastRuns;
  /** The drill on record was one of the runbook without these edits. */
  readonly drilledBefore?: true;
  /** The copy of the runbook at the recovery site stays as it was. */
  readonly keepCopy?: true;
}

/** A lab whose every part is as the check wants it, and a check of it through real connections. */
export interface CheckedWorld {
  readonly lab: Lab;
  readonly context: LabContext;
  check(asked?: Asked): Promise<readonly Finding[]>;
  /** `nsupdate` with the key that may change every name. */
  nsupdate(...lines: readonly string[]): Promise<void>;
  end(): Promise<void>;
}

export async function openCheckedWorld(): Promise<CheckedWorld> {
  const { lab, context, end } = await openCheckedLab({ ttlSeconds: 5 });
  const { facts } = lab;
  const file = join(facts.dir, 'runbooks', 'gravelines.yaml');
  const base = editRunbook(readFileSync(file, 'utf8'), await furnish(context, lab));
  const byText = new Map<string, Promise<Loaded>>();
  const load = (text: string): Promise<Loaded> => {
    // A plan holds the signers' keys, too, which lie in a file of their own.
    const key = `${existsSync(facts.allowedSigners) ? readFileSync(facts.allowedSigners, 'utf8') : ''}${text}`;
    const loading = byText.get(key) ?? loaded(text, file);
    byText.set(key, loading);
    return loading;
  };
  const client = [...clientArgv(context, 'gravelines', 'psql'), '-d', 'postgres', '-Atc', 'show server_version'];
  const version = (await run(client)).stdout.replace(/[^0-9.][^]*/, '');
  const { runbook: shipped } = await load(base);
  const machine = parseMachine((await run(machineArgv(shipped, 'gravelines'))).stdout);
  const pool = createTransportPool(hostTargets(shipped.hosts));
  return {
    lab,
    context,
    check: async (asked = {}) => {
      const { edits = [] } = asked;
      const text = editRunbook(base, typeof edits === 'function' ? edits(facts) : edits);
      const { runbook, plans } = await load(text);
      if (asked.keepCopy === undefined) writeFileSync(runbookCopy(context), text);
      const before = asked.drilledBefore === undefined ? plans : (await load(base)).plans;
      const past = pastOf(before, version, machine);
      const { lost = [], env = {} } = asked;
      const check = {
        ...checkContext(runbook, { file, hosts: pool, lost, env }),
        plans,
        past: asked.past?.(past) ?? past,
      };
      return (await runChecks(worldProbes(runbook), check)).findings;
    },
    nsupdate: async (...lines) => {
      const { address, port } = facts.dns!.primary;
      const key = join(facts.dir, 'dns', 'route53-update.key');
      const input = [`server ${address} ${String(port)}`, ...lines, 'send', ''].join('\n');
      await run(['sh', '-c', 'printf %s "$1" | nsupdate -k "$2"', 'nsupdate', input, key]);
    },
    end: async () => {
      await pool.closeAll();
      await end();
    },
  };
}

interface Loaded {
  readonly runbook: Runbook;
  readonly plans: readonly Plan[];
}

async function loaded(text: string, file: string): Promise<Loaded> {
  const runbook = parsed(text, file);
  return {
    runbook,
    plans: await resolveProcedures({ runbook, file, text, warnings: [] }, undefined, { onSigners: () => undefined }),
  };
}

export const srv = (context: LabContext, host: 'limburg' | 'gravelines'): string =>
  join(hostFolder(context, host), 'srv');
export const runbookCopy = (context: LabContext): string => join(srv(context, 'gravelines'), 'drp', 'gravelines.yaml');
export const keyFile = (context: LabContext): string => join(srv(context, 'gravelines'), 'keys', 'records.key');

/** What the lab lacks for everything to be well, and what the runbook says of it. */
async function furnish(context: LabContext, lab: Lab): Promise<readonly Edit[]> {
  const gravelines = srv(context, 'gravelines');
  for (const folder of ['flags', 'drp', 'keys']) mkdirSync(join(gravelines, folder), { recursive: true });
  writeFileSync(join(gravelines, 'flags', 'maintenance'), '');
  writeFileSync(keyFile(context), 'a published practice key\n');
  const cipher = ['openssl', 'enc', '-aes-256-cbc', '-pbkdf2', '-pass', `file:${keyFile(context)}`];
  const record = join(gravelines, 'keys', 'record.enc');
  const decrypt = join(gravelines, 'keys', 'decrypt.sh');
  writeFileSync(decrypt, `exec ${[...cipher, '-d', '-in', record].join(' ')}\n`);
  await run(['sh', '-c', 'printf "the known record" | "$@"', 'encrypt', ...cipher, '-out', record]);
  const { allowedSigners } = lab.facts;
  const bart = practiceKey(context.net, 'bart').publicKey;
  if (!readFileSync(allowedSigners, 'utf8').includes('bart ')) {
    appendFileSync(allowedSigners, `bart namespaces="drp-approval@v1" ${bart}\n`);
  }
  await everySourceHoldsDumps(lab);
  const health = new URL('/health', `https://${lab.facts.web!.limburg.name}:${String(lab.facts.web!.limburg.tlsPort)}`);
  return [
    // Patient: a slow machine is no defect of the world.
    set('service.pages', [
      { url: health.href, within: '20s', contains: ['"release"'], newest: { json: 'newest', age: '3d' } },
      { url: new URL('/', health).href, within: '20s' },
    ]),
    set('service.decrypts', {
      host: 'gravelines',
      run: ['sh', decrypt],
      expect: 'the known record',
    }),
    set('service.certificateAuthority', 'ca.kyc.test'),
    set('people.bart', { name: 'Bart, deputy of the crisis lead', roles: ['authoriser'], keys: [bart] }),
    set('own', {
      datacentre: 'roubaix',
      copies: [{ what: 'runbook', host: 'gravelines', path: 'drp/gravelines.yaml' }],
    }),
  ];
}

/** On the first days after a month of 31, the lab's last 26 hours are all odd ones. */
async function everySourceHoldsDumps(lab: Lab): Promise<void> {
  const { dumps, database } = lab.facts.backups;
  const [newest] = dumps;
  if (newest === undefined || dumps.some(({ host }) => host !== newest.host)) return;
  const other = newest.host === 'backup-even' ? 'backup-odd' : 'backup-even';
  const at = new Date(newest.takenAt);
  at.setUTCHours(22, 0, 0, 0);
  do at.setUTCDate(at.getUTCDate() - 1);
  while ((at.getUTCDate() % 2 === 0) !== (other === 'backup-even'));
  for (const hours of [22, 20]) {
    at.setUTCHours(hours);
    const file = join(database[other], `kyc-${at.toISOString().slice(0, 13)}00Z.dump`);
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) writeFileSync(file, readFileSync(newest.file));
    await finishDump(file, at);
  }
}

function pastOf(plans: readonly Plan[], version: string, gravelines: Machine): PastRuns {
  const plan = plans.find(({ procedure }) => procedure === 'activation');
  if (plan === undefined) throw new Error('no activation');
  const { host, address, port } = plan.world.databases['recovery']!;
  const at = new Date(Date.now() - 7 * 86_400_000).toISOString();
  const restore = (backup: string, host: string) => ({ run: 'K7', at, backup, host, bytes: -1, files: -1 });
  return {
    lastPassedDrillAt: at,
    rehearsed: {
      run: 'K7',
      at,
      kind: 'drill',
      plan,
      servers: [{ host, address, port, version }],
      machines: { gravelines },
    },
    restores: ['files', 'database'].flatMap((backup) =>
      ['backup-even', 'backup-odd'].map((host) => restore(backup, host)),
    ),
  };
}
