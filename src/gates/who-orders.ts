import type { Person } from '../runbook/schema/world.ts';
import { nearest } from '../runbook/spelling.ts';

type People = Readonly<Record<string, Pick<Person, 'name' | 'roles'>>>;

/** Who may order a procedure: authorisers; where the runbook has none, everybody in it. By name, in its order. */
export function whoOrders(people: People): readonly string[] {
  const names = Object.keys(people);
  const authorisers = names.filter((name) => people[name]?.roles.includes('authoriser') === true);
  return authorisers.length === 0 ? names : authorisers;
}

/** Who is meant by what was said of the order, and why it is nobody who may give one. */
export type Orderer = { readonly person: string } | { readonly person?: undefined; readonly reason: string };

/** The person who ordered: as the runbook calls them or by the full name, in any case of letters. Pure. */
export function ordererOf(people: People, said: string): Orderer {
  const able = whoOrders(people);
  const wanted = said.trim().toLowerCase();
  const known = Object.entries(people).find(([name, { name: whole }]) =>
    [name, whole].some((text) => text.toLowerCase() === wanted),
  );
  if (known === undefined) {
    const near = nearest(said.trim(), able);
    const meant = near === undefined ? '' : `; did you mean '${near}'?`;
    return { reason: `'${said}' is nobody in the runbook${meant}` };
  }
  const [person, { roles }] = known;
  if (able.includes(person)) return { person };
  return { reason: `${person} is ${roles.join(' and ')}, an order needs an authoriser` };
}
