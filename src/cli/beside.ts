import { systemClock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import { judge, type Verdict } from '../gates/policy.ts';
import type { Word } from '../gates/word.ts';
import { currentOsUser } from '../journal/driver.ts';
import { planOf } from './plan-of.ts';
import { signWord, type SignOptions } from './sign-word.ts';

export interface BesideContext {
  readonly events: readonly Event[];
  readonly env: NodeJS.ProcessEnv;
  /** Decisions the word's subject takes now. */
  readonly accepted: readonly string[];
}

/**
 * A word to a run that nobody drives, judged by the same rule as every other: by key where one is given, else by OS user.
 * Throws what the rule refuses.
 */
export async function judgedBeside(
  word: Word,
  options: SignOptions,
  context: BesideContext,
): Promise<Extract<Verdict, { kind: 'accepted' }>> {
  const plan = planOf(context.events);
  const [began] = context.events;
  if (began?.type !== 'run.began') throw new DrpError('internal', { what: 'the run has no beginning' });
  const at = systemClock.nowIso();
  const signed = await signWord(word, options, { plan, at, env: context.env });
  const verdict = judge(signed, {
    people: plan.world.people,
    at,
    ...(plan.allowedSigners === undefined ? {} : { allowedSigners: plan.allowedSigners }),
    run: word.run,
    starter: began.data.startedBy,
    driver: { osUser: currentOsUser() },
    accepted: context.accepted,
  });
  if (verdict.kind === 'refused') {
    throw new DrpError('word-refused', { text: verdict.text, code: verdict.code, advice: verdict.hint });
  }
  return verdict;
}
