import type { EvidenceItem, Identity, Statement } from '../../src/events/event.ts';
import type { JudgeContext } from '../../src/gates/policy.ts';
import { renderStatement, statementDigest } from '../../src/gates/statement.ts';
import type { Word } from '../../src/gates/word.ts';
import type { PlannedGate } from '../../src/plan/plan.ts';
import type { Person } from '../../src/runbook/schema/world.ts';

export const people: Readonly<Record<string, Person>> = {
  anne: { name: 'Anne Martin', roles: ['authoriser'], osUser: 'anne', contact: 'anne@customer.example', keys: [] },
  otto: { name: 'Otto Lind', roles: ['operator'], osUser: 'otto', keys: [] },
  vera: { name: 'Vera Roy', roles: ['operator', 'approver'], osUser: 'vera', keys: [] },
};

export const evidence: readonly EvidenceItem[] = [
  {
    id: 'backup:files',
    title: 'Files',
    severity: 'ok',
    lines: ['2026-11-20 on backup-odd, file loss 14 h 00 min'],
    choice: { host: 'backup-odd', time: '2026-11-20' },
    facts: { newest: '2026-11-21' },
  },
];

export function gateOf(policy: Partial<PlannedGate> = {}): PlannedGate {
  return {
    id: 'switchover',
    title: 'Send users to gravelines',
    covers: [],
    word: 'gravelines',
    roles: ['authoriser'],
    approvals: 1,
    notTheStarter: false,
    strength: 'os-user',
    expiresMs: 3_600_000,
    ...policy,
  };
}

export function statementOf(
  gate: PlannedGate,
  changes: Partial<Parameters<typeof renderStatement>[0]> = {},
): Statement {
  return renderStatement({
    run: 'k3f9-2a7m',
    site: 'gravelines',
    procedure: 'activation',
    mode: 'real',
    planDigest: 'd'.repeat(64),
    gate,
    attempt: 1,
    evidence,
    irreversible: ['users see the restored data'],
    head: { seq: 41, hash: 'a'.repeat(64) },
    nonce: '0'.repeat(32),
    openedAt: '2026-11-21T03:00:00.000Z',
    ...changes,
  });
}

export const byOtto: Identity = { strength: 'os-user', osUser: 'otto' };

export function contextOf(
  gate: PlannedGate,
  changes: Partial<JudgeContext> = {},
  statement = statementOf(gate),
): JudgeContext {
  return {
    run: 'k3f9-2a7m',
    people,
    at: '2026-11-21T03:10:00.000Z',
    starter: { person: 'otto', identity: byOtto },
    driver: { osUser: 'otto' },
    accepted: ['approve', 'reject', 'renew'],
    gate: { policy: gate, statement, statementDigest: statementDigest(statement), answers: [] },
    ...changes,
  };
}

export function wordOf(changes: Partial<Word> = {}): Word {
  return {
    verb: 'approve',
    run: 'k3f9-2a7m',
    subject: 'switchover',
    reason: '',
    osUser: 'anne',
    path: 'terminal',
    ...changes,
  };
}
