import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { DrpError } from '../../src/base/errors.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { StepKind } from '../../src/steps/step-kind.ts';
import type { ClaimHolder, Claims } from '../../src/transports/claims.ts';
import type { ClaimCheck } from '../../src/transports/transport.ts';
import { fakePlan, fakeStep } from '../executor/fake-world.ts';

/** One effect that happened, in the order they happened. */
export interface Effect {
  readonly step: string;
  readonly token: string;
  readonly epoch: number;
  readonly pid: number;
}

/**
 * Hosts and services in a file, so that several processes meet in one world and it outlives them. What it promises is
 * what real ones do: a job at most once a token and only under the site's claim; a change only from the old value; and
 * a blind act as often as somebody asks, which nobody can look up afterwards.
 */
export class FastWorld {
  readonly #database: DatabaseSync;
  readonly #workMs: number;
  readonly #deaths: number;

  /** `workMs`: most an act takes before and after it happens. `deaths`: of 1, blind acts behind which the process dies. */
  constructor(path: string, options: { readonly workMs?: number; readonly deaths?: number } = {}) {
    this.#workMs = options.workMs ?? 20;
    this.#deaths = options.deaths ?? 0;
    this.#database = new DatabaseSync(path, { timeout: 30_000 });
    // It must outlive processes, not power cuts.
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS claim (one INTEGER PRIMARY KEY CHECK (one = 1), run TEXT NOT NULL, epoch INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS effect (n INTEGER PRIMARY KEY, step TEXT NOT NULL, token TEXT NOT NULL, epoch INTEGER NOT NULL, pid INTEGER NOT NULL);`);
  }

  effects(): readonly Effect[] {
    return this.#database.prepare('SELECT step, token, epoch, pid FROM effect ORDER BY n').all() as unknown as Effect[];
  }

  holder(): ClaimHolder | undefined {
    return this.#database.prepare('SELECT run, epoch FROM claim').get() as ClaimHolder | undefined;
  }

  close(): void {
    this.#database.close();
  }

  /** Steps named job-… are jobs, cas-… change a value, blind-… only act. */
  kind(): StepKind {
    const happened = (step: string, token: string): boolean =>
      this.effects().some((effect) => (step.startsWith('job-') ? effect.token === token : effect.step === step));
    return {
      kind: 'command',
      jobHost: () => 'gravelines',
      describe: () => {
        throw new Error('not in the fast world');
      },
      evidence: (step) =>
        Promise.resolve([
          { id: `seen:${step.id}`, title: `evidence of ${step.id}`, severity: 'ok', lines: ['fine'], choice: step.id },
        ]),
      probe: (step, _spec, context) => {
        if (step.id.startsWith('blind-')) return Promise.resolve('unknown');
        return Promise.resolve(happened(step.id, context.token) ? 'finished' : 'absent');
      },
      run: async (step, _spec, context) => {
        await sleep(Math.random() * this.#workMs);
        this.#act(step.id, context.token, context.claim);
        if (step.id.startsWith('blind-') && Math.random() < this.#deaths) process.kill(process.pid, 'SIGKILL');
        await sleep(Math.random() * this.#workMs);
        return { kind: 'done', output: { step: step.id }, lines: [] };
      },
      stop: () => Promise.resolve([]),
    };
  }

  claims(): Claims {
    const set = (claim: ClaimCheck): void => {
      this.#transaction(() => {
        refuseOvertaken(this.holder(), claim);
        this.#database.prepare('INSERT OR REPLACE INTO claim VALUES (1, ?, ?)').run(claim.run, claim.epoch);
      });
    };
    return {
      read: () => Promise.resolve(this.holder()),
      take: (_host, claim) => Promise.resolve().then(() => set(claim)),
      release: (_host, claim) =>
        Promise.resolve().then(() => {
          this.#transaction(() => {
            refuseOvertaken(this.holder(), claim);
            this.#database.exec('DELETE FROM claim');
          });
        }),
    };
  }

  // Claim and act in one, as a host does it under its lock.
  #act(step: string, token: string, claim: ClaimCheck | undefined): void {
    this.#transaction(() => {
      const found = this.effects();
      if (step.startsWith('job-')) {
        if (found.some((effect) => effect.token === token)) return;
        refuseOvertaken(this.holder(), claim, true);
      }
      if (step.startsWith('cas-') && found.some((effect) => effect.step === step)) return;
      this.#database
        .prepare('INSERT INTO effect (step, token, epoch, pid) VALUES (?, ?, ?, ?)')
        .run(step, token, claim?.epoch ?? 0, process.pid);
    });
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function refuseOvertaken(holder: ClaimHolder | undefined, claim: ClaimCheck | undefined, mustHold = false): void {
  const free = holder === undefined && !mustHold;
  if (claim === undefined || free || (holder?.run === claim.run && holder.epoch <= claim.epoch)) return;
  throw new DrpError('claim-lost', {
    host: 'gravelines',
    site: claim.site,
    run: claim.run,
    epoch: holder?.epoch ?? 0,
    holder: holder?.run ?? 'nobody',
  });
}

/** Two lanes, all kinds of acts. `blind`: with an act that nobody can look up, so that a crash leaves it in doubt. */
export function fastPlan(blind: boolean): Plan {
  const lane = (name: string, phase: string, ids: readonly string[]) => ({
    name,
    steps: ids.map((id) => fakeStep(id, phase)),
  });
  return fakePlan({
    fencing: [lane('main', 'fencing', ['job-fence'])],
    restoration: [
      lane('files', 'restoration', ['job-copy', 'job-configuration']),
      lane('databases', 'restoration', ['job-import']),
    ],
    verification: [],
    information: [lane('main', 'information', [blind ? 'blind-tell' : 'job-tell'])],
    switchover: [lane('main', 'switchover', ['cas-switch'])],
    confirmation: [lane('main', 'confirmation', ['job-confirm'])],
  });
}

export const stepsOf = (plan: Plan): readonly string[] =>
  Object.values(plan.phases).flatMap((lanes) => lanes.flatMap((one) => one.steps.map((step) => step.id)));
