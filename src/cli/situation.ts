import type { Clock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { Situation } from '../events/event.ts';
import { ordererOf, whoOrders } from '../gates/who-orders.ts';
import type { Plan } from '../plan/plan.ts';
import type { Ask } from './ask.ts';
import type { Io } from './io.ts';
import { parseSince } from './since.ts';

/** What was given on the command line. */
export interface GivenSituation {
  readonly what?: string;
  readonly since?: string;
  readonly lost?: readonly string[];
  readonly orderedBy?: string;
  readonly orderedHow?: string;
}

interface Deps {
  readonly io: Io;
  readonly ask: Ask;
  readonly clock: Clock;
}

interface Fact {
  readonly option: string;
  readonly message: string;
  readonly given: string | undefined;
  /** Why a text will not do. */
  readonly refuse: (text: string) => string | undefined;
  /** The error where it was given; absent: wrong-usage. */
  readonly error?: (reason: string) => DrpError;
  /** What is kept of a text that will do: taken when it is said, whatever is asked afterwards. Absent: the text. */
  readonly keep?: (text: string) => string;
}

/**
 * The situation an activation begins with: what was not given is asked for. Throws facts-missing where nobody can be
 * asked, wrong-usage where what was given will not do, order-not-theirs where somebody is named who may not order, and
 * nothing-to-do where the person leaves.
 */
export async function askSituation(plan: Plan, given: GivenSituation, deps: Deps): Promise<Situation> {
  const facts = factsWanted(plan, given, deps.clock);
  for (const { option, given: text, refuse, error } of facts) {
    const wrong = text === undefined ? undefined : refuse(text);
    if (wrong === undefined) continue;
    if (error !== undefined) throw error(wrong);
    const command = plan.procedure === 'drill' ? 'drill' : 'activate';
    throw new DrpError('wrong-usage', { what: `${option}: ${wrong}`, command });
  }
  const missing = facts.filter((fact) => fact.given === undefined);
  if (missing.length > 0 && !deps.io.interactive) {
    throw new DrpError('facts-missing', {
      what: missing.map((fact) => fact.message.replace(/ \(.*$/, '').replace(/\?$/, '')).join('; '),
      options: missing.map((fact) => fact.option).join(', '),
    });
  }
  const [what = '', since = '', lost = '', orderedBy = '', orderedHow = ''] = await answers(facts, deps.ask);
  return {
    what,
    sinceAt: since,
    lost: lostList(lost),
    orderedBy: ordererOf(plan.world.people, orderedBy).person ?? orderedBy,
    orderedHow,
  };
}

function factsWanted(plan: Plan, given: GivenSituation, clock: Clock): readonly Fact[] {
  const datacentres = Object.keys(plan.world.datacentres);
  const { people } = plan.world;
  const able = whoOrders(people);
  const orderers = able.map((name) => `${name} (${people[name]?.name ?? ''})`).join(', ');
  const some = (text: string) => (text.length >= 3 ? undefined : 'a few words are needed: they go into the record');
  return [
    { option: '--what', message: 'What happened? (e.g. fire in the machine room)', given: given.what, refuse: some },
    {
      option: '--since',
      message: "Since when? (now, '10m ago', or 2026-11-21T14:03Z)",
      given: given.since,
      refuse: (text) =>
        parseSince(text, clock.nowMs()) === undefined
          ? "expected now, '10m ago' or e.g. 2026-11-21T14:03Z, not in the future"
          : undefined,
      keep: (text) => parseSince(text, clock.nowMs()) ?? '',
    },
    {
      option: '--lost',
      message: `Which datacentres are lost? (of ${datacentres.join(', ')}; or none)`,
      given: given.lost?.join(','),
      refuse: (text) => {
        if (text === '') return 'say which, or none';
        const names = lostList(text);
        if (names.includes('none')) return "'none' stands alone: no other datacentre beside it";
        const unknown = names.filter((name) => !datacentres.includes(name));
        if (unknown.length > 0)
          return `'${unknown.join(', ')}' is no datacentre of the runbook: expected ${datacentres.join(', ')} or none`;
        return recoveryLost(plan, names);
      },
    },
    {
      option: '--ordered-by',
      message: `Who ordered the ${plan.procedure}? (who may: ${orderers})`,
      given: given.orderedBy,
      refuse: (text) => {
        const orderer = ordererOf(people, text);
        return orderer.person === undefined ? orderer.reason : undefined;
      },
      error: (reason) =>
        new DrpError('order-not-theirs', {
          procedure: plan.procedure,
          site: plan.site,
          reason,
          able: able.join(' or '),
        }),
    },
    {
      option: '--ordered-how',
      message: 'How did the order come? (e.g. called back on the number in the contract)',
      given: given.orderedHow,
      refuse: some,
    },
  ];
}

async function answers(facts: readonly Fact[], ask: Ask): Promise<readonly string[]> {
  const keep = ({ keep: kept }: Fact, text: string): string => kept?.(text) ?? text;
  // Options were said when the command was typed, not when the last question is answered.
  const given = facts.map((fact) => (fact.given === undefined ? undefined : keep(fact, fact.given)));
  const texts: string[] = [];
  for (const [index, fact] of facts.entries()) {
    const known = given[index];
    if (known !== undefined) {
      texts.push(known);
      continue;
    }
    const answer = await ask.question({ message: fact.message, refuse: fact.refuse, pasteAllowed: true });
    if (answer.kind !== 'typed') {
      throw new DrpError('nothing-to-do', { what: 'left before anything began', advice: 'Nothing was done.' });
    }
    texts.push(keep(fact, answer.text));
  }
  return texts;
}

/** Why these datacentres cannot be declared lost: nobody could pass the first gate of such a run. Undefined: they can. */
export function recoveryLost({ world }: Plan, lost: readonly string[]): string | undefined {
  const { host } = world.service.recovery;
  const datacentre = world.hosts[host]?.datacentre ?? '';
  if (!lost.includes(datacentre)) return undefined;
  return `'${datacentre}' is where users would be sent (host '${host}'): nothing can be recovered to what is lost`;
}

function lostList(text: string): readonly string[] {
  const names = text
    .split(/[,\s]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 1 && names[0] === 'none' ? [] : names;
}
