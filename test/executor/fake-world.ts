import { systemClock } from '../../src/base/clock.ts';
import { DrpError } from '../../src/base/errors.ts';
import { randomIds } from '../../src/base/ids.ts';
import { Secret } from '../../src/base/secret.ts';
import type { Driver } from '../../src/events/event.ts';
import type { ExecutorDeps, Reach } from '../../src/executor/deps.ts';
import type { DriveOptions } from '../../src/executor/executor.ts';
import type { Word, WordAnswer, WordSource } from '../../src/gates/word.ts';
import type { Journal } from '../../src/journal/journal.ts';
import type { Plan, PlannedGate, PlannedLane, PlannedStep } from '../../src/plan/plan.ts';
import type { StepKindName } from '../../src/runbook/schema/steps.ts';
import type { StepKind, StepOutcome } from '../../src/steps/step-kind.ts';
import type { ClaimCheck } from '../../src/transports/transport.ts';

/** What a step of the fake world does when it runs. */
export type Behaviour = (token: string) => StepOutcome | Promise<StepOutcome>;

/** A world where effects are lines in a list; jobs are at most once a token, as on real hosts. */
export class FakeWorld {
  readonly effects: string[] = [];
  readonly finished = new Set<string>();
  readonly behaviours = new Map<string, Behaviour>();
  readonly witness = new Map<string, string[]>();
  claim: { run: string; epoch: number } | undefined;
  /** Why a step's postcondition does not hold; undefined: it does. */
  verifies: (step: string) => string | undefined = () => undefined;

  kind(): StepKind {
    return {
      kind: 'command',
      jobHost: () => 'gravelines',
      describe: () => {
        throw new Error('not in the fake world');
      },
      evidence: (step) =>
        Promise.resolve([
          { id: `seen:${step.id}`, title: `evidence of ${step.id}`, severity: 'ok', lines: ['fine'], choice: step.id },
        ]),
      probe: (_step, _spec, context) => Promise.resolve(this.finished.has(context.token) ? 'finished' : 'absent'),
      run: async (step, _spec, context) => {
        if (!this.finished.has(context.token)) {
          this.effects.push(step.id);
          this.finished.add(context.token);
        }
        return (
          (await this.behaviours.get(step.id)?.(context.token)) ?? {
            kind: 'done',
            output: { step: step.id },
            lines: [],
          }
        );
      },
      stop: () => Promise.resolve([]),
      verify: (step) => {
        const reason = this.verifies(step.id);
        if (reason === undefined) return Promise.resolve([]);
        return Promise.reject(new DrpError('postcondition-failed', { step: step.id, reason }));
      },
    };
  }
}

/** Parts to use instead of those of the fake world; `kinds` serve every plan. */
export interface FakeOverrides extends Partial<ExecutorDeps> {
  readonly kinds?: ReadonlyMap<StepKindName, StepKind>;
  readonly secret?: Reach['secret'];
}

export function fakeDeps(
  world: FakeWorld,
  journal: Journal,
  {
    kinds = new Map([['command', world.kind()]]),
    secret = () => Promise.resolve(new Secret('test', 'x')),
    ...overrides
  }: FakeOverrides = {},
): ExecutorDeps {
  const driver: Driver = {
    osUser: 'otto',
    machine: 'here',
    pid: process.pid,
    bootId: 'b',
    startTime: '1',
    version: '0',
  };
  const none = () => Promise.reject(new DrpError('internal', { what: 'the fake world has no hosts' }));
  return {
    journal,
    kindsOf: () => Promise.resolve(kinds),
    reach: () => ({
      hosts: { connect: none, closeAll: () => Promise.resolve() },
      jobs: {
        start: none,
        poll: none,
        cancel: none,
        find: (_host, run) =>
          Promise.resolve(
            [...world.finished]
              .filter((token) => token.startsWith(`${run}.`))
              .map((token) => ({ token, state: 'done' as const })),
          ),
      },
      witness: {
        append: (host, { name, from, lines }) => {
          const copy = world.witness.get(`${host}:${name}`) ?? [];
          world.witness.set(`${host}:${name}`, copy);
          if (from <= copy.length) copy.push(...lines.slice(copy.length - from));
          return Promise.resolve(copy.length);
        },
        read: () => Promise.resolve({}),
      },
      claims: {
        read: () => Promise.resolve(world.claim),
        take: (host, check) => {
          refuseOvertaken(world, host, check);
          world.claim = { run: check.run, epoch: check.epoch };
          return Promise.resolve();
        },
        release: () => {
          world.claim = undefined;
          return Promise.resolve();
        },
      },
      secret,
    }),
    providers: {
      dns: none,
      askNameServers: none,
      askAuthorities: none,
      desk: none,
    },
    clock: systemClock,
    ids: randomIds,
    driver,
    version: '0.1.0',
    ...overrides,
  };
}

