import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/base/secret.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Update } from '../../src/executor/executor.ts';
import { redactedDraft } from '../../src/executor/redacted-draft.ts';
import { exportRun } from '../../src/journal/export.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { verifyExport } from '../../src/journal/verify.ts';
import { createRedaction } from '../../src/steps/remote/redact.ts';
import type { StepKind } from '../../src/steps/step-kind.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const value = 'correct "horse" battery';
const spellings = [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  Buffer.from(value).toString('base64'),
];

/** A kind of step that says its secret wherever it can. */
function talkative(world: FakeWorld): StepKind {
  const kind = world.kind();
  const reference = { env: 'CANARY' };
  return {
    ...kind,
    evidence: async (step, _spec, context) => {
      await context.secret(reference);
      return [{ id: `seen:${step.id}`, title: value, severity: 'ok', lines: spellings, choice: { text: value } }];
    },
    run: async (_step, _spec, context) => {
      await context.secret(reference);
      context.report({ doneBytes: 1, totalBytes: 2, text: value, lastOutputAt: context.clock.nowIso() });
      return {
        kind: 'done',
        output: { [value]: spellings },
        lines: spellings,
        obligations: [{ kind: 'cleanup', text: value }],
      };
    },
  };
}

describe('a secret that steps have read', () => {
  test('reaches neither journal nor updates: outputs, evidence, progress, obligations; and the record still verifies', async () => {
    const world = new FakeWorld();
    const journal = createMemoryJournal();
    const deps = fakeDeps(world, journal, {
      kinds: new Map([['command', talkative(world)]]),
      secret: () => Promise.resolve(new Secret('env CANARY', value)),
    });
    const step = fakeStep('import', 'restoration');
    const executor = createExecutor(deps);
    const plan = fakePlan({
      fencing: [],
      verification: [],
      information: [],
      switchover: [],
      confirmation: [],
      restoration: [{ name: 'main', steps: [step] }],
    });
    const run = await executor.begin({
      plan,
      mode: 'real',
      starter: { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } },
    });
    const updates: Update[] = [];
    const words = new Script();
    const said = new Set<string>();
    await executor.drive(run, {
      signal: new AbortController().signal,
      words,
      onUpdate: (update) => void updates.push(update),
      whenOnlyPeople: 'park',
      onWaiting: (waiting) => {
        for (const { statementDigest, subject } of waiting) {
          if (statementDigest === undefined || said.has(statementDigest)) continue;
          said.add(statementDigest);
          if (subject === 'switchover') words.say({ verb: 'note', run, reason: `the password is ${value}` });
          words.say({ verb: 'approve', run, subject, statementDigest });
        }
      },
    });
    const kept = `${(await journal.lines(run)).join('\n')}\n${JSON.stringify(updates)}`;
    for (const spelling of spellings) {
      expect(kept).not.toContain(spelling);
      expect(kept).not.toContain(JSON.stringify(spelling).slice(1, -1));
    }
    expect(kept).toContain('[secret env CANARY]');
    expect(words.answers).toContainEqual(expect.objectContaining({ kind: 'refused', code: 'word-holds-secret' }));
    const made = { exportedAt: '2026-11-21T05:00:00.000Z', version: '0' };
    const verdict = verifyExport(Buffer.from(await exportRun(journal, run, made)));
    // The fake plan has an invented digest; nothing else may be wrong.
    expect(verdict.problems.map(({ message }) => message)).toEqual(['the plan does not match its digest']);
  });

  test('that is also a word of the plan does not break the names events are matched with', () => {
    const redaction = createRedaction();
    redaction.add(new Secret('env CANARY', 'import'));
    const draft = redactedDraft(redaction, {
      type: 'step.failed',
      by: 'drp',
      data: {
        step: 'import',
        key: '4.import',
        kind: 'failed',
        code: 'import-failed',
        reason: 'import',
        hint: '',
        state: { restoration: { import: 'failed' } },
      },
    });
    expect(draft.data).toMatchObject({
      step: 'import',
      key: '4.import',
      code: 'import-failed',
      state: { restoration: { import: 'failed' } },
      reason: '[secret env CANARY]',
    });
  });
});
