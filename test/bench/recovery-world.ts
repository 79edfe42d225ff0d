import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Event } from '../../src/events/event.ts';
import { editRunbook, type Edit } from '../../src/runbook/edit.ts';
import { drp, lastJson } from '../demo/drp.ts';
import { freeNet } from '../demo/free-net.ts';
import { drive, type Stage } from '../e2e/stage.ts';
import { openLab, startLab, type Lab } from '../lab/lab.ts';
import { clientArgv } from '../lab/postgres.ts';
import { run, type LabContext } from '../lab/process.ts';
import { benchIn, type Bench, type BenchContext, type Side } from './bench.ts';
import { largeDatabase } from './large-database.ts';
import { mixedTree } from './mixed-tree.ts';
import { runCommand } from './run-command.ts';

/** A lab whose newest backups hold the mixed tree and the database of 1 GB, with drp and an operator's shell before it. */
export interface RecoveryWorld {
  readonly lab: Lab;
  /** The site as it is when production has just been lost: nobody at the recovery side yet, its name at production. */
  lose(): Promise<void>;
  /** The site as an activation left it, with production back and its files as they were then. */
  comeBack(): Promise<void>;
  /** Drives a procedure to its end under a journal of its own (or the one of the activation before); gives its record. */
  drp(args: readonly string[], onGate?: (gate: string) => void): Promise<readonly Event[]>;
  /** What the operator types when production is lost. */
  readonly activate: readonly string[];
  /** A script of the operator's shell, with functions for the hosts and `$NAMES` of the world. */
  bash(text: string): Promise<string>;
  /** Changes one file in a hundred of the tree that users have at the recovery side. */
  users(): void;
  end(): Promise<void>;
}

/** A bench whose rows are recoveries in such a world. */
export function recoveryBench(bench: {
  readonly name: string;
  readonly about: string;
  rows(context: BenchContext, world: RecoveryWorld): Promise<void>;
}): Bench {
  return benchIn({
    ...bench,
    onlyRoot: 'only root can restore the owners of the tree',
    open: ({ folder, log }) => openRecoveryWorld(folder, log),
  });
}

/** A script of the operator's shell as one would type it. */
export const bashLine = (text: string): Side['command'] => `bash: ${text.trim().split('\n').join('; ')}`;

const bulk = 'www/mixed';
/** As shipped, and then a gate: between the copy over a living source and the freeze users change a little. */
const preCopy: Edit = {
  path: ['return', 'pre-copy'],
  value: [
    { id: 'lower-ttl', kind: 'dns', do: 'lower-ttl', zone: 'kyc', records: ['www'], ttl: '10s' },
    {
      id: 'pre-copy-files',
      kind: 'copy',
      switch: false,
      staging: 'www-return',
      from: { host: 'gravelines', path: 'www' },
      to: { host: 'limburg', path: 'www' },
    },
    { id: 'changed', kind: 'gate', title: 'users have changed a little', covers: ['pre-copy-files'] },
  ],
};
const tables = 'happenings, papers, people';

/** Builds it (a minute and a half). `DRP_BENCH_WORLD=DIR` keeps it there: the next bench finds it ready. */
async function openRecoveryWorld(folder: string, log: (line: string) => void): Promise<RecoveryWorld> {
  const kept = process.env['DRP_BENCH_WORLD'];
  const place = kept ?? join(folder, 'world');
  mkdirSync(place, { recursive: true, mode: 0o755 });
  const dir = join(place, 'lab');
  const built = join(place, 'built');
  if (!existsSync(built)) {
    await build({ dir, place, stays: kept !== undefined }, log);
    writeFileSync(built, '');
  }
  const lab = openLab(dir);
  equip(lab, place);
  const world = new World(lab, place);
  return {
    lab,
    lose: () => world.lose(),
    comeBack: () => world.comeBack(),
    drp: (args, onGate) => world.drp(args, onGate),
    activate,
    bash: (text) => world.bash(text),
    users: () => world.users(),
    end: async () => {
      if (kept === undefined) await lab.down();
    },
  };
}

