import type { Event } from '../../src/events/event.ts';

/** A kill at the commit that holds an event of this label: before it is durable, after, or some time into what follows. */
export interface Kill {
  readonly label: string;
  readonly when: 'before' | 'after' | 'during';
  /** For `during`. */
  readonly ms?: number;
}

/** Names an event by what it is about, so that the same moment has the same name in every run. */
export function labelOf(event: Pick<Event, 'type' | 'data'>): string {
  const data = event.data as Readonly<Record<string, unknown>>;
  const about = ['source', 'id', 'step', 'gate', 'subject', 'timer', 'host', 'decision', 'reason']
    .map((key) => data[key])
    .filter((value): value is string => typeof value === 'string')
    .slice(0, 2);
  // An obligation's id begins with the run's own name.
  return [event.type, ...about.map((one) => one.replace(/^[0-9a-z]{4}-[0-9a-z]{4}\./, ''))].join(' ');
}

/** Every boundary of a run: each append before and after it is durable, and into each effect at a random instant. */
export function killsOf(events: readonly Event[], random: () => number): readonly Kill[] {
  const labels = new Set(events.filter(({ type }) => type !== 'step.progressed').map(labelOf));
  return [...labels].flatMap((label): readonly Kill[] => [
    { label, when: 'before' },
    { label, when: 'after' },
    ...(label.startsWith('effect.started') ? [into(label, random), into(label, random)] : []),
  ]);
}

/** Most effects are over within a second: early instants are likelier. */
function into(label: string, random: () => number): Kill {
  return { label, when: 'during', ms: Math.floor(random() ** 2 * 1_500) };
}
