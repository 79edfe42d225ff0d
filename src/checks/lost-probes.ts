import { formatDuration } from '../base/duration.ts';
import { chooseBackups, type BackupChoice } from '../plan/backups.ts';
import { planDuration } from '../plan/critical-path.ts';
import { isStraightOn, phasesInOrder, stepsOf } from '../plan/phases.ts';
import type { Plan } from '../plan/plan.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import { surveyPatienceMs } from './backups/surveys.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { partsOnlyIn } from './own-probes.ts';
import { absent } from './people-probes.ts';

/**
 * A recovery as it would go without the datacentres taken as lost: what would be missing, how long it would take, and what
 * drp itself would miss. Finds nothing where none is lost.
 */
export function lostProbes(): readonly Probe[] {
  const probe = (id: string, find: (context: CheckContext) => readonly Finding[]): Probe => ({
    id,
    subject: 'recovery',
    run: (context) => Promise.resolve(context.lost.length === 0 ? [] : find(context)),
  });
  return [
    probe('lost.side', ({ runbook, lost }) => [sideLeft(runbook, lost)]),
    {
      id: 'lost.data',
      subject: 'recovery',
      patienceMs: surveyPatienceMs,
      run: async (context) => (context.lost.length === 0 ? [] : await dataLeft(context)),
    },
    probe('lost.time', ({ runbook, lost, plans }) => timeNeeded(runbook, lost, plans ?? [])),
    probe('lost.desks', ({ runbook, lost, plans }) => [desksLeft(runbook, lost, plans ?? [])]),
    probe('lost.people', (context) => [peopleLeft(context)]),
    probe('lost.drp', ({ runbook, lost }) => [drpLeft(runbook, lost)]),
  ];
}

/** Where users would be sent. Pure. */
export function sideLeft(runbook: Runbook, lost: readonly string[]): Finding {
  const say = findingFor('lost.side', 'recovery');
  const [production, recovery] = [placeOf(runbook, 'production'), placeOf(runbook, 'recovery')];
  const [here, there] = [!lost.includes(production), !lost.includes(recovery)];
  if (here && there) return say.ok(`production stays: it is in ${production}`);
  if (there) return say.ok(`users go to ${runbook.service.recovery.host} in ${recovery}`);
  if (here) {
    const advice = `Until ${recovery} is back, nothing stands behind ${production}: have a third place in mind.`;
    return say.warn(`production stays, in ${production}, and there is nowhere to recover to`, { advice });
  }
  const advice = 'There is nowhere to recover to: a third place is needed against this loss.';
  return say.fail(`both sides are gone: ${[...new Set([production, recovery])].join(', ')}`, { advice });
}

function placeOf(runbook: Runbook, side: 'production' | 'recovery'): string {
  return runbook.hosts[runbook.service[side].host]?.datacentre ?? '';
}

/** Which copies would be taken now, and what is lost with the others: the question of the restoration gate. */
async function dataLeft(context: CheckContext): Promise<readonly Finding[]> {
  const { runbook, lost, clock } = context;
  if (Object.keys(runbook.backups).length === 0) return [];
  const surveys = await context.surveys.all(context.signal);
  const choices = chooseBackups({ world: runbook, surveys, lost, sinceAt: clock.nowIso() });
  // While production stays, nothing is lost: told is only which copies would be left, and how old.
  if (!lost.includes(placeOf(runbook, 'production'))) {
    return choices.choices.map((choice) => copyLeft(choice, clock.nowMs()));
  }
  const { skewMs, within } = choices;
  const skew = findingFor('lost.skew', 'recovery');
  const threshold = `may be ${formatDuration(runbook.objectives.skewMs)} apart`;
  const advice = 'Have files and database copied closer to each other, to places that are not lost together.';
  return [
    ...choices.choices.map(lossFinding),
    ...(skewMs === undefined
      ? []
      : within.skew
        ? [skew.ok(`files and database ${formatDuration(skewMs)} apart`, { threshold })]
        : [skew.fail(`files and database ${formatDuration(skewMs)} apart`, { threshold, advice })]),
  ];
}

function copyLeft({ backup, kind, chosen }: BackupChoice, nowMs: number): Finding {
  const say = findingFor('lost.data', backup);
  if (chosen === undefined) {
    const advice = 'Keep copies where they are not lost with it.';
    return say.fail(`production stays, and no fit copy would be left of ${kind}`, { advice });
  }
  const age = formatDuration(nowMs - Date.parse(chosen.takenAt));
  return say.ok(`production stays; the newest copy left of ${kind} is ${age} old, on ${chosen.host}`);
}

