/** A driver of fast runs as a process of its own, to be killed, stopped and overtaken. Says what it does, a JSON object a line. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDrpError } from '../../src/base/errors.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Waiting } from '../../src/executor/executor.ts';
import { currentDriver } from '../../src/journal/driver.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import type { HostTarget } from '../../src/transports/transport.ts';
import { fakeDeps, FakeWorld, Script } from '../executor/fake-world.ts';
import { hostKind, hostReach } from './fast-host.ts';
import { fastPlan, FastWorld } from './fast-world.ts';

export interface FastDrive {
  /** Folder of each run: its journal; all driven beside each other. */
  readonly folders: readonly string[];
  /** Folder of the world, where it is not the run's own. */
  readonly world?: string;
  readonly takeover?: boolean;
  readonly blind?: boolean;
  readonly workMs?: number;
  /** Share of blind acts behind which this process dies by itself: the worst instant there is. */
  readonly deaths?: number;
  /** A real host, whose jobs and claims take the place of the fast world's. */
  readonly host?: HostTarget;
}

/** What it says. `stopped`: it gave up by itself, with the error's code. */
export type FastSaying =
  | { readonly say: 'ready' }
  | { readonly say: 'appended'; readonly seq: number; readonly type: string }
  | { readonly say: 'ended'; readonly folder: string; readonly how: string }
  | { readonly say: 'stopped'; readonly folder: string; readonly code: string };

const wanted = JSON.parse(process.argv[2] ?? '{}') as FastDrive;
const say = (saying: FastSaying): void => void process.stdout.write(`${JSON.stringify(saying)}\n`);

say({ say: 'ready' });
await Promise.all(wanted.folders.map(driveOne));

async function driveOne(folder: string): Promise<void> {
  const journal = openSqliteJournal({ path: join(folder, 'journal.sqlite'), busyTimeoutMs: 30_000 });
  const world = new FastWorld(join(wanted.world ?? folder, 'world.sqlite'), wanted);
  const { host } = wanted;
  const kind = host === undefined ? world.kind() : hostKind(world.kind(), host);
  const base = fakeDeps(new FakeWorld(), journal, { driver: currentDriver('0'), kinds: new Map([['command', kind]]) });
  const executor = createExecutor({
    ...base,
    reach: (plan) => ({ ...base.reach(plan), ...(host === undefined ? { claims: world.claims() } : hostReach(host)) }),
  });
  const plan = fastPlan(wanted.blind ?? false);
  try {
    const [row] = await journal.runs();
    const run =
      row === undefined || row.head.seq === 0
        ? await executor.begin({
            plan,
            mode: 'real',
            starter: { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } },
          })
        : row.run;
    const words = new Script();
    const stop = new AbortController();
    const end = await executor.drive(run, {
      signal: stop.signal,
      words,
      whenOnlyPeople: 'listen',
      onUpdate: (update) => {
        if (update.kind === 'event') say({ say: 'appended', seq: update.event.seq, type: update.event.type });
      },
      onWaiting: answers(run, words, world, stop),
      ...(wanted.takeover === true ? { takeover: true, takeoverReason: 'it does not answer' } : {}),
    });
    if (end.kind === 'detached') say({ say: 'stopped', folder, code: end.reason });
    else say({ say: 'ended', folder, how: end.kind === 'ended' ? end.outcome : end.kind });
  } catch (error) {
    say({ say: 'stopped', folder, code: isDrpError(error) ? error.code : String(error) });
  }
}

/** Approves what opens; looks at the world itself where a step is in doubt; leaves where the run was taken away. */
// eslint-disable-next-line max-params -- a test's own
function answers(
  run: string,
  words: Script,
  world: FastWorld,
  stop: AbortController,
): (waiting: readonly Waiting[]) => void {
  const said = new Set<string>();
  return (waiting) => {
    for (const { subject, state, statementDigest, kind, reason } of waiting) {
      const once = statementDigest ?? `${subject} ${state}`;
      if (said.has(once)) continue;
      said.add(once);
      if (statementDigest !== undefined) {
        words.say({ verb: 'approve', run, subject, statementDigest, osUser: 'anne' });
      } else if (state === 'in-doubt') {
        const decision = world.effects().some((effect) => effect.step === subject) ? 'mark-done' : 'retry';
        words.say({ verb: 'decide', run, subject, decision, evidence: 'looked at it', osUser: 'anne' });
        said.delete(once);
      } else if (kind === 'attention') {
        stop.abort(new Error(/claim|overtaken|held/i.test(reason ?? '') ? 'claim-lost' : `attention: ${reason ?? ''}`));
      }
    }
  };
}

// A folder that is gone is a mistake of whoever starts this.
for (const folder of wanted.folders) if (!existsSync(folder)) process.exitCode = 2;
