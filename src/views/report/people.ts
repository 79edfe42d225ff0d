import type { Event } from '../../events/event.ts';
import type { Plan } from '../../plan/plan.ts';
import type { ReportPerson } from './report.ts';

/** Who took part, with the roles the plan gave them, and what each of them did. */
export function peopleIn(events: readonly Event[], plan: Plan): readonly ReportPerson[] {
  const acts = new Map<string, { seq: number; text: string }[]>();
  const add = (person: string, seq: number, text: string): void => {
    acts.set(person, [...(acts.get(person) ?? []), { seq, text }]);
  };
  for (const event of events) {
    if (event.type === 'run.began' && event.data.situation !== undefined) {
      add(event.data.situation.orderedBy, event.seq, `gave the order (${event.data.situation.orderedHow})`);
    }
    const act = actOf(event);
    if (act !== undefined) add(act.person, event.seq, act.text);
    const attested = event.type === 'gate.decided' ? event.data.identity.attested : undefined;
    if (event.type === 'gate.decided' && attested !== undefined) {
      const { gate, person } = event.data;
      add(attested.by, event.seq, `attested the approval of ${gate} by ${person} over the phone`);
    }
  }
  const { people } = plan.world;
  const known = Object.entries(people).map(([person, { name, roles }]) => ({ person, name, roles }));
  const others = [...acts.keys()].filter((person) => !Object.hasOwn(people, person)).sort();
  return [...known, ...others.map((person) => ({ person, name: '', roles: [] }))].map((one) => ({
    ...one,
    acts: acts.get(one.person) ?? [],
  }));
}

function actOf(event: Event): { readonly person: string; readonly text: string } | undefined {
  switch (event.type) {
    case 'run.began':
      return { person: event.data.startedBy.person, text: 'started the run' };
    case 'gate.decided': {
      const { person, decision, gate, identity, breakGlass } = event.data;
      return {
        person,
        text: `${decision === 'approve' ? 'approved' : 'rejected'} ${gate} (${identity.strength}${breakGlass === true ? ', break-glass' : ''})`,
      };
    }
    case 'decision.made':
      return { person: event.data.person, text: `decided ${event.data.verb} for ${event.data.subject}` };
    case 'gate.renewed':
      return event.data.person === undefined
        ? undefined
        : { person: event.data.person, text: `had ${event.data.gate} shown anew` };
    case 'run.aborting':
      return { person: event.data.person, text: 'aborted the run' };
    case 'run.adopted':
      return { person: event.data.person, text: 'adopted the run from a copy' };
    case 'watch.handed':
      return { person: event.data.person, text: `handed the watch from ${event.data.from} to ${event.data.to}` };
    case 'obligation.settled':
      return { person: event.data.person, text: `settled ${event.data.id}` };
    case 'lesson.added':
      return { person: event.data.person, text: `noted lesson ${event.data.id}` };
    case 'lesson.closed':
      return { person: event.data.person, text: `closed lesson ${event.data.id}` };
    case 'word.refused':
      return { person: event.data.person, text: `was refused: ${event.data.verb} ${event.data.subject}`.trimEnd() };
    case 'note.added':
      return { person: event.data.person, text: 'added a note' };
    default:
      return undefined;
  }
}
