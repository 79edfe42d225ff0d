import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { DrpError } from '../../src/base/errors.ts';
import { Secret } from '../../src/base/secret.ts';
import { digestOf } from '../../src/events/digest.ts';
import type { Event } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Update } from '../../src/executor/executor.ts';
import { exportRun } from '../../src/journal/export.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import { verdictText, verifyExport } from '../../src/journal/verify.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { followJob } from '../../src/steps/remote/follow-job.ts';
import { callHost, lastWords, shellArgv } from '../../src/steps/remote/read-host.ts';
import type { StepContext, StepKind } from '../../src/steps/step-kind.ts';
import { createClaims } from '../../src/transports/claims.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import { createRemoteJobs } from '../../src/transports/remote-job.ts';
import type { RemoteJobs } from '../../src/transports/transport.ts';
import { createWitness } from '../../src/transports/witness.ts';
import { createPlainView } from '../../src/views/plain.ts';
import { runSummary } from '../../src/views/run-summary.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from '../executor/fake-world.ts';
import { processFile, processIds } from '../lab/process-table.ts';
import { startSshd, type SshdFixture } from '../transports/sshd-fixture.ts';
import { below, type Failure } from './campaign.ts';

export interface CanarySearch {
  readonly failures: readonly Failure[];
  /** Places in the journal where the canary was and is not: proof that it came by. */
  readonly redacted: number;
  readonly processes: number;
}