function lossFinding(choice: BackupChoice): Finding {
  const say = findingFor('lost.data', choice.backup);
  const { chosen, lossMs = 0, objectiveMs } = choice;
  const threshold = `${formatDuration(objectiveMs)} may be lost`;
  if (chosen === undefined) {
    const advice = 'Keep copies where they are not lost with it.';
    return say.fail(`no fit copy would be left of ${choice.kind}`, { threshold, advice });
  }
  const metrics = [{ name: 'loss_seconds', value: Math.round(lossMs / 1000), fail: Math.round(objectiveMs / 1000) }];
  const found = `${formatDuration(lossMs)} of ${choice.kind === 'files' ? 'files' : 'rows'} lost tonight, with the copy of ${chosen.takenAt.replace(':00.000Z', 'Z')} on ${chosen.host}`;
  if (lossMs <= objectiveMs) return say.ok(found, { threshold, metrics });
  const advice = `Have every copy in two datacentres: the newest ones would burn, or none was made in time.`;
  return say.fail(found, { threshold, metrics, advice });
}

/** The critical path without people's time, and steps that need a host that is gone. Pure. */
export function timeNeeded(runbook: Runbook, lost: readonly string[], plans: readonly Plan[]): readonly Finding[] {
  const plan = plans.find(({ procedure }) => procedure === 'activation');
  // Without a place to recover to there is no activation to ask about.
  if (plan === undefined || lost.includes(placeOf(runbook, 'recovery'))) return [];
  const { expectMs, unknown } = planDuration(plan);
  const { rtoMs } = runbook.objectives;
  const time = findingFor('lost.time', 'activation');
  const words = {
    threshold: `RTO ${formatDuration(rtoMs)}`,
    metrics: [{ name: 'expected_seconds', value: Math.round(expectMs / 1000), fail: Math.round(rtoMs / 1000) }],
  };
  const found = `${formatDuration(expectMs)} of work on the critical path${unknown.length === 0 ? '' : `, and ${String(unknown.length)} steps that say no duration`}; people's time comes on top`;
  const advice = 'Shorten the critical path (drp plan shows it), or promise more time.';
  // A fence goes on without hosts that are gone; nothing else of an activation may need them.
  const straight = phasesInOrder(plan).filter(isStraightOn);
  const stuck = stepsOf(plan).filter(
    ({ phase, spec, hosts }) =>
      straight.includes(phase) &&
      spec.kind !== 'fence' &&
      hosts.some((host) => lost.includes(runbook.hosts[host]?.datacentre ?? '')),
  );
  const steps = findingFor('lost.steps', 'activation');
  const needed = stuck.map(({ id, hosts }) => `${id} (${hosts.join(', ')})`).join(', ');
  return [
    expectMs <= rtoMs ? time.ok(found, words) : time.fail(found, { ...words, advice }),
    stuck.length === 0
      ? steps.ok('no step but fencing needs a host that is gone')
      : steps.fail(`need a host that is gone: ${needed}`, { advice: 'Have these steps work without it.' }),
  ];
}

/** Who would hear of it. Pure. */
export function desksLeft(runbook: Runbook, lost: readonly string[], plans: readonly Plan[]): Finding {
  const say = findingFor('lost.desks', 'recovery');
  const gone = Object.keys(runbook.desks).filter((name) => lost.includes(runbook.desks[name]?.datacentre ?? ''));
  const unheard = plans
    .filter(({ procedure }) => procedure === 'activation')
    .flatMap((plan) =>
      stepsOf(plan).flatMap(({ id, spec }) =>
        spec.kind === 'ticket' && spec.desks.every((desk) => gone.includes(desk)) ? [id] : [],
      ),
    );
  const left = Object.keys(runbook.desks).filter((name) => !gone.includes(name));
  if (unheard.length > 0) {
    const advice = 'Have each message go to a desk elsewhere, too; on the day it is shown to paste, and stays owed.';
    return say.fail(`${gone.join(', ')} gone: nobody hears of ${unheard.join(', ')}`, { advice });
  }
  if (gone.length === 0) return say.ok(`all stay: ${left.join(', ')}`);
  return say.ok(`${gone.join(', ')} gone; every message still goes to ${left.join(', ')}`);
}

/** Who may be out of reach; what that means for gates is said by people.gate. */
function peopleLeft(context: CheckContext): Finding {
  const say = findingFor('lost.people', 'recovery');
  const gone = absent(context);
  const left = Object.keys(context.runbook.people).filter((name) => !gone.includes(name));
  if (gone.length === 0) return say.ok(`nobody works there by the runbook: ${left.join(', ')} stay`);
  return say.ok(`${gone.join(', ')} may be out of reach, ${left.join(', ')} stay: see people.gate`);
}

/** What drp itself would miss. Pure. */
export function drpLeft(runbook: Runbook, lost: readonly string[]): Finding {
  const say = findingFor('lost.drp', 'recovery');
  const place = runbook.own?.datacentre;
  if (place === undefined) {
    const advice = 'Say where the machine stands that drp runs on: own.datacentre.';
    return say.unknown('the runbook does not say where drp runs', { advice });
  }
  if (!lost.includes(place)) return say.ok(`the machine of drp stays, with the journal, in ${place}`);
  const missing = partsOnlyIn(runbook, lost);
  if (missing.length > 0) {
    const advice = 'Keep copies elsewhere, and name them in the runbook: own.copies.';
    return say.fail(`gone with ${place}, and no copy elsewhere: ${missing.join(', ')}`, { advice });
  }
  return say.ok(`gone with ${place}; copies of all parts of drp are elsewhere`);
}
