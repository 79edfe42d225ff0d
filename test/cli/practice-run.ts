import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { DrpError } from '../../src/base/errors.ts';
import { randomIds } from '../../src/base/ids.ts';
import { Secret } from '../../src/base/secret.ts';
import { driveRun } from '../../src/cli/drive-run.ts';
import { processIo, writeAnswer } from '../../src/cli/io.ts';
import { pickRun } from '../../src/cli/pick-run.ts';
import { reportError } from '../../src/cli/report-error.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { currentDriver } from '../../src/journal/driver.ts';
import { openJournal } from '../../src/journal/open.ts';
import type { Plan, StepDescription } from '../../src/plan/plan.ts';
import { resolvePlan } from '../../src/plan/resolve.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import type { StepKindName } from '../../src/runbook/schema/steps.ts';
import type { StepKind, StepOutcome } from '../../src/steps/step-kind.ts';

/** The shipped runbook with gates that the one who runs the test may pass alone. */
export function practiceText(osUser: string): string {
  const text = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
  // PRACTICE_ANNE: her public key; then the gates are those of the shipped runbook, for her alone to pass. PRACTICE_VERA: a
  // second authoriser, by her key. PRACTICE_OTTO: a key of the operator's, who is none.
  const anne = process.env['PRACTICE_ANNE'];
  if (anne !== undefined) {
    return text
      .replace(/(name: Anne[^]*?keys: )\[[^\]]*\]/, `$1[${anne}]`)
      .replace(/(name: Otto[^]*?keys: )\[[^\]]*\]/, (all, otto) => {
        const key = process.env['PRACTICE_OTTO'];
        return key === undefined ? String(all) : `${String(otto)}[${key}]`;
      })
      .replace(/(name: Vera[^]*?roles: )\[[^\]]*\]([^]*?keys: )\[[^\]]*\]/, (all, roles, keys) => {
        const vera = process.env['PRACTICE_VERA'];
        return vera === undefined ? String(all) : `${String(roles)}[authoriser]${String(keys)}[${vera}]`;
      })
      .replaceAll(/osUser: root/g, `osUser: ${osUser}`)
      .replace(/^allowedSigners:.*$/m, '');
  }
  return text
    .replaceAll(/, notTheStarter: true/g, '')
    .replaceAll(/, strength: ssh-key/g, '')
    .replaceAll(/\{ roles: \[[a-z, ]+\]/g, '{ roles: [operator]')
    .replaceAll(/osUser: root/g, `osUser: ${osUser}`)
    .replace(/^allowedSigners:.*$/m, '');
}

function practicePlan(procedure: 'activation' | 'return', osUser = 'otto'): Plan {
  const text = practiceText(osUser);
  const { runbook, problems } = parseRunbook(text, { file: 'gravelines.yaml' });
  if (runbook === undefined) throw new DrpError('runbook-invalid', { count: problems.length }, { problems });
  return resolvePlan(runbook, { file: 'gravelines.yaml', text }, { procedure, describe: practiceDescription });
}

function practiceDescription(spec: { readonly id: string; readonly kind: string }): StepDescription {
  return {
    title: `practise ${spec.kind}`,
    hosts: ['gravelines'],
    reads: [],
    writes: [`practice:${spec.id}`],
    commands: [`practise ${spec.id}`],
    verifies: 'it says so itself',
    irreversible: false,
    idempotent: true,
  };
}

const kinds = [
  'copy',
  'database',
  'salvage',
  'maintenance',
  'fence',
  'ticket',
  'dns',
  'http',
  'command',
  'manual',
] as const;

/** Step kinds that act on nothing: they take `stepMs`, report bytes, and fail where `fails` names them and no file says otherwise. */
function practiceKinds(
  stepMs: number,
  fails: (step: string, attempt: number) => boolean,
): ReadonlyMap<StepKindName, StepKind> {
  const kind = (name: StepKindName): StepKind => ({
    kind: name,
    describe: practiceDescription,
    evidence: async (step) => {
      await delay(Number(process.env['PRACTICE_EVIDENCE_MS'] ?? 0));
      return [
        {
          id: `practice:${step.id}`,
          title: `${step.id} is ready`,
          severity: 'ok',
          lines: ['looked at \u001b[31mnothing\u001b[0m'],
          choice: step.id,
        },
      ];
    },
    probe: async () => 'absent',
    run: async (step, _spec, context): Promise<StepOutcome> => {
      const total = 1_000_000_000;
      for (let at = 1; at <= 10; at += 1) {
        await delay(stepMs / 10, undefined, { signal: context.signal });
        const lastOutputAt = context.clock.nowIso();
        context.report({ doneBytes: (total * at) / 10, totalBytes: total, text: `part ${at}`, lastOutputAt });
      }
      if (fails(step.id, context.attempt)) {
        return { kind: 'failed', error: new DrpError('step-failed', { step: step.id, reason: 'made to fail' }) };
      }
      return { kind: 'done', output: {}, lines: ['practised'] };
    },
    stop: async () => [],
    verify: async () => ['seen'],
  });
  return new Map(kinds.map((name) => [name, kind(name)]));
}

/** In practice nobody answers: shown at the first gate, and no reason to stop. */
const silentHosts = {
  connect: (host: string) =>
    Promise.reject(new DrpError('host-unreachable', { host, address: 'none', port: 22, reason: 'practice' })),
  closeAll: async () => {},
};

/** `node practice-run.ts FOLDER [activation|resume] [--json] [--wait]`: a run whose steps act on nothing, driven by the real session. */
async function main(): Promise<number> {
  const [folder = '', what = 'activation', ...flags] = process.argv.slice(2);
  const io = processIo(flags);
  mkdirSync(folder, { recursive: true });
  const journal = await openJournal(`sqlite:${join(folder, 'journal.sqlite')}`);
  const driver = currentDriver('0.0.0');
  const fails = (process.env['PRACTICE_FAILS'] ?? '').split(',');
  const secret = async () => new Secret('practice', 'not one');
  const claims = { read: async () => undefined, take: async () => {}, release: async () => {} };
  const kinds = practiceKinds(
    Number(process.env['PRACTICE_STEP_MS'] ?? 300),
    (step, attempt) => attempt === 1 && fails.includes(step),
  );
  const executor = createExecutor({
    journal,
    kindsOf: async () => kinds,
    reach: () => ({ hosts: silentHosts as never, jobs: {} as never, claims, witness: {} as never, secret }),
    providers: {} as never,
    clock: systemClock,
    ids: randomIds,
    driver,
    version: '0.0.0',
  });
  try {
    const { username } = userInfo();
    const run =
      what === 'resume'
        ? (await pickRun(journal, {}, 'unfinished')).run
        : await executor.begin({
            plan: practicePlan('activation', username),
            mode: 'real',
            starter: { person: 'otto', identity: { strength: 'os-user', osUser: username } },
            situation: {
              what: 'practice',
              sinceAt: systemClock.nowIso(),
              lost: [],
              orderedBy: 'anne',
              orderedHow: 'in practice',
            },
          });
    writeFileSync(join(folder, 'run'), run);
    return writeAnswer(
      io,
      await driveRun(io, { journal, executor, run }, { takeover: false, wait: flags.includes('--wait') }),
    );
  } catch (error) {
    return reportError(io, error);
  } finally {
    await journal.close();
  }
}

// As main.ts has it: a terminal that goes away is no failure.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
if (process.argv[1]?.endsWith('practice-run.ts') === true) process.exitCode = await main();
