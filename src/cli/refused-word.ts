import type { MachineConfig } from '../../machines/expand.ts';
import { isDrpError, type ErrorCode } from '../base/errors.ts';
import type { Draft, Event } from '../events/event.ts';
import { acceptedIn, lastState } from '../executor/accepted.ts';
import { noncesOf, subjectOnRecord } from '../gates/on-record.ts';
import { judge, type Verdict } from '../gates/policy.ts';
import type { Word, WordAnswer } from '../gates/word.ts';
import { currentDriver } from '../journal/driver.ts';
import type { Journal } from '../journal/journal.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import { packageVersion } from './overview.ts';

type Refused = Extract<Verdict, { kind: 'refused' }>;

/** Only the driver can tell these: who it is, and what it renews before it answers. */
const untold: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['second-person-needed', 'approval-expired']);

/**
 * Why the next driver would refuse a word that is left for it, by the record as it stands; undefined where it would count, or only
 * the driver can tell. `at`: now. Pure.
 */
export function refusalOf(word: Word, events: readonly Event[], at: string): Refused | undefined {
  const [began] = events;
  const state = lastState(events);
  if (began?.type !== 'run.began' || state === undefined) return undefined;
  const plan = frozenPlan(began);
  const last = events.at(-1)?.at ?? at;
  const prefix = `${word.subject}.`;
  const verdict = judge(word, {
    people: plan.world.people,
    ...(plan.allowedSigners === undefined ? {} : { allowedSigners: plan.allowedSigners }),
    at: at < last ? last : at,
    run: began.run,
    starter: began.data.startedBy,
    driver: { osUser: word.osUser },
    accepted: acceptedIn(began.data.machine as unknown as MachineConfig, state).flatMap((type) =>
      type.startsWith(prefix) ? [type.slice(prefix.length)] : [],
    ),
    ...subjectOnRecord(plan, word.subject, events),
    nonces: noncesOf(events),
  });
  return verdict.kind === 'refused' && !untold.has(verdict.code) ? verdict : undefined;
}

/**
 * Refuses a word to a run that nobody drives as its driver would, and puts that on record: whoever speaks learns it now, not when
 * somebody resumes. Undefined where the word may be left.
 */
export async function refuseUndriven(journal: Journal, word: Word, at: string): Promise<WordAnswer | undefined> {
  const verdict = refusalOf(word, await journal.read(word.run), at);
  if (verdict === undefined) return undefined;
  const { code, text, hint, person } = verdict;
  const data = { verb: word.decision ?? word.verb, subject: word.subject, person, code, reason: text };
  const refused: Draft = { type: 'word.refused', by: person, data };
  try {
    await journal.appendBeside(word.run, [refused], currentDriver(packageVersion()));
  } catch (error) {
    // Somebody drives it now, and is asked after all.
    if (isDrpError(error, 'lease-held')) return undefined;
    throw error;
  }
  return { kind: 'refused', code, text, hint };
}