/** As claims.sh has it: another run, or a later driver of this one, keeps the site. */
function refuseOvertaken(world: FakeWorld, host: string, check: ClaimCheck): void {
  const { claim } = world;
  if (claim === undefined || (claim.run === check.run && claim.epoch <= check.epoch)) return;
  throw new DrpError('claim-lost', { site: check.site, host, holder: claim.run, epoch: claim.epoch });
}

export function fakeStep(id: string, phase: string, more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    id,
    kind: 'command',
    phase,
    lane: 'main',
    title: id,
    hosts: ['gravelines'],
    reads: [],
    writes: [],
    commands: [`do ${id}`],
    verifies: 'it looks done',
    irreversible: false,
    idempotent: false,
    retries: 0,
    backoffMs: 10,
    skippable: false,
    spec: {
      kind: 'command',
      id,
      host: 'gravelines',
      run: ['true'],
      reads: [],
      writes: [],
      verify: ['true'],
      idempotent: false,
      irreversible: false,
      retries: 0,
      backoff: 10,
      skippable: false,
    },
    ...more,
  };
}

export function fakePlan(phases: Record<string, readonly PlannedLane[]>): Plan {
  const gate = (id: string, covers: readonly string[] = []): PlannedGate => ({
    id,
    title: `pass ${id}?`,
    covers,
    word: 'gravelines',
    roles: ['operator', 'authoriser'],
    approvals: 1,
    notTheStarter: false,
    strength: 'os-user',
    expiresMs: 3_600_000,
  });
  const side = { host: 'gravelines', address: '127.0.0.1' };
  const ids = ['declaration', 'restoration', 'switchover', 'switch-back', 'unserved', 'authorisation', 'salvage'];
  return {
    format: 1,
    site: 'gravelines',
    title: 'test',
    procedure: 'activation',
    runbook: { file: 'test.yaml', sha256: '0'.repeat(64) },
    world: {
      objectives: { rtoMs: 1, filesLossMs: 1, databaseLossMs: 1, skewMs: 1 },
      datacentres: {},
      hosts: {},
      service: { name: 'www.test', url: 'https://www.test/', production: side, recovery: side },
      databases: {},
      backups: {},
      dns: {},
      desks: {},
      people: {
        otto: { name: 'Otto', roles: ['operator'], osUser: 'otto', keys: [] },
        anne: { name: 'Anne', roles: ['authoriser'], osUser: 'anne', keys: [] },
      },
    },
    gates: Object.fromEntries(
      ids.map((id) => [
        id,
        gate(
          id,
          phases[id]?.flatMap((lane) => lane.steps.map((step) => step.id)),
        ),
      ]),
    ),
    phases,
    digest: 'd'.repeat(64),
  };
}

/** Words said one after the other, each when its turn comes; answers are kept. */
export class Script implements WordSource {
  readonly answers: WordAnswer[] = [];
  readonly #queue: Word[] = [];
  #wake: (() => void) | undefined;

  say(word: Partial<Word> & Pick<Word, 'verb' | 'run'>): void {
    this.#queue.push({ subject: '', reason: 'because', osUser: 'otto', path: 'spool', ...word });
    this.#wake?.();
  }

  async next(signal: AbortSignal) {
    while (this.#queue.length === 0) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      });
    }
    const word = this.#queue.shift()!;
    return {
      word,
      answer: (answer: WordAnswer) => {
        this.answers.push(answer);
        return Promise.resolve();
      },
    };
  }
}

/** Drives a run and approves every statement that `which` allows, once each, until only other words lead on: then it parks. */
export function approving(
  run: string,
  { words = new Script(), which = () => true }: { words?: Script; which?: (subject: string) => boolean } = {},
): DriveOptions {
  const said = new Set<string>();
  return {
    signal: new AbortController().signal,
    words,
    onUpdate: () => undefined,
    whenOnlyPeople: 'park',
    onWaiting: (waiting) => {
      for (const { subject, statementDigest } of waiting) {
        if (statementDigest === undefined || said.has(statementDigest) || !which(subject)) continue;
        said.add(statementDigest);
        words.say({ verb: 'approve', run, subject, statementDigest });
      }
    },
  };
}