async function build(
  { dir, place, stays }: { readonly dir: string; readonly place: string; readonly stays: boolean },
  log: (line: string) => void,
): Promise<void> {
  const net = await freeNet();
  const small = { databaseBytes: 2e6, filesBytes: 2e6, ttlSeconds: 5 };
  const lab = await startLab({ dir, net, tickets: false, recovery: 'empty', stays, ...small });
  const { facts } = lab;
  const context = { dir, net, log };
  const [dump] = facts.backups.dumps.filter(({ host }) => host === 'backup-odd');
  const [tree] = facts.backups.trees.filter(({ host }) => host === 'backup-odd');
  if (dump === undefined || tree === undefined) throw new Error('no backup lies on backup-odd');
  await run([...clientArgv(context, 'limburg', 'pg_dump'), '-d', 'kyc', '-Fc', '-f', join(place, 'small.dump')]);
  await lab.sql('limburg', `set role kyc_owner; ${largeDatabase}`);
  await run([...clientArgv(context, 'limburg', 'pg_dump'), '-d', 'kyc', '-Fc', '-Z1', '-f', dump.file]);
  await lab.sql('limburg', `drop table ${tables}`);
  const shell = (text: string, ...args: string[]) => execFileSync('sh', ['-ec', text, 'sh', ...args]);
  shell(
    'cd "$1" && sha256sum "$2" >"$2.sha256" && touch -d "$3" "$2" "$2.sha256"',
    ...[dirname(dump.file), basename(dump.file), dump.takenAt],
  );
  shell(`mkdir -p "$1" && ${mixedTree}`, join(tree.folder, bulk));
  shell(
    'cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -- >"$1.manifest"; touch -d "$2" "$1"',
    ...[tree.folder, tree.takenAt],
  );
  shell('cp -a "$1" "$2"', join(tree.folder, bulk), join(facts.hosts.limburg.base, bulk));
  log(`  a tree of ${du(join(tree.folder, bulk))}, a dump of ${du(dump.file)}`);
}

/** The operator's shell, and the runbook for this world. */
function equip(lab: Lab, place: string): void {
  writeFileSync(join(place, 'ssh_config'), operatorsConfig(lab));
  const edits = (['limburg', 'gravelines'] as const).map((host) => straight(lab, host, place));
  const runbook = join(lab.facts.dir, 'runbooks', 'gravelines.yaml');
  writeFileSync(
    runbook,
    editRunbook(readFileSync(runbook, 'utf8'), [
      ...edits.flat(),
      preCopy,
      { path: ['gates', 'changed'], value: { roles: ['operator'] } },
    ]),
  );
}

const du = (path: string): string => execFileSync('du', ['-sh', '--', path], { encoding: 'utf8' }).split('\t')[0] ?? '';

/** Past the lab's relay, straight to the sshds: the relay's processor time is no part of a recovery. */
const past = (config: string): string =>
  config
    .replace(/Port 2222/, 'Port 2223')
    .replace(/UserKnownHostsFile .*/, 'UserKnownHostsFile /dev/null')
    .replace(/StrictHostKeyChecking yes/, 'StrictHostKeyChecking no');

function operatorsConfig({ facts }: Lab): string {
  const config = past(readFileSync(facts.hosts.gravelines.sshConfig ?? '', 'utf8'));
  return config.replace(/IdentityFile .*/, `IdentityFile ${facts.operatorKey}`);
}

function straight({ facts }: Lab, host: 'limburg' | 'gravelines', place: string): readonly Edit[] {
  const config = join(place, `ssh_config.${host}`);
  writeFileSync(config, past(readFileSync(facts.hosts[host].sshConfig ?? '', 'utf8')));
  const sources = host === 'limburg' ? ['gravelines'] : ['limburg', 'backup-even', 'backup-odd'];
  return sources.map((source) => ({ path: ['hosts', source, 'peers', 'sshConfig'], value: config }));
}

