import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../src/events/event.ts';
import { quote } from '../../src/transports/quote.ts';
import type { BenchContext, Peer, Side } from './bench.ts';
import { jobLines } from './job-lines.ts';
import { runCommand } from './run-command.ts';
import { leaveClaims, shortLine, workOf, writeRunBeforeSteps, type StepPlan, type StepWorld } from './step-world.ts';

const program = fileURLToPath(new URL('../../bin/drp', import.meta.url));
const script = fileURLToPath(new URL('./ssh2-side.ts', import.meta.url));

/** Journalled, one after the other on three hosts, from the first start to the last end as the record has it. */
export async function manySteps({ folder, race }: BenchContext, world: StepWorld): Promise<void> {
  const steps = 500;
  const drp = await drpSide(folder, world, { steps, short: true, beside: false });
  await race({
    work: '500 short idempotent steps on 3 hosts',
    rounds: 7,
    ours: { ...drp, run: async () => recorded(await drp.run()) },
    peers: [{ ...ssh2Side(folder, world, { run: drp.id, steps }), limit: 1.15 }],
  });
}

/** The same, each step a job that would outlive its connection: started, followed to its end, checked. */
export async function jobSteps({ folder, race }: BenchContext, world: StepWorld): Promise<void> {
  const steps = 100;
  const drp = await drpSide(folder, world, { steps, short: false, beside: false });
  const lines = await jobLines(world, { run: drp.id, steps });
  await race({
    work: '100 steps as remote jobs on 3 hosts',
    rounds: 7,
    ours: { ...drp, run: async () => recorded(await drp.run()) },
    peers: [
      {
        ...ssh2Side(folder, world, { run: drp.id, steps }, lines),
        name: 'the same ssh2 script calling the same wrapper, no journal',
        limit: 1.25,
      },
    ],
  });
}

/** The whole of it, from typing the command to its end: what a person waits for. */
export async function fewSteps(context: BenchContext, world: StepWorld): Promise<void> {
  const steps = 20;
  const { folder, race, skip } = context;
  const drp = await drpSide(folder, world, { steps, short: true, beside: false });
  const ansible = ansiblePeer(folder, world, { steps, forks: 5 });
  if (ansible === undefined) skip('20 steps against ansible-playbook', 'ansible-core is not installed');
  await race({
    work: '20 short idempotent steps on 3 hosts, whole process',
    rounds: 7,
    ours: { ...drp, run: async () => (await drp.run()).ms },
    peers: [
      { ...masterPeer(folder, world, { run: drp.id, steps }), limit: 0.4 },
      ...(ansible === undefined ? [] : [{ ...ansible, limit: 0.08 }]),
    ],
  });
}

/** Login, proof, claim, work and check on a hundred hosts side by side. */
export async function manyHosts(context: BenchContext, world: StepWorld): Promise<void> {
  const { folder, race, skip } = context;
  const steps = 100;
  const drp = await drpSide(folder, world, { steps, short: true, beside: true });
  const ansible = ansiblePeer(folder, world, { steps, forks: 50 });
  if (ansible === undefined) skip('one step on 100 hosts against ansible', 'ansible-core is not installed');
  await race({
    work: 'one step on each of 100 hosts, whole process',
    rounds: 3,
    ours: { ...drp, run: async () => (await drp.run()).ms },
    peers: [
      { ...xargsPeer(folder, world, { run: drp.id, steps }), limit: 0.25 },
      ...(ansible === undefined ? [] : [{ ...ansible, limit: 0.1 }]),
    ],
  });
}

interface Driven {
  readonly ms: number;
  readonly journal: string;
}

type DrpSide = Omit<Side, 'run'> & { readonly id: string; run(): Promise<Driven> };

async function drpSide(folder: string, world: StepWorld, plan: StepPlan): Promise<DrpSide> {
  const place = join(folder, `drp-${String(plan.steps)}-${String(plan.beside)}`);
  const made = join(place, 'made', 'journal.sqlite');
  const journal = join(place, 'journal', 'journal.sqlite');
  const id = await writeRunBeforeSteps(made, world, plan);
  return {
    id,
    name: 'drp',
    command: 'drp resume --journal sqlite:JOURNAL',
    prepare: () => {
      world.clean();
      rmSync(dirname(journal), { recursive: true, force: true });
      mkdirSync(dirname(journal), { mode: 0o700 });
      copyFileSync(made, journal);
    },
    run: async () => {
      const { ms } = await runCommand([program, 'resume', '--journal', `sqlite:${journal}`], { cwd: folder });
      look(world, plan.steps);
      return { ms, journal };
    },
  };
}

