import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../src/events/event.ts';
import { editRunbook, type Edit } from '../../src/runbook/edit.ts';
import type { RunSummary } from '../../src/views/run-summary.ts';
import { drp, lastJson, type Ended } from '../demo/drp.ts';
import { freeNet } from '../demo/free-net.ts';
import { startLab, type Lab, type LabOptions } from '../lab/lab.ts';
import type { LabContext } from '../lab/process.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const program = join(root, 'bin/drp');

/** A lab with drp before it, as an operator's machine has it: its own journal, runbooks and spool. */
export interface Stage {
  readonly lab: Lab;
  readonly context: LabContext;
  readonly env: Readonly<Record<string, string>>;
  readonly runbook: string;
  /** Runs drp to its end. */
  drp(...args: readonly string[]): Promise<Ended>;
  /** The object `--json` prints. */
  ask<T>(...args: readonly string[]): Promise<T>;
  status(run?: string): Promise<RunSummary>;
  events(run: string): Promise<readonly Event[]>;
  edit(edits: readonly Edit[]): void;
  end(): Promise<void>;
}

export async function openStage(options: LabOptions = {}): Promise<Stage> {
  const place = mkdtempSync(join(tmpdir(), 'drp-e2e-'));
  chmodSync(place, 0o755); // as root, the lab's services run as other users and must pass through
  const net = await freeNet();
  const lab = await startLab({
    dir: join(place, 'lab'),
    net,
    databaseBytes: 1_000_000,
    filesBytes: 2_000_000,
    ttlSeconds: 10,
    ...options,
  });
  const { facts } = lab;
  const env = {
    ...(process.env as Record<string, string>),
    DRP_RUNBOOKS: join(facts.dir, 'runbooks'),
    DRP_JOURNAL: `sqlite:${join(place, 'journal', 'journal.sqlite')}`,
    NO_COLOR: '1',
  };
  const runbook = join(facts.dir, 'runbooks', 'gravelines.yaml');
  const ask = async <T>(...args: readonly string[]): Promise<T> => lastJson(await drp([...args, '--json'], env)) as T;
  return {
    lab,
    context: { dir: facts.dir, net, log: () => undefined },
    env,
    runbook,
    drp: (...args) => drp(args, env),
    ask,
    status: async (run) => {
      const named = run === undefined ? [] : ['--run', run];
      const { run: found } = await ask<{ run: RunSummary | null }>('status', ...named);
      if (found === null) throw new Error('there is no run');
      return found;
    },
    events: async (run) => (await ask<{ events: readonly Event[] }>('audit', 'show', '--run', run)).events,
    edit: (edits) => {
      writeFileSync(runbook, editRunbook(readFileSync(runbook, 'utf8'), edits));
    },
    end: async () => {
      await lab.down();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** What the operator says when the datacentre burns. */
export const situation = [
  ...['--what', 'fire in Limburg', '--since', 'now', '--lost', 'limburg'],
  ...['--ordered-by', 'anne', '--ordered-how', 'ticket and call'],
];
export const activate = ['activate', '--site', 'gravelines', ...situation];

/** A drp that drives a run and stays at its gates (`--wait`). */
export interface Driver {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  output(): string;
  /** Resolves with the first line that fits, also of the past; throws with all output when drp ended or time is up. */
  line(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
}

export interface DriveOptions {
  /** Words before the program: another root, another mount namespace. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether gates are answered; all of them where absent. Said once a statement. */
  readonly answers?: (gate: string) => boolean;
}

/** Starts drp; the people of the runbook answer its gates through the commands it prints. */
export function drive(stage: Stage, args: readonly string[], options: DriveOptions = {}): Driver {
  const [command = program, ...before] = [...(options.through ?? []), program];
  const env = { ...stage.env, ...options.env };
  const child = spawn(command, [...before, ...args, '--wait'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  const heard = new Set<() => void>();
  let over: Error | undefined;
  let answered = Promise.resolve();
  let rest = '';
  const said = new Set<string>();
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) {
      const gate = /^.*approve with: drp approve (\S+) --run (\S+) --statement (\S+)(.*)$/.exec(one);
      const [, name = '', run = '', digest = '', more = ''] = gate ?? [];
      if (gate === null || said.has(digest) || options.answers?.(name) === false) continue;
      said.add(digest);
      const words = ['approve', name, '--run', run, '--statement', digest];
      answered = answered.then(() => approve(stage, words, more)).catch((error: unknown) => fail(error));
    }
    for (const each of heard) each();
  });
  const fail = (error: unknown): void => {
    over = error instanceof Error ? error : new Error(String(error));
    for (const each of heard) each();
  };
  const ended = new Promise<number>((resolve) => {
    child.on('close', (code) => {
      resolve(code ?? 137);
    });
  });
  void ended.then((code) => fail(new Error(`drp ended with ${String(code)}`)));
  return {
    child,
    ended: ended.then(async (code) => {
      await answered;
      return code;
    }),
    output: () => text,
    line: (pattern, timeoutMs = 60_000) =>
      new Promise((resolve, reject) => {
        const give = (how: () => void): void => {
          clearTimeout(timer);
          heard.delete(look);
          how();
        };
        const timer = setTimeout(
          () => give(() => reject(new Error(`never said: ${String(pattern)}\n${text}`))),
          timeoutMs,
        );
        const look = (): void => {
          const found = pattern.exec(text);
          if (found !== null) give(() => resolve(found));
          else if (over !== undefined)
            give(() => reject(new Error(`never said: ${String(pattern)}\n${text}`, { cause: over })));
        };
        heard.add(look);
        look();
      }),
  };
}

async function approve(stage: Stage, words: readonly string[], more: string): Promise<void> {
  const { anne } = stage.lab.facts.people;
  const signed = more.includes('--key') ? ['--person', 'anne', '--key', anne.keyFile] : [];
  const ended = await stage.drp(...words, ...signed, '--reason', 'the evidence is as expected');
  // Parked: the driver was gone, and takes the word when it comes back. Stale: the statement that follows is answered.
  if (ended.exitCode !== 0 && ended.exitCode !== 75 && !/shows .* now|nothing/.test(ended.stderr))
    throw new Error(`drp ${words.join(' ')} ended with ${String(ended.exitCode)}:\n${ended.stderr}`);
}

/** Drives to the end; throws with all that was said where it is not completed. */
export async function driveToEnd(stage: Stage, args: readonly string[], options: DriveOptions = {}): Promise<string> {
  const driver = drive(stage, args, options);
  const code = await driver.ended;
  const run = /^run (\S+),/m.exec(driver.output())?.[1];
  if (code !== 0 || run === undefined) throw new Error(`drp ended with ${String(code)}:\n${driver.output()}`);
  return run;
}

/** Outputs of a run's steps, by step. */
export function outputsOf(events: readonly Event[]): Readonly<Record<string, Record<string, unknown>>> {
  return Object.fromEntries(
    events.flatMap((event) =>
      event.type === 'step.done' ? [[event.data.step, event.data.output as Record<string, unknown>]] : [],
    ),
  );
}