/** One activation with a step that says its secret in every way it can, and the search for it afterwards. */
export async function runWithCanary(
  canary: string,
  spelled: ReadonlyMap<string, string>,
  random: () => number,
): Promise<CanarySearch> {
  const sshd = await startSshd();
  const state = mkdtempSync(join(tmpdir(), 'drp-redact-'));
  const listing = watchProcesses(spelled);
  try {
    const told = await drive({ sshd, state, canary, random });
    const failures: Failure[] = [...listing.stop()];
    const search = (where: string, text: string): void => {
      for (const [name, value] of spelled) {
        if (text.includes(value))
          failures.push({ case: where, why: `the secret is there (${name}): ${JSON.stringify(value)}` });
      }
    };
    const journalText = filesIn(state)
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    search('journal and its files', journalText);
    search('terminal', told.screen);
    search('updates', told.updates);
    search('export', told.exported);
    // What a program printed lies on its host in the job's own folder, for its user alone; nothing else there may have it.
    for (const file of filesIn(sshd.home)) {
      if (!/\/jobs\/[^/]+\/output$/.test(file))
        search(`${file.slice(sshd.home.length)} on the host`, readFileSync(file, 'utf8'));
      else if ((statSync(file).mode & 0o077) !== 0) failures.push({ case: file, why: 'others may read it' });
    }
    if (told.verdict !== '') failures.push({ case: 'the redacted journal', why: told.verdict });
    const redacted = journalText.split('[secret env CANARY]').length - 1;
    if (redacted === 0) failures.push({ case: 'the step', why: 'its secret never came by' });
    return { failures, redacted, processes: listing.seen() };
  } finally {
    listing.stop();
    await sshd.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

interface Stage {
  readonly sshd: SshdFixture;
  readonly state: string;
  readonly canary: string;
  readonly random: () => number;
}

async function drive({ sshd, state, canary, random }: Stage) {
  const target = sshd.target();
  const hosts = createTransportPool([target]);
  const journal = openSqliteJournal({ path: join(state, 'journal.sqlite') });
  try {
    const jobs = inPieces(createRemoteJobs(hosts, systemClock), random);
    const executor = createExecutor({
      ...fakeDeps(new FakeWorld(), journal, { kinds: new Map([['command', talkative()]]) }),
      reach: () => ({
        hosts,
        jobs,
        claims: createClaims(hosts),
        witness: createWitness(hosts),
        secret: () => Promise.resolve(new Secret('env CANARY', canary)),
      }),
    });
    const plan = canaryPlan();
    const identity = { strength: 'os-user', osUser: 'otto' } as const;
    const run = await executor.begin({ plan, mode: 'real', starter: { person: 'otto', identity } });
    const [screen, updates, events]: [string[], Update[], Event[]] = [[], [], []];
    const view = createPlainView(
      (line) => void screen.push(line),
      () => Date.now(),
    );
    const words = new Script();
    const answered = new Set<string>();
    await executor.drive(run, {
      signal: new AbortController().signal,
      words,
      whenOnlyPeople: 'park',
      onUpdate: (update) => {
        updates.push(update);
        if (update.kind === 'event') events.push(update.event);
        const summary = runSummary([...events]);
        if (update.kind === 'event' && summary !== undefined) view.event(update.event, () => summary);
        if (update.kind === 'progress') view.progress(update.step, update.progress as never);
        if (update.kind === 'contact') view.line(update.reason);
      },
      onWaiting: (waiting) => {
        for (const { subject, statementDigest, reason, hint } of waiting) {
          screen.push(`${subject} ${reason ?? ''} ${hint ?? ''}`);
          if (statementDigest === undefined || answered.has(statementDigest)) continue;
          answered.add(statementDigest);
          // Once a step has read it: before that nobody knows that it is a secret.
          if (subject !== 'declaration') words.say({ verb: 'note', run, reason: `I was told ${canary}` });
          words.say({ verb: 'approve', run, subject, statementDigest });
        }
      },
    });
    const exported = await exportRun(journal, run, { exportedAt: '2026-11-21T05:00:00.000Z', version: '0.1.0' });
    const verdict = verifyExport(Buffer.from(exported));
    const shown = JSON.stringify([updates, words.answers]);
    return { screen: screen.join('\n'), updates: shown, exported, verdict: verdict.good ? '' : verdictText(verdict) };
  } finally {
    await hosts.closeAll();
    await journal.close();
  }
}

function canaryPlan(): Plan {
  const lane = (id: string, phase: string) => [{ name: 'main', steps: [fakeStep(id, phase)] }];
  const plan = fakePlan({
    fencing: [],
    restoration: lane('import', 'restoration'),
    verification: lane('check', 'verification'),
    information: [],
    switchover: [],
    confirmation: [],
  });
  const { digest: _, ...content } = plan;
  return { ...plan, digest: digestOf(content) };
}

/** The same jobs, with their output handed on in pieces of one to nine bytes: every border falls into the secret somewhere. */
function inPieces(jobs: RemoteJobs, random: () => number): RemoteJobs {
  let [held, heldFrom, last] = [
    Buffer.alloc(0) as Buffer,
    0,
    undefined as Awaited<ReturnType<RemoteJobs['poll']>> | undefined,
  ];
  return {
    ...jobs,
    poll: async (...asked) => {
      const [, , offset] = asked;
      if (last === undefined || offset < heldFrom || offset >= heldFrom + held.length) {
        last = await jobs.poll(...asked);
        [held, heldFrom] = [Buffer.from(last.output), offset];
      }
      const piece = held.subarray(offset - heldFrom).subarray(0, 1 + below(random, 9));
      const isAll = offset + piece.length >= heldFrom + held.length;
      const poll = { ...last, output: piece };
      if (isAll) last = undefined;
      return poll;
    },
  };
}

/** Prints `$DRP_SECRET_FILE` in every encoding, on both streams and as lines the step reads; then goes on for a moment. */
const speaker = `
  const secret = require('fs').readFileSync(process.env.DRP_SECRET_FILE, 'utf8');
  const [mark] = process.argv.slice(1);
  const shell = "'" + secret.replaceAll("'", "'\\\\''") + "'";
  const base64 = ['', 'u', 'u:'].map((before) => Buffer.from(before + secret + ':rest').toString('base64'));
  const all = [secret, JSON.stringify({ secret }), 'https://u:' + encodeURIComponent(secret) + '@h/', ...base64, shell];
  for (const one of all) {
    console.log(one + secret + one);
    console.error('error: ' + one);
    console.log(mark + ' fact value ' + one);
    console.log(mark + ' progress 1 2 at ' + one);
  }
  setTimeout(() => process.stdout.write('no line feed after ' + secret), 400);`;

function talkative(): StepKind {
  const reference = { env: 'CANARY' };
  const told = async (context: StepContext): Promise<string> => (await context.secret(reference)).reveal();
  return {
    kind: 'command',
    describe: () => {
      throw new Error('not asked here');
    },
    evidence: async (step, _spec, context) => {
      const secret = await told(context);
      return [
        {
          id: `seen:${step.id}`,
          title: 'seen',
          severity: 'ok',
          lines: [secret],
          choice: { url: encodeURIComponent(secret) },
        },
      ];
    },
    probe: () => Promise.resolve('absent'),
    run: async (step, _spec, context) => {
      const secret = await told(context);
      const script = `"$1" -e "$2" "@$3"`;
      const args = [process.execPath, speaker, context.token];
      const end = await followJob(context, 'gravelines', { token: context.token, script, args, secret });
      const call = {
        argv: shellArgv('cat >&2; exit 3', []),
        timeoutMs: 10_000,
        stdin: `FATAL: password ${secret} is wrong`,
      };
      const { stderr } = await callHost(context, 'gravelines', call);
      if (step.id === 'check') {
        const reason = `${lastWords(stderr)} ${JSON.stringify(secret)}`;
        return { kind: 'failed', error: new DrpError('step-failed', { step: step.id, reason }) };
      }
      if (end.kind !== 'done') throw new Error(`the job ended as ${end.kind}`);
      const output = {
        tail: end.tail,
        facts: end.said.map(({ rest }) => rest),
        [secret]: Buffer.from(secret).toString('base64'),
      };
      return { kind: 'done', output, lines: [end.tail], obligations: [{ kind: 'cleanup', text: `change ${secret}` }] };
    },
  };
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Looks at every process of the machine, over and over: what it was started with, and its environment. */
function watchProcesses(spelled: ReadonlyMap<string, string>) {
  const failures = new Map<string, Failure>();
  const pids = new Set<number>();
  const look = (): void => {
    for (const pid of processIds()) {
      for (const kind of ['cmdline', 'environ'] as const) {
        const text = processFile(pid, kind);
        if (text !== '') pids.add(pid);
        for (const [name, value] of spelled) {
          const why = `the secret is there (${name})`;
          if (text.includes(value)) failures.set(`${pid} ${kind}`, { case: `${kind} of a process`, why });
        }
      }
    }
  };
  const timer = setInterval(look, 40);
  return {
    seen: () => pids.size,
    stop: () => {
      clearInterval(timer);
      return [...failures.values()];
    },
  };
}