/** From the first start of a step to the last end, by the record's own clock. */
function recorded({ journal }: Driven): number {
  const database = new DatabaseSync(journal, { readOnly: true });
  const rows = database.prepare('SELECT line FROM event ORDER BY seq').all();
  database.close();
  const events = rows.map(({ line }) => JSON.parse(String(line)) as Event);
  const first = events.find((event) => event.type === 'effect.started' && /^s\d+$/.test(event.data.id));
  const last = events.findLast((event) => event.type === 'step.done' && /^s\d+$/.test(event.data.step));
  if (first === undefined || last === undefined) throw new Error('no step is on record');
  return Date.parse(last.at) - Date.parse(first.at);
}

/** All was really done. */
function look(world: StepWorld, steps: number): void {
  for (let index = 0; index < steps; index += 1) {
    const there = existsSync(join(world.homes[index % world.homes.length] ?? '', 'made', String(index)));
    if (!there) throw new Error(`step ${String(index)} was not done`);
  }
}

interface Lines {
  readonly run: string;
  readonly steps: number;
}

/** The very command lines drp sends. */
function linesFor(
  world: StepWorld,
  { run, steps }: Lines,
): readonly { readonly host: number; readonly line: string }[] {
  return Array.from({ length: steps }, (_, index) => {
    const host = index % world.targets.length;
    const target = world.targets[host];
    if (target === undefined) throw new Error('no hosts');
    return { host, line: shortLine(target, run, index) };
  });
}

// eslint-disable-next-line max-params -- a world, who runs in it, and what they send
function ssh2Side(
  folder: string,
  world: StepWorld,
  lines: Lines,
  sent: readonly object[] = linesFor(world, lines),
): Side {
  const file = join(folder, 'ssh2.json');
  const hosts = world.targets.map(({ address, port, user, keyFile }) => ({ address, port, user, keyFile }));
  writeFileSync(file, JSON.stringify({ hosts, lines: sent }));
  return {
    name: 'a minimal ssh2 script, the same commands, no journal',
    command: 'node test/bench/ssh2-side.ts LINES',
    prepare: prepared(world, lines.run),
    run: async () => {
      const argv = [process.execPath, '--disable-warning=ExperimentalWarning', script, file] as const;
      const { stdout } = await runCommand([...argv]);
      look(world, lines.steps);
      return Number(stdout);
    },
  };
}

function prepared(world: StepWorld, run: string): () => void {
  return () => {
    world.clean();
    leaveClaims(world, run);
  };
}

