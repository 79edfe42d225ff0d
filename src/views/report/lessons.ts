import type { Event } from '../../events/event.ts';
import type { Lesson } from './report.ts';

/** Lessons of a run, in the order they were noted. */
export function lessonsIn(events: readonly Event[]): readonly Lesson[] {
  const found = new Map<string, Lesson>();
  for (const event of events) {
    if (event.type === 'lesson.added') {
      const { id, text, owner, dueAt, person } = event.data;
      found.set(id, { id, text, owner, dueAt, by: person, seq: event.seq });
    }
    if (event.type !== 'lesson.closed') continue;
    const { id, person, reason } = event.data;
    const lesson = found.get(id);
    if (lesson !== undefined)
      found.set(id, { ...lesson, closed: { at: event.at, by: person, reason, seq: event.seq } });
  }
  return [...found.values()];
}
