import { keysOfPerson } from '../gates/people.ts';
import { whoCan, type MayRow } from '../gates/who-can.ts';
import type { Plan } from '../plan/plan.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';

const dayMs = 86_400_000;
/** A new key takes days: to make, to bring to the other side safely, to sign in. */
const keyWarnDays = 30;
const keyFailDays = 7;

/** Who could pass each gate tonight, and whose keys run out. */
export function peopleProbes(runbook: Runbook): readonly Probe[] {
  return [
    { id: 'people.gate', subject: 'gates', run: (context) => Promise.resolve(gateFindings(context)) },
    ...Object.keys(runbook.people).map((person): Probe => ({
      id: 'people.key',
      subject: person,
      run: (context) => Promise.resolve(keyFindings(context, person)),
    })),
  ];
}

function gateFindings(context: CheckContext): readonly Finding[] {
  const { plans, runbook } = context;
  if (plans === undefined) {
    const advice = `See what is wrong with the runbook: drp plan --site ${runbook.site}.`;
    return [findingFor('people.gate', 'gates').unknown('no procedure can be planned', { advice })];
  }
  const unread = unreadSigners(context);
  if (unread !== undefined) return [unread];
  return plans.flatMap((plan) => gatesOfPlan(plan, context.clock.nowIso(), absent(context)));
}

/** People who work in a lost datacentre: nobody knows whether they can be reached. */
export function absent({ runbook, lost }: Pick<CheckContext, 'runbook' | 'lost'>): readonly string[] {
  return Object.keys(runbook.people).filter((name) => lost.includes(runbook.people[name]?.datacentre ?? ''));
}

/** One finding a gate: nobody who can pass it, exactly as many as it takes, or more. Pure. */
export function gatesOfPlan(plan: Plan, at: string, without: readonly string[]): readonly Finding[] {
  const people = Object.fromEntries(Object.entries(plan.world.people).filter(([name]) => !without.includes(name)));
  const { gates } = whoCan({ ...plan, world: { ...plan.world, people } }, at);
  return gates.map((row) => gateFinding(plan, row, without));
}

function gateFinding({ procedure, site }: Plan, row: MayRow, without: readonly string[]): Finding {
  const say = findingFor('people.gate', `${procedure} ${row.what}`);
  const able = row.people.filter(({ may }) => may !== 'no').map(({ person }) => person);
  const barred = row.people
    .filter(({ may, why }) => may === 'no' && why.startsWith('has '))
    .map(({ person, why }) => `${person} ${why}`);
  const threshold = `${row.needs}, and one person to spare`;
  const metrics = [
    { name: 'people_count', value: able.length, warn: row.approvals + 1, fail: row.approvals, least: true as const },
  ];
  const left = without.length === 0 ? '' : ` without ${without.join(', ')}`;
  const why = barred.length === 0 ? '' : `; ${barred.join('; ')}`;
  const found = able.length === 0 ? `nobody can pass it${left}${why}` : `${able.join(', ')} can pass it${left}${why}`;
  const advice = `Give another person the role or the key it asks for, before somebody is on a plane: drp who-can --site ${site}`;
  if (!row.enough) return say.fail(found, { threshold, metrics, advice });
  return able.length > row.approvals
    ? say.ok(found, { threshold, metrics })
    : say.warn(`only ${found}`, { threshold, metrics, advice });
}

/** Said once: without the file nothing is known of anybody's keys. A plan that could not read it has its name in the place of its text. */
function unreadSigners({ runbook, plans }: CheckContext): Finding | undefined {
  const { allowedSigners } = runbook;
  if (allowedSigners === undefined || plans?.some((plan) => plan.allowedSigners !== allowedSigners) === true) {
    return undefined;
  }
  const advice = `See that ${allowedSigners} can be read here: without it no signature counts.`;
  return findingFor('people.signers', allowedSigners).fail('the file of allowed signers cannot be read', { advice });
}

function keyFindings(context: CheckContext, person: string): readonly Finding[] {
  const { runbook, plans, clock } = context;
  const say = findingFor('people.key', person);
  if (unreadSigners(context) !== undefined) return [];
  const allowedSigners = plans?.[0]?.allowedSigners;
  const people = { people: runbook.people, at: clock.nowIso() };
  const keys = keysOfPerson(person, allowedSigners === undefined ? people : { ...people, allowedSigners });
  if (keys.length === 0) return [];
  const good = keys.filter(({ invalid }) => invalid === undefined);
  const advice = `Have ${person} make a new key, and add it to ${runbook.allowedSigners ?? 'the runbook'}.`;
  if (good.length === 0) {
    const why = keys[0]?.invalid ?? 'it is not good';
    return [say.fail(`${person} has no good key: ${why}`, { threshold: `${String(keyWarnDays)} days left`, advice })];
  }
  // With several keys the one that lasts longest counts.
  const untilMs = Math.max(...good.map(({ validBeforeMs }) => validBeforeMs ?? Infinity));
  const count = good.length === 1 ? 'one key' : `${String(good.length)} keys`;
  if (untilMs === Infinity) return [say.ok(`${count}, without an end`)];
  const days = Math.floor((untilMs - clock.nowMs()) / dayMs);
  const words = {
    threshold: `${String(keyWarnDays)} days left (${String(keyFailDays)}: red)`,
    metrics: [{ name: 'left_days', value: days, warn: keyWarnDays, fail: keyFailDays, least: true as const }],
  };
  const found = `${count}, good until ${new Date(untilMs).toISOString().slice(0, 10)} (${String(days)} days)`;
  if (days >= keyWarnDays) return [say.ok(found, words)];
  return [days >= keyFailDays ? say.warn(found, { ...words, advice }) : say.fail(found, { ...words, advice })];
}