const sshOptions = (world: StepWorld, index: number): readonly string[] => {
  const target = world.targets[index];
  if (target === undefined) throw new Error('no hosts');
  return [
    ...['-F', 'none', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    ...['-o', 'LogLevel=ERROR', '-i', target.keyFile ?? '', '-p', String(target.port)],
  ];
};

/** As an operator writes it who cares for speed: one master a host, made side by side, then a line a step. */
function masterPeer(folder: string, world: StepWorld, lines: Lines): Side {
  const file = join(folder, 'master.sh');
  const at = (host: number): string => `${world.targets[host]?.user ?? ''}@${world.targets[host]?.address ?? ''}`;
  const control = (host: number): string => join(folder, `c${String(host)}`);
  const masters = world.targets.map((_, host) =>
    quote(['ssh', ...sshOptions(world, host), '-fNM', '-S', control(host), at(host)]),
  );
  const steps = linesFor(world, lines).map(({ host, line }) =>
    quote(['ssh', '-F', 'none', '-S', control(host), at(host), line]),
  );
  const ends = world.targets.map(
    (_, host) => `${quote(['ssh', '-F', 'none', '-S', control(host), '-O', 'exit', at(host)])} 2>/dev/null`,
  );
  const text = [
    'set -e',
    ...masters.map((one) => `${one} &`),
    'wait',
    ...steps.map((one) => `${one} >/dev/null 2>&1`),
    ...ends,
  ];
  writeFileSync(file, `${text.join('\n')}\n`);
  return {
    name: 'bash + ControlMaster',
    command: 'bash STEPS.sh (ssh -fNM -S SOCKET HOST, then ssh -S SOCKET HOST LINE a step)',
    prepare: prepared(world, lines.run),
    run: async () => {
      const { ms } = await runCommand(['bash', file]);
      look(world, lines.steps);
      return ms;
    },
  };
}

function xargsPeer(folder: string, world: StepWorld, lines: Lines): Side {
  const one = join(folder, 'one.sh');
  const cases = linesFor(world, lines).map(({ host, line }, index) => {
    const target = world.targets[host];
    const ssh = quote(['ssh', ...sshOptions(world, host), `${target?.user ?? ''}@${target?.address ?? ''}`, line]);
    return `${String(index)}) exec ${ssh} >/dev/null 2>&1 ;;`;
  });
  writeFileSync(one, `case $1 in\n${cases.join('\n')}\nesac\n`);
  return {
    name: '`xargs -P50 ssh`',
    command: 'seq 0 99 | xargs -P50 -n1 sh -c "ssh HOST LINE"',
    prepare: prepared(world, lines.run),
    run: async () => {
      const input = Array.from({ length: lines.steps }, (_, index) => String(index)).join('\n');
      const { ms } = await runCommand(['xargs', '-P50', '-n1', 'sh', one], { input });
      look(world, lines.steps);
      return ms;
    },
  };
}

/** Pipelining on, facts off, nothing asked but what the step is; undefined where it is not installed. */
function ansiblePeer(
  folder: string,
  world: StepWorld,
  { steps, forks }: { readonly steps: number; readonly forks: number },
): Omit<Peer, 'limit'> | undefined {
  if (!existsSync('/usr/bin/ansible-playbook')) return undefined;
  const place = join(folder, `ansible-${String(steps)}`);
  mkdirSync(place, { recursive: true });
  const hosts = world.targets
    .slice(0, Math.min(steps, world.targets.length))
    .map(
      ({ name, address, port, user, keyFile }) =>
        [name, `ansible_host=${address}`, `ansible_port=${String(port)}`, `ansible_user=${user}`].join(' ') +
        ` ansible_ssh_private_key_file=${keyFile ?? ''} base=${world.targets.find((one) => one.name === name)?.base ?? ''}` +
        ` ansible_python_interpreter=/usr/bin/python3`,
    );
  writeFileSync(join(place, 'hosts'), `[all]\n${hosts.join('\n')}\n`);
  writeFileSync(
    join(place, 'ansible.cfg'),
    `[defaults]\nhost_key_checking = False\ngathering = explicit\nforks = ${String(forks)}\nstdout_callback = minimal\n[ssh_connection]\npipelining = True\ncontrol_path_dir = ${place}/cp\nssh_args = -F none -o ControlMaster=auto -o ControlPersist=5s -o UserKnownHostsFile=/dev/null\n`,
  );
  const shell = (index: number): string => {
    const { run, verify } = workOf(index);
    return `test "$(head -n 1 {{ base }}/identity)" = 'gravelines role=recovery' && cd {{ base }} && ${quote([...run])} && ${quote([...verify])}`;
  };
  const beside = steps === world.targets.length || forks > 5;
  const plays = Array.from({ length: steps }, (_, index) => ({
    hosts: `h${String(index % world.targets.length)}`,
    gather_facts: false,
    tasks: [{ shell: shell(index) }],
  }));
  // JSON is YAML. On many hosts it is one play over all, each with its own folder.
  const all = [
    {
      hosts: 'all',
      gather_facts: false,
      tasks: [{ shell: shell(0).replaceAll('made/0', "made/{{ inventory_hostname | regex_replace('h', '') }}") }],
    },
  ];
  writeFileSync(join(place, 'play.yml'), JSON.stringify(beside ? all : plays));
  return {
    name: beside ? 'ansible-playbook -f50, shell, pipelining' : 'ansible-playbook, shell, pipelining',
    command: `ansible-playbook -i hosts ${beside ? '-f50 ' : ''}play.yml`,
    prepare: () => {
      world.clean();
    },
    run: async () => {
      const env = {
        ...process.env,
        ANSIBLE_CONFIG: join(place, 'ansible.cfg'),
        ANSIBLE_LOCAL_TEMP: join(place, 'tmp'),
      };
      const argv = ['/usr/bin/ansible-playbook', '-i', join(place, 'hosts'), join(place, 'play.yml')] as const;
      const { ms } = await runCommand([...argv], { env, cwd: place });
      // A pattern that matches no host ends with 0, too.
      look(world, steps);
      return ms;
    },
  };
}
