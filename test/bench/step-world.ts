import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Driver } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import type { Plan, PlannedLane, PlannedStep } from '../../src/plan/plan.ts';
import { host as hostSchema, type Host } from '../../src/runbook/schema/world.ts';
import { shortArgv } from '../../src/steps/command/short-command.ts';
import { provenArgv } from '../../src/transports/host-proof.ts';
import { quote } from '../../src/transports/quote.ts';
import type { HostTarget } from '../../src/transports/transport.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld } from '../executor/fake-world.ts';
import { startSshd, type SshdFixture } from '../transports/sshd-fixture.ts';

const identity = { strength: 'os-user', osUser: 'otto' } as const;

/** Hosts of a bench: real sshds on loopback, each with a home folder of its own. */
export interface StepWorld {
  readonly hosts: Readonly<Record<string, Host>>;
  readonly targets: readonly HostTarget[];
  readonly homes: readonly string[];
  /** Forgets what drp and the steps left on the hosts. */
  clean(): void;
  end(): Promise<void>;
}

/**
 * `servers` sshds, each answering at `addresses` loopback addresses (15 at most): as many hosts as both multiplied. sshd's own limits
 * on how many may knock at once are lifted, since they would be measured instead.
 */
export async function startStepWorld(servers: number, addresses = 1): Promise<StepWorld> {
  const net = `127.86.${String(1 + (process.pid % 200))}`;
  const folder = mkdtempSync(join(tmpdir(), 'drp-hosts-'));
  const sshds: SshdFixture[] = [];
  const hosts: Record<string, Host> = {};
  const targets: HostTarget[] = [];
  for (let server = 0; server < servers; server += 1) {
    const homes = Object.fromEntries(
      Array.from({ length: addresses }, (_, index) => {
        const number = server * addresses + index;
        return [`${net}.${String(1 + number)}`, join(folder, `h${String(number)}`)] as const;
      }),
    );
    const sshd = await startSshd({ config: 'MaxStartups 1000:30:2000\nMaxSessions 100', keyTypes: ['ed25519'], homes });
    sshds.push(sshd);
    for (const [address, home] of Object.entries(homes)) {
      mkdirSync(home);
      writeFileSync(join(home, 'identity'), 'gravelines role=recovery\n');
      const name = `h${String(targets.length)}`;
      const own = { file: join(home, 'identity'), text: 'gravelines role=recovery' };
      const target = sshd.target({ name, address, base: home, identity: own });
      targets.push(target);
      const { port, user, base, hostKeys, identity: shown, keyFile } = target;
      hosts[name] = hostSchema.parse({
        role: name === 'h0' ? 'recovery' : 'other',
        datacentre: 'gravelines',
        address,
        port,
        user,
        base,
        hostKeys,
        identity: shown,
        keyFile,
      });
    }
  }
  const homes = targets.map(({ base }) => base);
  return {
    hosts,
    targets,
    homes,
    clean: () => {
      for (const home of homes) {
        rmSync(join(home, '.drp'), { recursive: true, force: true });
        rmSync(join(home, 'made'), { recursive: true, force: true });
        mkdirSync(join(home, 'made'));
      }
    },
    end: async () => {
      await Promise.all(sshds.map((sshd) => sshd.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What every step of these benches does, whoever has it done: make a folder, and look that it is there. */
export const workOf = (index: number) => ({
  run: ['mkdir', '-p', `made/${String(index)}`] as const,
  verify: ['test', '-d', `made/${String(index)}`] as const,
});

export const siteOf = 'gravelines';

/** The one command line that drp sends for a short step: proof of the host, claim, work and check. */
export function shortLine(target: HostTarget, run: string, index: number): string {
  const command = shortArgv(`${run}.1.s${String(index)}`, { base: target.base, ...workOf(index) });
  const claim = { site: siteOf, run, epoch: 1 };
  return quote(provenArgv(target, { script: 'proven-exec', args: command, claim }).command);
}

/** Leaves the claim of a run on every host, as drp does when it first acts there. */
export function leaveClaims(world: StepWorld, run: string): void {
  for (const home of world.homes) {
    mkdirSync(join(home, '.drp/claims'), { recursive: true });
    writeFileSync(join(home, '.drp/claims', siteOf), `${run} 1 bench\n`);
    mkdirSync(join(home, '.drp/jobs'), { recursive: true });
    writeFileSync(join(home, '.drp/jobs', `.${run}`), '');
  }
}

/** Steps over the hosts in turn, in one lane, or each in a lane of its own. */
export interface StepPlan {
  readonly steps: number;
  readonly short: boolean;
  readonly beside: boolean;
}

/**
 * Writes the journal of a run whose last gate is passed and whose steps are next: everything before was done in a fake world.
 * Resolves with the run's id. Each turn drives a copy of the file.
 */
export async function writeRunBeforeSteps(path: string, world: StepWorld, plan: StepPlan): Promise<string> {
  if (!existsSync(join(path, '..'))) mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  const journal = openSqliteJournal({ path });
  try {
    return await untilTheSteps(journal, planFor(world, plan));
  } finally {
    await journal.close();
  }
}

class StepsAreNext extends Error {}

async function untilTheSteps(journal: Journal, plan: Plan): Promise<string> {
  const stopping: Journal = {
    ...journal,
    append: (lease, head, drafts) => {
      if (drafts.some((one) => one.type === 'effect.started' && /^s\d+$/.test(one.data.id))) throw new StepsAreNext();
      return journal.append(lease, head, drafts);
    },
  };
  const fake = new FakeWorld();
  const executor = createExecutor(fakeDeps(fake, stopping, { driver: ownDriver() }));
  const run = await executor.begin({ plan, mode: 'real', starter: { person: 'otto', identity } });
  const driven = executor.drive(run, approving(run));
  const end = await driven.then(
    (early) => JSON.stringify(early),
    (thrown: unknown) => (thrown instanceof StepsAreNext ? undefined : String(thrown)),
  );
  if (end !== undefined) throw new Error(`the run did not come to its steps: ${end}`);
  return run;
}

function ownDriver(): Driver {
  return { osUser: 'otto', machine: 'here', pid: process.pid, bootId: 'b', startTime: '1', version: '0' };
}

function planFor(world: StepWorld, { steps, short, beside }: StepPlan): Plan {
  const names = Object.keys(world.hosts);
  const all = Array.from({ length: steps }, (_, index): PlannedStep => {
    const host = names[index % names.length] ?? 'h0';
    const id = `s${String(index)}`;
    const common = {
      id,
      host,
      reads: [],
      writes: [],
      idempotent: true,
      irreversible: false,
      retries: 0,
      skippable: false,
    };
    const { run, verify } = workOf(index);
    const spec = { kind: 'command' as const, ...common, run: [...run], verify: [...verify], backoff: 10 };
    return fakeStep(id, 'confirmation', {
      hosts: [host],
      idempotent: true,
      spec: short ? { ...spec, short: true } : spec,
    });
  });
  const lane = (name: string, own: readonly PlannedStep[]): PlannedLane => ({
    name,
    steps: own.map((step) => ({ ...step, lane: name })),
  });
  const plan = fakePlan({
    fencing: [],
    restoration: [],
    verification: [],
    information: [],
    switchover: [],
    confirmation: beside ? all.map((step) => lane(`lane-${step.id}`, [step])) : [lane('main', all)],
  });
  const side = { host: 'h0', address: world.targets[0]?.address ?? '127.0.0.1' };
  const service = { ...plan.world.service, production: side, recovery: side };
  return { ...plan, site: siteOf, world: { ...plan.world, hosts: world.hosts, service } };
}