class World {
  readonly lab: Lab;
  readonly place: string;
  #runs = 0;

  constructor(lab: Lab, place: string) {
    this.lab = lab;
    this.place = place;
  }

  async lose(): Promise<void> {
    const { hosts } = this.lab.facts;
    rmSync(this.#activated, { recursive: true, force: true });
    this.#shell('rm -rf "$1"/flags/*', hosts.limburg.base);
    this.#shell(
      'for f in "$1"/config/cron.d/*.paused; do test ! -e "$f" || mv "$f" "${f%.paused}"; done',
      hosts.limburg.base,
    );
    await this.lab.sql('limburg', 'alter role kyc_app login');
    await this.#dropDatabases('gravelines');
    const clear =
      'cd "$1" && rm -rf .drp .[wc]*.drp-* www* *.before-* flags/* fetched && find config -mindepth 1 ! -name listen.conf -delete';
    this.#shell(clear, hosts.gravelines.base);
    await this.#settle('limburg');
  }

  async comeBack(): Promise<void> {
    const { hosts } = this.lab.facts;
    if (existsSync(this.#activated)) {
      await this.#dropDatabases('limburg');
      await run([...this.#client('limburg', 'createdb'), '-O', 'kyc_owner', 'kyc']);
      const small = join(this.place, 'small.dump');
      await run([...this.#client('limburg', 'pg_restore'), '-d', 'kyc', '--exit-on-error', small]);
      const clear = 'cd "$1" && rm -rf .drp .[wc]*.drp-* *.before-* quarantine flags/* fetched';
      for (const site of ['limburg', 'gravelines'] as const) this.#shell(clear, hosts[site].base);
    } else {
      await this.lose();
      await this.drp(activate);
      cpSync(this.#journal, this.#activated, { recursive: true });
    }
    await this.#settle('gravelines');
  }

  async drp(args: readonly string[], onGate: (gate: string) => void = () => undefined): Promise<readonly Event[]> {
    this.#runs += 1;
    rmSync(this.#journal, { recursive: true, force: true });
    if (existsSync(this.#activated)) cpSync(this.#activated, this.#journal, { recursive: true });
    const env = {
      ...(process.env as Record<string, string>),
      DRP_RUNBOOKS: join(this.lab.facts.dir, 'runbooks'),
      NO_COLOR: '1',
      DRP_JOURNAL: `sqlite:${join(this.#journal, 'journal.sqlite')}`,
    };
    const stage = { lab: this.lab, env, drp: (...words: string[]) => drp(words, env) } as unknown as Stage;
    const answers = (gate: string): boolean => {
      onGate(gate);
      return true;
    };
    const driver = drive(stage, args, { answers });
    const code = await driver.ended;
    const id = /^run (\S+),/m.exec(driver.output())?.[1];
    if (code !== 0 || id === undefined) throw new Error(`drp ended with ${String(code)}:\n${driver.output()}`);
    const shown = await drp(['audit', 'show', '--run', id, '--json'], env);
    return (lastJson(shown) as { events: readonly Event[] }).events;
  }

  async bash(text: string): Promise<string> {
    const { facts } = this.lab;
    const [dump] = facts.backups.dumps.filter(({ host }) => host === 'backup-odd');
    const [tree] = facts.backups.trees.filter(({ host }) => host === 'backup-odd');
    const env = {
      ...process.env,
      CONFIG: join(this.place, 'ssh_config'),
      L: facts.hosts.limburg.base,
      G: facts.hosts.gravelines.base,
      LADDRESS: facts.hosts.limburg.address,
      GADDRESS: facts.hosts.gravelines.address,
      LPEERS: join(this.place, 'ssh_config.limburg'),
      GPEERS: join(this.place, 'ssh_config.gravelines'),
      DUMP: dump?.file,
      TREE: tree?.folder,
      CA: facts.web?.limburg.caFile,
      MAIL: `${facts.net}.45:2525`,
      TSIG: facts.dns?.tsigFile,
      NS1: `${facts.net}.40`,
      NS2: `${facts.net}.42`,
    };
    const { stdout } = await runCommand(['bash', '-c', `${opening}\n${text}`], { env, cwd: this.place });
    return stdout;
  }

  users(): void {
    const change = `cd "$1" && find . -type f -links 1 -size -1000k | sort | awk -v at="$2" 'NR % 100 == at % 100' | while IFS= read -r file; do date +%N >>"$file"; done`;
    this.#shell(change, join(this.lab.facts.hosts.gravelines.base, bulk), String(this.#runs));
  }

  get #journal(): string {
    return join(this.place, 'journal');
  }

  /** The journal of the activation that brought users to the recovery side; there while they are there. */
  get #activated(): string {
    return join(this.place, 'activated');
  }

  /** No claim, no job and no cache of an earlier turn; the name at one of the sites. */
  async #settle(site: 'limburg' | 'gravelines'): Promise<void> {
    const { hosts } = this.lab.facts;
    for (const { home } of Object.values(hosts)) rmSync(join(home, '.drp'), { recursive: true, force: true });
    await this.bash(`point $${site === 'limburg' ? 'L' : 'G'}ADDRESS`);
    this.#shell('sync');
  }

  async #dropDatabases(site: 'limburg' | 'gravelines'): Promise<void> {
    const ask = [...this.#client(site, 'psql'), '-XAt', '-d', 'postgres', '-c'];
    const { stdout } = await run([...ask, "select datname from pg_database where datname like 'kyc%'"]);
    for (const name of stdout.split('\n').filter((one) => one !== '')) {
      await run([...ask, `alter database "${name}" is_template false`]);
      await run([...this.#client(site, 'dropdb'), '-f', name]);
    }
  }

  #client(site: 'limburg' | 'gravelines', program: string): readonly string[] {
    return clientArgv(this.#context, site, program);
  }

  get #context(): LabContext {
    const { dir, net } = this.lab.facts;
    return { dir, net, log: () => undefined };
  }

  #shell(text: string, ...args: string[]): void {
    execFileSync('sh', ['-ec', text, 'sh', ...args]);
  }
}

/**
 * What the operator says when production is lost. It is in reach all the same, as after a loss of network that heals: else the times
 * that trying to fence it takes would be in the figures.
 */
const activate = [
  ...['activate', '--site', 'gravelines', '--what', 'network of Limburg lost', '--since', 'now', '--lost', 'limburg'],
  ...['--ordered-by', 'anne', '--ordered-how', 'ticket and call'],
];

/**
 * What a careful person has at the head of such a script: one connection a host, made before, and how names and mails are written.
 * `on HOST COMMAND`, `point ADDRESS`, `mail TEXT`.
 */
const opening = `set -euo pipefail
mux=$(mktemp -d)
on() { ssh -F "$CONFIG" -o ControlMaster=auto -o ControlPath="$mux/%n" -o ControlPersist=60 "$1" "export PGUSER=kyc_owner; $2"; }
trap 'for s in "$mux"/*; do [ ! -S "$s" ] || ssh -F "$CONFIG" -o ControlPath="$s" -O exit x 2>/dev/null; done; rm -rf "$mux"' EXIT
point() {
  nsupdate -k "$TSIG" <<END
server $NS1 5353
update delete www.kyc.test. A
update add www.kyc.test. 5 A $1
send
END
  for server in $NS1 $NS2; do
    until [ "$(dig +short +tries=1 +time=1 -p 5353 "@$server" www.kyc.test A)" = "$1" ]; do sleep 0.1; done
  done
}
mail() {
  printf 'From: drp@kyc.test\nTo: ops@kyc.test\nSubject: %s\n\n%s\n' "$1" "$1" |
    curl -s "smtp://$MAIL" --mail-from drp@kyc.test --mail-rcpt ops@kyc.test -T -
}`;
