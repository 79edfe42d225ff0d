import { stepsOf } from '../plan/phases.ts';
import type { Plan } from '../plan/plan.ts';
import type { DeskRights } from '../providers/providers.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { secretFinding } from './secret-finding.ts';

/** Ticket systems and mail servers: whether they would take tonight's messages, and whether they would still be there. */
export function deskProbes(runbook: Runbook): readonly Probe[] {
  return Object.entries(runbook.desks).flatMap(([name, desk]): readonly Probe[] => [
    {
      id: 'desk.rights',
      subject: name,
      ...(desk.datacentre === undefined ? {} : { datacentre: desk.datacentre }),
      run: async (context) => [await rights(context, name)],
    },
    {
      id: 'desk.place',
      subject: name,
      run: ({ runbook: now, plans }) => Promise.resolve([deskPlace(now, name, plans ?? [])]),
    },
  ]);
}

async function rights(context: CheckContext, name: string): Promise<Finding> {
  const say = findingFor('desk.rights', name);
  const desk = context.runbook.desks[name];
  if (desk === undefined) return say.skipped('the runbook has no such desk');
  let answer: DeskRights;
  try {
    const { inspect } = await context.providers.desk(desk, context.secret);
    answer = await inspect(context.signal);
  } catch (thrown) {
    return secretFinding('desk.rights', name, thrown);
  }
  switch (answer.kind) {
    case 'proven':
      return say.ok(answer.how);
    case 'untestable':
      return say.ok(answer.how);
    case 'silent': {
      const advice = `See that ${name} is up and can be reached from here; a recovery goes on without it, and owes the message.`;
      return say.fail(answer.reason, { advice, outOfReach: true });
    }
    case 'refused': {
      const advice = {
        login: `Check user, token or password of desk '${name}' in the runbook, and that they have not run out.`,
        queue: `Create the queue, or give the user of desk '${name}' the rights to see it and to make tickets in it.`,
        recipient: `Check the addresses of desk '${name}': the crisis team would not hear of the recovery.`,
      }[answer.what];
      return say.fail(answer.reason, { advice });
    }
  }
}

/** A desk that burns with production tells nobody about the fire. Pure. */
export function deskPlace(runbook: Runbook, name: string, plans: readonly Plan[]): Finding {
  const say = findingFor('desk.place', name);
  const production = runbook.hosts[runbook.service.production.host]?.datacentre ?? '';
  const place = runbook.desks[name]?.datacentre;
  const threshold = `not in ${production}, where production is`;
  if (place === undefined) {
    const advice = `Say where it stands: desks.${name}.datacentre.`;
    return say.warn('the runbook does not say where it stands', { threshold, advice });
  }
  if (place !== production) return say.ok(`in ${place}`, { threshold });
  const outside = (desk: string): boolean => {
    const where = runbook.desks[desk]?.datacentre;
    return where !== undefined && where !== production;
  };
  const unheard = plans.flatMap((plan) =>
    stepsOf(plan).flatMap(({ id, spec }) =>
      spec.kind === 'ticket' && spec.desks.includes(name) && !spec.desks.some(outside) ? [id] : [],
    ),
  );
  const found = `in ${place}, with production`;
  const advice = `Have the messages go to a desk elsewhere, too.`;
  if (unheard.length === 0) return say.warn(`${found}; other desks take the same messages`, { threshold, advice });
  return say.fail(`${found}; nobody would hear of ${[...new Set(unheard)].join(', ')}`, { threshold, advice });
}
