import { systemClock } from '../base/clock.ts';
import type { Situation } from '../events/event.ts';
import type { BeginRequest } from '../executor/executor.ts';
import type { Plan } from '../plan/plan.ts';
import type { DrillSettings, ScenarioName } from '../runbook/schema/drill.ts';
import { printableLine } from '../views/escape.ts';
import { wrap } from '../views/layout.ts';
import { createAsk } from './ask.ts';
import { driveRun } from './drive-run.ts';
import type { Io, VerbAnswer } from './io.ts';
import { askSituation } from './situation.ts';
import { starterOf, type StartOptions } from './start-run.ts';
import { openExecutor, openRunbook, resolveProcedure, withJournalMade } from './wire.ts';

export interface DrillOptions extends Omit<StartOptions, 'what' | 'since' | 'dryRun'> {
  readonly scenario: ScenarioName;
  readonly unannounced?: boolean;
}

/** What each scenario says has happened. */
const happened: Readonly<Record<ScenarioName, string>> = {
  fire: 'fire in the datacentre of production',
  water: 'water damage in the datacentre of production',
  network: 'complete loss of the network of production',
  datacentre: 'major failure of the datacentre of production',
};

/** Begins a drill of the site's activation and drives it from here. */
export async function startDrill(io: Io, options: DrillOptions): Promise<VerbAnswer> {
  const loaded = await openRunbook(io, options.site, options.runbooks);
  const plan = await resolveProcedure(loaded, 'drill');
  const starter = starterOf(plan, options.person);
  const settings = loaded.runbook.drill;
  io.stderr.write(`${io.style.attention(`EXERCISE: this is a drill of site ${plan.site}; nothing live is touched`)}\n`);
  const situation = await supposed(io, plan, { options, settings });
  const notes = settings?.scenarios[options.scenario]?.notes;
  if (notes !== undefined)
    io.stderr.write(`${wrap(printableLine(`EXERCISE, ${options.scenario}: ${notes}`), io.width, '  ').join('\n')}\n`);
  if (plan.drill?.serves === undefined)
    io.stderr.write(
      `${io.style.attention('the runbook does not say how to serve a restored copy (drill.serve): what was restored is not asked over HTTP')}\n`,
    );
  const exercise = { scenario: options.scenario, announced: options.unannounced !== true };
  const request: BeginRequest = { plan, mode: 'drill', starter, situation, exercise };
  return withJournalMade(io, options.journal, async (journal) => {
    const { executor, close } = await openExecutor(io, journal);
    try {
      const run = await executor.begin(request);
      return await driveRun(io, { journal, executor, run }, { takeover: false, wait: options.wait === true });
    } finally {
      await close();
    }
  });
}

/** The situation of the exercise: since now, with the datacentres lost that the scenario says. Asks for who ordered it. */
async function supposed(
  io: Io,
  plan: Plan,
  given: { readonly options: DrillOptions; readonly settings: DrillSettings | undefined },
): Promise<Situation> {
  const { options, settings } = given;
  const { production } = plan.world.service;
  const home = plan.world.hosts[production.host]?.datacentre ?? '';
  const lost = options.lost ?? settings?.scenarios[options.scenario]?.lost ?? [home];
  const known = {
    what: `EXERCISE: ${happened[options.scenario]}`,
    since: 'now',
    lost: lost.length === 0 ? ['none'] : lost,
    ...(options.orderedBy === undefined ? {} : { orderedBy: options.orderedBy }),
    ...(options.orderedHow === undefined ? {} : { orderedHow: options.orderedHow }),
  };
  return await askSituation(plan, known, { io, ask: createAsk(io), clock: systemClock });
}
