import { systemClock } from '../base/clock.ts';
import type { Event } from '../events/event.ts';
import { identify, type Speaker } from '../gates/people.ts';
import type { Word } from '../gates/word.ts';
import { planOf } from './plan-of.ts';
import { signWord, type SignOptions } from './sign-word.ts';

/** Who speaks to a run that nobody drives: by key where one is given, else by OS user. Throws what `identify` throws. */
export async function speakerOf(
  word: Word,
  options: SignOptions,
  context: { readonly events: readonly Event[]; readonly env: NodeJS.ProcessEnv },
): Promise<Speaker> {
  const plan = planOf(context.events);
  const at = systemClock.nowIso();
  const signed = await signWord(word, options, { plan, at, env: context.env });
  return identify(signed, {
    people: plan.world.people,
    at,
    ...(plan.allowedSigners === undefined ? {} : { allowedSigners: plan.allowedSigners }),
  });
}
