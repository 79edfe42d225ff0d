import { systemClock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { Draft, Event } from '../events/event.ts';
import { noncesOf, subjectOnRecord } from '../gates/on-record.ts';
import { judge, type Verdict } from '../gates/policy.ts';
import type { Word } from '../gates/word.ts';
import { currentDriver, currentOsUser } from '../journal/driver.ts';
import type { Journal } from '../journal/journal.ts';
import { packageVersion } from './overview.ts';
import { planOf } from './plan-of.ts';
import { signWord, type SignOptions } from './sign-word.ts';

type Accepted = Extract<Verdict, { kind: 'accepted' }>;

interface Beside {
  readonly events: readonly Event[];
  readonly options: SignOptions;
  readonly env: NodeJS.ProcessEnv;
  /** What goes on record once the word is accepted. */
  readonly draft: (by: Accepted) => Draft;
}

/**
 * Says a word to a run that nobody drives and puts it on record, judged by the same rule as every other: by key where
 * one is given, else by OS user. Resolves with who said it. Throws what the rule refuses.
 */
export async function sayBeside(
  journal: Journal,
  said: Omit<Word, 'osUser' | 'path'>,
  { events, options, env, draft }: Beside,
): Promise<{ readonly person: string; readonly seq: number }> {
  const by = await judged({ ...said, osUser: currentOsUser(), path: 'spool' }, { events, options, env });
  const [event] = await journal.appendBeside(said.run, [draft(by)], currentDriver(packageVersion()));
  if (event === undefined) throw new DrpError('internal', { what: 'the journal took a word and returned no event' });
  return { person: by.person, seq: event.seq };
}

async function judged(word: Word, { events, options, env }: Omit<Beside, 'draft'>): Promise<Accepted> {
  const plan = planOf(events);
  const [began] = events;
  if (began?.type !== 'run.began') throw new DrpError('internal', { what: 'the run has no beginning' });
  const at = systemClock.nowIso();
  const signed = await signWord(word, options, { plan, at, env });
  const verdict = judge(signed, {
    people: plan.world.people,
    at,
    ...(plan.allowedSigners === undefined ? {} : { allowedSigners: plan.allowedSigners }),
    run: word.run,
    starter: began.data.startedBy,
    driver: { osUser: currentOsUser() },
    // Beside a run there is nothing but the word itself to accept.
    accepted: word.decision === undefined ? [] : [word.decision],
    ...subjectOnRecord(plan, word.subject, events),
    nonces: noncesOf(events),
  });
  if (verdict.kind === 'refused') {
    // What a driver would call wrong usage is that here, too.
    if (verdict.code === 'reason-missing') {
      throw new DrpError('reason-missing', {
        verb: word.decision ?? word.verb,
        what: word.verb === 'note' ? 'a text' : 'a reason',
      });
    }
    throw new DrpError('word-refused', { text: verdict.text, code: verdict.code, advice: verdict.hint });
  }
  return verdict;
}
