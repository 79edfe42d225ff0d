import { describe, expect, test } from '@jest/globals';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Waiting } from '../../src/executor/executor.ts';
import type { Word, WordAnswer } from '../../src/gates/word.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { BackupCandidate } from '../../src/plan/backup-candidate.ts';
import { chooseBackups } from '../../src/plan/backups.ts';
import { backupItems } from '../../src/steps/backups/backup-evidence.ts';
import { chosenBackup } from '../../src/steps/remote/chosen-backup.ts';
import type { RunFacts, StepContext, StepKind } from '../../src/steps/step-kind.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const copy = (host: string, datacentre: string, [day = '', ...defects]: readonly string[]): BackupCandidate => ({
  backup: 'files',
  kind: 'files',
  host,
  datacentre,
  path: `/b/${day}`,
  takenAt: `${day}T00:00:00.000Z`,
  bytes: 1000,
  files: 10,
  sha256: '',
  defects,
});
const world = {
  backups: { files: { kind: 'files', everyMs: 86_400_000, sources: [{ host: 'even' }, { host: 'odd' }] } },
  hosts: { even: { datacentre: 'limburg' }, odd: { datacentre: 'roubaix' } },
  objectives: { filesLossMs: 200_000_000, databaseLossMs: 7_200_000, skewMs: 7_200_000 },
} as never;
const surveys = [
  { host: 'even', datacentre: 'limburg', found: [copy('even', 'limburg', ['2026-11-20'])] },
  {
    host: 'odd',
    datacentre: 'roubaix',
    found: [copy('odd', 'roubaix', ['2026-11-19']), copy('odd', 'roubaix', ['2026-11-17', 'it is empty'])],
  },
].map(({ found, ...source }) => ({
  backup: 'files',
  ...source,
  answer: { kind: 'surveyed' as const, candidates: found },
}));

/** A copy step of the fake world: its evidence is the real choice of backups over canned surveys. */
function copying(fake: FakeWorld, seen: RunFacts[]): StepKind {
  return {
    ...fake.kind(),
    evidence: (_step, _spec, context: StepContext) => {
      const { overrides = [] } = context.facts;
      const sinceAt = '2026-11-20T12:00:00.000Z';
      return Promise.resolve(
        backupItems('files', chooseBackups({ world, surveys, lost: ['limburg'], sinceAt, overrides }), context),
      );
    },
    run: (step, spec, context) => {
      if (step.id === 'copy-files') seen.push(context.facts);
      return fake.kind().run(step, spec, context);
    },
  };
}

const plan = fakePlan({
  fencing: [],
  restoration: [{ name: 'files', steps: [fakeStep('copy-files', 'restoration')] }],
  verification: [],
  information: [],
  switchover: [{ name: 'main', steps: [fakeStep('switch-dns', 'switchover')] }],
  confirmation: [],
});

/** Drives to the end, saying at the restoration gate each of `said` in turn before it is approved. */
async function play(said: readonly Partial<Word>[]) {
  const fake = new FakeWorld();
  const seen: RunFacts[] = [];
  const journal = createMemoryJournal();
  const executor = createExecutor(fakeDeps(fake, journal, { kinds: new Map([['command', copying(fake, seen)]]) }));
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  const words = new Script();
  const answered = new Set<string>();
  const left = [...said];
  const speak = (one: Waiting) => {
    const next = one.subject === 'restoration' ? left.shift() : undefined;
    if (next !== undefined) words.say({ verb: 'decide', run, subject: 'restoration', decision: 'choose', ...next });
    // A refused word changes nothing that waits: the next one follows at once.
    if (next !== undefined && next.reason !== 'the disk was read') return speak(one);
    if (next === undefined)
      words.say({ verb: 'approve', run, subject: one.subject, statementDigest: one.statementDigest! });
  };
  const end = await executor.drive(run, {
    signal: new AbortController().signal,
    words,
    onUpdate: () => undefined,
    whenOnlyPeople: 'park',
    onWaiting: ([one]) => {
      if (one?.statementDigest === undefined || answered.has(one.statementDigest)) return;
      answered.add(one.statementDigest);
      speak(one);
    },
  });
  return { end, events: await journal.read(run), answers: words.answers as readonly WordAnswer[], facts: seen[0] };
}

describe('choosing another backup at the gate', () => {
  test('shows the gate anew with who chose it and why, and the steps restore from it', async () => {
    const { end, events, facts } = await play([
      { evidence: 'files even:2026-11-20T00:00Z', reason: 'the disk was read' },
    ]);
    expect(end).toEqual({ kind: 'ended', outcome: 'completed' });
    const shown = events.flatMap((event) =>
      event.type === 'gate.opened' && event.data.gate === 'restoration' ? [event.data.statement] : [],
    );
    expect(shown).toHaveLength(2);
    expect(shown[1]?.evidence.find(({ id }) => id === 'backup:files')).toMatchObject({
      severity: 'attention',
      lines: expect.arrayContaining(['chosen by otto against the rule: the disk was read']),
    });
    expect(shown[1]?.evidenceDigest).not.toBe(shown[0]?.evidenceDigest);
    expect(events.find((event) => event.type === 'decision.made')?.data).toMatchObject({
      verb: 'choose',
      subject: 'restoration',
      choice: { backup: 'files', host: 'even', path: '/b/2026-11-20', takenAt: '2026-11-20T00:00:00.000Z' },
    });
    expect(chosenBackup(facts!, 'files')).toMatchObject({ host: 'even', path: '/b/2026-11-20' });
  });

  test('takes no word without a reason, for a copy that is broken, or for one nobody showed', async () => {
    const { end, answers, facts } = await play([
      { evidence: 'files even:2026-11-20T00:00Z', reason: '' },
      { evidence: 'files odd:2026-11-17T00:00Z', reason: 'why not' },
      { evidence: 'mail odd:2026-11-19T00:00Z', reason: 'why not' },
    ]);
    expect(answers.filter(({ kind }) => kind === 'refused')).toMatchObject([
      { code: 'reason-missing' },
      { code: 'backup-choice-refused', text: expect.stringContaining('no fit copy of that name') },
      { code: 'backup-choice-refused', text: expect.stringContaining('shows no such backup') },
    ]);
    expect(end).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(chosenBackup(facts!, 'files')).toMatchObject({ host: 'odd', path: '/b/2026-11-19' });
  });
});
