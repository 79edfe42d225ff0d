import type { EventOf } from './event.ts';

/** Why a step that was cancelled does not run any more, in words. */
export function cancelledText({ person, reason }: EventOf<'decision.made'>['data']): string {
  return `stopped by ${person}: ${reason}`;
}
