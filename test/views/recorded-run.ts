import { readFileSync } from 'node:fs';
import type { Draft, Event, Statement } from '../../src/events/event.ts';
import type { Plan } from '../../src/plan/plan.ts';

export const beganAt = '2026-11-21T14:00:00.000Z';

/** Drafts as a journal would hold them, one every `stepMs`, with made-up hashes. */
export function recorded(drafts: readonly (Draft | { readonly afterMs: number })[], stepMs = 1_000): readonly Event[] {
  let nowMs = Date.parse(beganAt);
  const events: Event[] = [];
  for (const draft of drafts) {
    if ('afterMs' in draft) {
      nowMs += draft.afterMs;
      continue;
    }
    const seq = events.length + 1;
    const hash = String(seq).padStart(64, '0');
    const prev = String(seq - 1).padStart(64, '0');
    events.push({ ...draft, seq, run: 'k3f9-2a7m', at: new Date(nowMs).toISOString(), prev, hash } as Event);
    nowMs += stepMs;
  }
  return events;
}

export function statementOf(plan: Plan, gate: string, evidence: Statement['evidence'] = []): Statement {
  const planned = plan.gates[gate];
  return {
    format: 'drp-statement@v1',
    run: 'k3f9-2a7m',
    site: plan.site,
    procedure: plan.procedure,
    mode: 'real',
    planDigest: plan.digest,
    gate,
    attempt: 1,
    title: planned?.title ?? gate,
    evidence,
    evidenceDigest: 'e'.repeat(64),
    irreversible: ['users are sent to gravelines: answers of name servers live on until their TTL is over'],
    head: { seq: 3, hash: 'a'.repeat(64) },
    nonce: 'n'.repeat(32),
    openedAt: beganAt,
    expiresAt: '2026-11-21T15:00:00.000Z',
    word: 'gravelines',
    policy: { roles: ['operator'], approvals: 1, notTheStarter: false, strength: 'os-user' },
  };
}

/** An activation as it was planned once; a file, so that changes of the shipped runbook do not change what views show. */
export const plan = JSON.parse(readFileSync(new URL('activation-plan.json', import.meta.url), 'utf8')) as Plan;

const person = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;

/** An activation up to a failed copy beside an open import gate. */
export function interruptedActivation(): readonly Event[] {
  const by = 'drp';
  const state = (value: Event['data'] extends never ? never : object) => value as never;
  return recorded([
    {
      type: 'run.began',
      by: 'otto',
      data: {
        format: 1,
        version: '0.1.0',
        site: plan.site,
        procedure: 'activation',
        mode: 'real',
        plan: plan as never,
        planDigest: plan.digest,
        machine: {},
        startedBy: person,
        situation: {
          what: 'fire',
          sinceAt: '2026-11-21T13:50:00.000Z',
          lost: ['limburg'],
          orderedBy: 'anne',
          orderedHow: 'called back',
        },
        state: state({ 'declaration-gate': 'gathering' }),
      },
    },
    {
      type: 'driver.attached',
      by,
      data: {
        driver: { osUser: 'otto', machine: 'laptop', pid: 4711, bootId: 'b', startTime: '1', version: '0.1.0' },
        reason: 'start',
        epoch: 1,
      },
    },
    {
      type: 'gate.opened',
      by,
      data: {
        gate: 'declaration',
        key: '1.x',
        statement: statementOf(plan, 'declaration'),
        digest: 'd'.repeat(64),
        state: state({ 'declaration-gate': 'open' }),
      },
    },
    { afterMs: 60_000 },
    {
      type: 'gate.decided',
      by: 'otto',
      data: {
        ...person,
        gate: 'declaration',
        attempt: 1,
        decision: 'approve',
        reason: '',
        at: '2026-11-21T14:01:02.000Z',
        statementDigest: 'd'.repeat(64),
        passed: true,
        state: state({
          restoration: {
            files: { 'copy-files': { running: 'on-time' } },
            database: { 'fetch-database': { running: 'on-time' } },
          },
        }),
      },
    },
    {
      type: 'effect.started',
      by,
      data: { key: '4.copy-files', id: 'copy-files', source: 'step', attempt: 1, commands: [] },
    },
    {
      type: 'effect.started',
      by,
      data: { key: '4.fetch-database', id: 'fetch-database', source: 'step', attempt: 1, commands: [] },
    },
    {
      type: 'step.progressed',
      by,
      data: { step: 'copy-files', key: '4.copy-files', doneBytes: 100_000_000, totalBytes: 1_000_000_000, text: 'a/b' },
    },
    { afterMs: 10_000 },
    {
      type: 'step.progressed',
      by,
      data: { step: 'copy-files', key: '4.copy-files', doneBytes: 300_000_000, totalBytes: 1_000_000_000, text: 'a/c' },
    },
    {
      type: 'step.done',
      by,
      data: {
        step: 'fetch-database',
        key: '4.fetch-database',
        output: {},
        lines: ['dump of 14:00Z, 12 MB'],
        state: state({
          restoration: { files: { 'copy-files': { running: 'on-time' } }, database: { import: 'gathering' } },
        }),
      },
    },
    {
      type: 'gate.opened',
      by,
      data: {
        gate: 'import',
        key: '10.x',
        statement: statementOf(plan, 'import', [
          {
            id: 'loss',
            title: 'Loss of data',
            severity: 'attention',
            lines: ['files 31 h (target 24 h), \u202eevil\u001b[2J'],
            facts: { filesLossMs: 111_600_000, databaseLossMs: 6_000_000, skewMs: 105_600_000 },
          },
        ]),
        digest: 'f'.repeat(64),
        state: state({
          restoration: { files: { 'copy-files': { running: 'on-time' } }, database: { import: 'open' } },
        }),
      },
    },
    { afterMs: 30_000 },
    {
      type: 'step.failed',
      by,
      data: {
        step: 'copy-files',
        key: '4.copy-files',
        kind: 'failed',
        code: 'step-failed',
        reason: 'no room left on gravelines',
        hint: 'Free some space, then: drp decide retry copy-files.',
        state: state({ restoration: { files: { 'copy-files': 'failed' }, database: { import: 'open' } } }),
      },
    },
    {
      type: 'obligation.opened',
      by,
      data: { id: 'k3f9-2a7m.fence', kind: 'fencing', text: 'production could not be fenced: split writes possible' },
    },
    { type: 'note.added', by: 'vera', data: { person: 'vera', text: 'called the datacentre' } },
  ]);
}
