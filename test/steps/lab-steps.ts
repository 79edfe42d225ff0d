import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { Secret } from '../../src/base/secret.ts';
import type { Json } from '../../src/events/event.ts';
import type { Plan, PlannedStep, PlannedWorld } from '../../src/plan/plan.ts';
import type { Providers } from '../../src/providers/providers.ts';
import { runbookSchema } from '../../src/runbook/schema/runbook.ts';
import { stepSpec, type SpecOf, type StepKindName, type StepSpec } from '../../src/runbook/schema/steps.ts';
import { createSurveyMemory } from '../../src/steps/backups/survey-memory.ts';
import type { Progress, StepContext, StepKind, StepOutcome } from '../../src/steps/step-kind.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import { createRemoteJobs } from '../../src/transports/remote-job.ts';
import type { HostTarget } from '../../src/transports/transport.ts';
import type { LabFacts } from '../lab/facts.ts';
import { openLab, startLab, type Lab, type LabOptions } from '../lab/lab.ts';

/** A lab with a world of the product around it, for tests of steps on real services. */
export interface LabSteps {
  readonly lab: Lab;
  readonly facts: LabFacts;
  readonly world: PlannedWorld;
  readonly outputs: Record<string, Json>;
  readonly choices: Record<string, Json>;
  /** Progress reported by the last step. */
  readonly progress: Progress[];
  context(step: string, changes?: Partial<StepContext>): StepContext;
  /** Runs a step under a new token; keeps the output of one that is done. */
  run<K extends StepKindName>(kind: StepKind<K>, spec: SpecOf<K>, changes?: Partial<StepContext>): Promise<StepOutcome>;
  end(): Promise<void>;
}

const world = (facts: LabFacts): PlannedWorld => {
  const host = (
    name: keyof LabFacts['hosts'],
    place: readonly [role: string, datacentre: string],
    from?: 'limburg' | 'gravelines',
  ) => {
    const [role, datacentre] = place;
    const one = facts.hosts[name]!;
    return {
      role,
      datacentre,
      address: one.address,
      port: one.port,
      user: facts.user,
      base: one.base,
      hostKeys: [one.hostKey],
      identity: { file: one.identityFile, text: one.identity },
      keyFile: facts.operatorKey,
      ...(from === undefined ? {} : { peers: { sshConfig: facts.hosts[from]!.sshConfig!, alias: name } }),
    };
  };
  const database = (site: 'limburg' | 'gravelines') => ({
    host: site,
    address: facts.databases[site].host,
    port: facts.databases[site].port,
    name: 'kyc',
    user: facts.databases[site].user,
    password: { file: facts.databases[site].passwordFile },
    timestamps: { 'kyc.orders': 'created_at', users: 'created_at' },
    applicationRoles: ['kyc_app'],
  });
  const sources = (folder: string, pattern: string) =>
    (['backup-even', 'backup-odd'] as const).map((name) => ({ host: name, folder, pattern }));
  const side = (site: 'limburg' | 'gravelines') => ({
    host: site,
    address: facts.web![site].address,
    port: facts.web![site].tlsPort,
  });
  return runbookSchema
    .pick({
      objectives: true,
      datacentres: true,
      hosts: true,
      service: true,
      databases: true,
      backups: true,
      dns: true,
      desks: true,
      people: true,
    })
    .parse({
      objectives: { rto: '4h', filesLoss: '24h', databaseLoss: '2h', skew: '24h' },
      datacentres: { limburg: { city: 'Limburg' }, gravelines: { city: 'Gravelines' }, other: { city: 'Else' } },
      hosts: {
        limburg: host('limburg', ['production', 'limburg']),
        gravelines: host('gravelines', ['recovery', 'gravelines'], 'limburg'),
        'backup-even': host('backup-even', ['backup', 'limburg'], 'gravelines'),
        'backup-odd': host('backup-odd', ['backup', 'other'], 'gravelines'),
      },
      service: {
        name: 'www.kyc.test',
        url: 'https://www.kyc.test/',
        caFile: facts.web!.limburg.caFile,
        production: side('limburg'),
        recovery: side('gravelines'),
      },
      databases: { production: database('limburg'), recovery: database('gravelines') },
      backups: {
        files: { kind: 'files', every: '24h', sources: sources('backups/files', '{time}') },
        users: { kind: 'database', every: '2h', sources: sources('backups/database', 'kyc-{time}.dump') },
      },
      people: {},
    });
};

/** Starts a lab of its own (or takes the one of DRP_TEST_LAB) and opens connections to its hosts. */
export async function startLabSteps(options: LabOptions = {}): Promise<LabSteps> {
  const given = process.env['DRP_TEST_LAB'];
  const number = (): number => 20 + Math.floor(Math.random() * 200);
  const lab =
    given === undefined
      ? await startLab({
          dir: options.dir ?? mkdtempSync(join(tmpdir(), 'drp-steps-')),
          net: `127.${number()}.${number()}`,
          databaseBytes: 2e6,
          filesBytes: 2e6,
          recovery: 'stale',
          ...options,
        })
      : openLab(given);
  const { facts } = lab;
  const planned = world(facts);
  const targets: HostTarget[] = Object.entries(planned.hosts).map(
    ([name, { role: _role, datacentre: _datacentre, peers: _peers, via: _via, ...host }]) => {
      const { keyFile, keyFingerprint, ...rest } = host;
      return {
        name,
        ...rest,
        ...(keyFile === undefined ? {} : { keyFile }),
        ...(keyFingerprint === undefined ? {} : { keyFingerprint }),
      };
    },
  );
  const pool = createTransportPool(targets);
  const jobs = createRemoteJobs(pool, systemClock);
  const surveys = createSurveyMemory();
  const run = `t${Math.random().toString(36).slice(2, 6)}-test`;
  const outputs: Record<string, Json> = {};
  const choices: Record<string, Json> = {};
  const progress: Progress[] = [];
  let seq = 100;
  const context = (step: string, changes: Partial<StepContext> = {}): StepContext => {
    seq += 1;
    return {
      plan: {} as Plan,
      world: planned,
      run: { id: run, site: 'gravelines', mode: 'real' },
      token: `${run}.${seq}.${step}`,
      attempt: 1,
      facts: { outputs, choices },
      clock: systemClock,
      signal: new AbortController().signal,
      hosts: pool,
      surveys,
      jobs,
      providers: {} as Providers,
      secret: (reference) =>
        Promise.resolve(new Secret('file', 'file' in reference ? readFileSync(reference.file, 'utf8') : '')),
      report: (one) => {
        progress.push(one);
      },
      ...changes,
    };
  };
  return {
    lab,
    facts,
    world: planned,
    outputs,
    choices,
    progress,
    context,
    run: async (kind, spec, changes) => {
      progress.length = 0;
      const outcome = await kind.run(plannedStep(spec), spec, context((spec as StepSpec).id, changes));
      if (outcome.kind === 'done') outputs[(spec as StepSpec).id] = outcome.output;
      return outcome;
    },
    end: async () => {
      await pool.closeAll();
      if (given === undefined) await lab.down();
    },
  };
}

/** A step as a runbook would have it, defaults filled in. */
export function specOf<K extends StepKindName>(kind: K, spec: Readonly<Record<string, unknown>>): SpecOf<K> {
  return stepSpec.parse({ ...spec, kind }) as SpecOf<K>;
}

/** The part of a planned step that kinds look at. */
export function plannedStep(spec: SpecOf<StepKindName>): PlannedStep {
  return { id: spec.id, kind: spec.kind, spec } as PlannedStep;
}
