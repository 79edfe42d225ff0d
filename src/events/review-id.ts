import type { EventOf } from './event.ts';

type Answer = Pick<EventOf<'gate.decided'>['data'], 'gate' | 'attempt' | 'person'>;

/** Name of the obligation to look again at an answer that was given aside from the ordinary policy. */
export function reviewId(run: string, { gate, attempt, person }: Answer): string {
  return `${run}.review.${gate}.${attempt}.${person}`;
}
