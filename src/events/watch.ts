import type { Event } from './event.ts';

/** Who leads a run, since when, and from whom the lead came. */
export interface Watch {
  readonly person: string;
  readonly sinceAt: string;
  readonly from?: string;
  readonly note?: string;
}

/** The lead of the watch: who started the run, who adopted it, or to whom it was handed last. */
export function watchOf(events: readonly Event[]): Watch | undefined {
  let watch: Watch | undefined;
  for (const event of events) {
    if (event.type === 'run.began') watch = { person: event.data.startedBy.person, sinceAt: event.at };
    if (event.type === 'run.adopted') watch = { person: event.data.person, sinceAt: event.at };
    if (event.type === 'watch.handed') {
      const { to, from, reason } = event.data;
      watch = { person: to, sinceAt: event.at, from, note: reason };
    }
  }
  return watch;
}
