import type { Clock } from '../../src/base/clock.ts';
import { digestOf } from '../../src/events/digest.ts';
import type { Draft, Event, Identity, Json } from '../../src/events/event.ts';
import { buildApproval, signedText } from '../../src/gates/approval.ts';
import { blobOfLine, fingerprintOf } from '../../src/gates/ssh-public-key.ts';
import { renderStatement, statementDigest } from '../../src/gates/statement.ts';
import { genesis } from '../../src/journal/chain.ts';
import { renderExport } from '../../src/journal/export.ts';
import type { Head } from '../../src/journal/journal.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { PlannedGate } from '../../src/plan/plan.ts';
import { testKey } from '../gates/test-key.ts';

export const anneKey = testKey('anne');
export const allowedSigners = `anne namespaces="drp-approval@v1" ${anneKey.line}\n`;
const at = '2026-11-21T03:10:00.000Z';
const run = 'k3f9-2a7m';
const osUser: Identity = { strength: 'os-user', osUser: 'otto' };

const gate = {
  id: 'switchover',
  title: 'Send users to gravelines',
  covers: [],
  word: 'gravelines',
  roles: ['authoriser'],
  approvals: 1,
  notTheStarter: true,
  strength: 'ssh-key',
  expiresMs: 3_600_000,
} satisfies PlannedGate;

/** One gate, then the end: the shortest machine a run can have. */
const machine: Json = {
  id: 'activation',
  initial: 'asking',
  states: {
    asking: {
      initial: 'gathering',
      onDone: 'completed',
      states: {
        gathering: {
          invoke: { id: 'evidence:switchover', src: 'evidence', input: { gate: 'switchover' }, onDone: 'open' },
        },
        open: { on: { 'switchover.approve': 'passed' } },
        passed: { type: 'final' },
      },
    },
    completed: { type: 'final' },
  },
};

const clock: Clock = { nowMs: () => Date.parse(at), nowIso: () => at, sleep: async () => undefined };

export interface SampleOptions {
  /** What anne's signature stands under, where it should be wrong. */
  readonly signs?: (text: string) => { readonly text: string; readonly signature: string };
  readonly identity?: Partial<Identity>;
}

/** A short activation, complete and always the same: begun, one gate signed by its authoriser, ended. */
export async function sampleExport(options: SampleOptions = {}): Promise<string> {
  const driver = { osUser: 'otto', machine: 'laptop', pid: 41, bootId: 'b', startTime: '1', version: '0.1.0' };
  const journal = createMemoryJournal({ clock, liveness: () => 'alive' });
  const lease = await journal.begin({ run, site: 'gravelines', procedure: 'activation', mode: 'real' }, driver);
  const heads: Head[] = [genesis];
  const append = async (...drafts: readonly Draft[]): Promise<void> => {
    const events: readonly Event[] = await journal.append(lease, heads.at(-1) ?? genesis, drafts);
    for (const { seq, hash } of events) heads.push({ seq, hash });
  };
  const plan = samplePlan();
  await append(began(plan), { type: 'driver.attached', by: 'drp', data: { driver, reason: 'start', epoch: 1 } });
  const statement = statementAt(heads.at(-1) ?? genesis, plan.digest);
  const digest = statementDigest(statement);
  await append({
    type: 'gate.opened',
    by: 'drp',
    data: { gate: 'switchover', key: '1.evidence:switchover', statement, digest, state: { asking: 'open' } },
  });
  const reason = 'restored data checked';
  const text = signedText(buildApproval(statement, { decision: 'approve', person: 'anne', reason, at }));
  const signed = options.signs?.(text) ?? { text, signature: anneKey.sign(text) };
  const fingerprint = fingerprintOf(blobOfLine(anneKey.line) ?? Buffer.alloc(0));
  const identity: Identity = {
    strength: 'ssh-key',
    fingerprint,
    signature: signed.signature,
    signed: signed.text,
    allowedBy: `anne ${anneKey.line}`,
    ...options.identity,
  };
  const answer = { gate: 'switchover', attempt: 1, decision: 'approve' as const, person: 'anne', reason, at };
  await append(
    {
      type: 'gate.decided',
      by: 'anne',
      data: { ...answer, identity, statementDigest: digest, passed: true, state: 'completed' },
    },
    { type: 'note.added', by: 'otto', data: { person: 'otto', text: 'called the datacentre: "données" are safe' } },
    { type: 'run.ended', by: 'drp', data: { outcome: 'completed' } },
  );
  return renderExport({ run, exportedAt: '2026-11-21T05:00:00.000Z', version: '0.1.0' }, await journal.stored(run));
}

function samplePlan(): { readonly [key: string]: Json; readonly digest: string } {
  const anne = { name: 'Anne Martin', roles: ['authoriser'], keys: [anneKey.line] };
  const content = {
    format: 1,
    site: 'gravelines',
    procedure: 'activation',
    phases: {},
    world: { people: { anne } },
    gates: { switchover: gate },
  };
  return { ...content, digest: digestOf(content) };
}

function began(plan: { readonly [key: string]: Json; readonly digest: string }): Draft {
  return {
    type: 'run.began',
    by: 'otto',
    data: {
      format: 1,
      version: '0.1.0',
      site: 'gravelines',
      procedure: 'activation',
      mode: 'real',
      plan,
      planDigest: plan.digest,
      machine,
      startedBy: { person: 'otto', identity: osUser },
      state: { asking: 'gathering' },
    },
  };
}

function statementAt(head: Head, planDigest: string) {
  return renderStatement({
    run,
    site: 'gravelines',
    procedure: 'activation',
    mode: 'real',
    planDigest,
    attempt: 1,
    head,
    gate,
    evidence: [
      {
        id: 'dns:kyc.test',
        title: 'DNS',
        severity: 'ok',
        lines: ['www 127.0.77.10 → 127.0.77.20'],
        choice: ['127.0.77.10'],
      },
    ],
    irreversible: ['users write on gravelines'],
    nonce: '00112233445566778899aabbccddeeff',
    openedAt: '2026-11-21T03:00:00.000Z',
  });
}
