import { systemClock } from '../base/clock.ts';
import type { Waiting } from '../executor/executor.ts';
import { peopleOfOsUser } from '../gates/people.ts';
import type { Word } from '../gates/word.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttestEntry, AttestForm } from '../runbook/attest-form.ts';
import type { Io } from './io.ts';
import { signWord, type SignOptions } from './sign-word.ts';

/** What the record keeps of an attestation: when, by whom, and what was seen. */
export function attestedText(said: { readonly at: string; readonly by: string; readonly evidence: string }): string {
  return `done by hand at ${said.at} by ${said.by}: ${said.evidence}`;
}

/** The word for one entry about a step, unsigned. */
export function wordOfEntry(
  entry: Exclude<AttestEntry, { gate: string }>,
  about: { readonly run: string; readonly osUser: string },
): Word {
  const common = { verb: 'decide', ...about, path: 'spool' } as const;
  if ('skip' in entry) {
    return {
      ...common,
      subject: entry.skip,
      decision: 'skip',
      reason: `left out at ${entry.at} by ${entry.by}: ${entry.reason}`,
    };
  }
  return {
    ...common,
    subject: entry.step,
    decision: 'mark-done',
    reason: 'done on paper',
    evidence: attestedText(entry),
  };
}

/**
 * Answers what waits from the log that was typed in: each entry once, by the words any terminal could say, under the same
 * policy. A gate is answered only where its entry names who speaks here; others are for their own people to approve.
 */
export function answersFromForm(
  form: AttestForm,
  about: {
    readonly io: Io;
    readonly plan: Plan;
    readonly run: string;
    readonly osUser: string;
    readonly hand: SignOptions;
  },
): (waiting: Waiting) => Promise<Word | undefined> {
  const { io, plan, run, osUser, hand } = about;
  const said = new Set<string>();
  const speakers = hand.person === undefined ? peopleOfOsUser(plan.world.people, osUser) : [hand.person];
  return async (waiting) => {
    const once = `${waiting.subject} ${waiting.statementDigest ?? ''}`;
    if (said.has(once)) return undefined;
    const at = systemClock.nowIso();
    if (waiting.kind === 'gate') {
      const entry = form.entries.find((one) => 'gate' in one && one.gate === waiting.subject);
      const { statement, statementDigest } = waiting;
      if (entry === undefined || !('gate' in entry) || !speakers.includes(entry.by)) return undefined;
      if (statement === undefined || statementDigest === undefined) return undefined;
      said.add(once);
      const reason = `on paper at ${entry.at} by ${entry.by}: ${entry.reason}`;
      const word: Word = { verb: 'approve', run, subject: entry.gate, reason, osUser, path: 'spool', statementDigest };
      return await signWord(word, hand, { plan, statement, at, env: io.env });
    }
    const entry = form.entries.find(
      (one) => !('gate' in one) && ('skip' in one ? one.skip : one.step) === waiting.subject,
    );
    if (entry === undefined || 'gate' in entry || waiting.state !== 'in-doubt') return undefined;
    said.add(once);
    return await signWord(wordOfEntry(entry, { run, osUser }), hand, { plan, at, env: io.env });
  };
}
