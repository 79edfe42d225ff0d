import { canonicalJson } from '../events/canonical.ts';
import type { Event } from '../events/event.ts';
import type { Plan } from '../plan/plan.ts';
import { hostsNotLost, type Driving } from './driving.ts';

/** Copies are a second record, not a condition: after this the run goes on with those that answered, ms. */
const withinMs = 2_000;

/**
 * Appends the events so far to the copies on the run's hosts, before something that changes the world is let loose. Best
 * effort: what answers in time is counted and journalled; with none reachable the run goes on. Hosts declared lost are left out.
 */
export async function keepWitnesses(driving: Driving, signal: AbortSignal): Promise<void> {
  const { log, reach, witnessed, deps } = driving;
  const { plan } = log;
  // An exercise writes nowhere but on the hosts of its isolated target.
  const hosts = hostsNotLost(log).filter((host) => plan.drill === undefined || host in plan.drill.roots);
  if (hosts.length === 0) return;
  const upToSeq = log.events.length;
  const name = witnessName(log.began.run, log.run.lineage);
  const linesAfter = async (from: number): Promise<readonly string[]> => {
    const lines = await deps.journal.lines(log.began.run, from);
    return witnessLines(log.events.slice(from, upToSeq), lines.slice(0, upToSeq - from), plan);
  };
  // What all of them lack: the rest of the record is not read again for each step.
  const missing = Math.min(...hosts.map((host) => witnessed.get(host) ?? 0));
  const news = await linesAfter(missing);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const keptOn = async (host: string): Promise<boolean> => {
    // A copy that is shorter than believed (a host made anew) is given all of it.
    for (const from of new Set([witnessed.get(host) ?? 0, 0])) {
      const lines = from >= missing ? news.slice(from - missing) : await linesAfter(from);
      const there = await reach.witness.append(host, { name, from, lines }, deadline);
      witnessed.set(host, there);
      if (there >= upToSeq) return true;
    }
    return false;
  };
  const kept = await Promise.all(
    hosts.map((host) =>
      Promise.race([
        // Whatever stands in its way: the run does not wait for a copy.
        keptOn(host).catch(() => false),
        new Promise<false>((resolve) => {
          deadline.addEventListener('abort', () => resolve(false), { once: true });
        }),
      ]),
    ),
  );
  signal.throwIfAborted();
  log.note({
    type: 'witness.kept',
    by: 'drp',
    data: {
      upToSeq,
      hosts: hosts.filter((_, index) => kept[index]),
      missed: hosts.filter((_, index) => !kept[index]),
    },
  });
}

/** Name of the copy of a run; an adopted run has its own beside that of the original, whose lost end stays readable. */
export function witnessName(run: string, lineage: string): string {
  return lineage === '' ? run : `${run}-${lineage}`;
}

/**
 * The record as it may lie on hosts: the exact stored lines, but a line that holds a contact of a person or a desk's mail
 * address is stood for by its hash alone. The chain still verifies: each line carries the hash of the one before.
 */
export function witnessLines(events: readonly Event[], lines: readonly string[], plan: Plan): readonly string[] {
  const contacts = contactsOf(plan);
  return lines.map((line, index) => {
    const event = events[index];
    if (event === undefined || !contacts.some((contact) => line.includes(contact))) return line;
    return canonicalJson({ withheld: event.seq, hash: event.hash });
  });
}

function contactsOf(plan: Plan): readonly string[] {
  const people = Object.values(plan.world.people).flatMap(({ contact }) => contact ?? []);
  const desks = Object.values(plan.world.desks).flatMap((desk) =>
    desk.kind === 'smtp' ? [desk.from, ...desk.to] : [],
  );
  // As they are spelt inside a line of JSON.
  return [...people, ...desks].map((contact) => JSON.stringify(contact).slice(1, -1)).filter((text) => text !== '');
}
