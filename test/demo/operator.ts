import type { RunSummary } from '../../src/views/run-summary.ts';
import type { LabFacts } from '../lab/facts.ts';
import { drp, lastJson, typed } from './drp.ts';

/** What the played people need to know. */
export interface Stage {
  readonly facts: LabFacts;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** Exit code of a run that waits for a person. */
const parked = 75;

/**
 * Plays operator and authoriser through the documented commands only: what opens is read (`status`), approved by whoever
 * may (`approve`), and the run goes on (`resume`). Resolves with the exit code of the last command and the run's name.
 */
export async function playPeople(stage: Stage, begin: readonly string[]): Promise<{ exitCode: number; run: string }> {
  let ended = await show(stage, begin);
  for (let rounds = 0; ended.exitCode === parked && rounds < 30; rounds += 1) {
    const summary = await currentRun(stage);
    const gate = summary.gates.find((one) => one.state === 'open');
    if (gate?.digest === undefined || gate.statement === undefined) {
      throw new Error(`the run waits for something no gate explains:\n${ended.stderr}`);
    }
    const person = gate.statement.policy.strength === 'os-user' ? 'otto' : 'anne';
    const red = gate.statement.evidence.filter(({ severity }) => severity === 'red').map(({ title }) => title);
    await showApproval(stage, { gate: gate.id, digest: gate.digest, run: summary.run, person, red });
    ended = await show(stage, ['resume', '--run', summary.run]);
  }
  return { exitCode: ended.exitCode, run: (await currentRun(stage)).run };
}

async function showApproval(
  stage: Stage,
  wanted: {
    readonly gate: string;
    readonly digest: string;
    readonly run: string;
    readonly person: 'otto' | 'anne';
    readonly red: readonly string[];
  },
): Promise<void> {
  const { gate, digest, run, person, red } = wanted;
  const signed = person === 'anne' ? ['--person', person, '--key', stage.facts.people.anne.keyFile] : [];
  const seen = red.length === 0 ? 'the evidence is as expected' : `accepted, nothing better is left: ${red.join(', ')}`;
  const reason = person === 'anne' ? 'ordered by the customer' : seen;
  const ended = await show(stage, [
    'approve',
    gate,
    '--run',
    run,
    '--statement',
    digest.slice(0, 12),
    ...signed,
    '--reason',
    reason,
  ]);
  if (ended.exitCode !== 0 && ended.exitCode !== parked)
    throw new Error(`approve ended with ${String(ended.exitCode)}:\n${ended.stderr}`);
}

async function show(stage: Stage, args: readonly string[]) {
  stage.say(`\n$ ${typed(args)}`);
  return await drp(args, stage.env, (text) => {
    stage.say(text.trimEnd());
  });
}

/** The run as `drp status --json` tells it. Throws where there is none. */
export async function currentRun(stage: Stage, run?: string): Promise<RunSummary> {
  const found = await runOf(stage, run);
  if (found === undefined) throw new Error('there is no run');
  return found;
}

/** The same; undefined where there is none. */
export async function runOf(stage: Stage, run?: string): Promise<RunSummary | undefined> {
  const answer = lastJson(await drp(['status', '--json', ...(run === undefined ? [] : ['--run', run])], stage.env)) as {
    run: RunSummary | null;
  };
  return answer.run ?? undefined;
}
