import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { BeginRequest } from '../executor/executor.ts';
import { peopleOfOsUser } from '../gates/people.ts';
import { currentOsUser } from '../journal/driver.ts';
import type { Plan } from '../plan/plan.ts';
import { createAsk } from './ask.ts';
import { driveRun } from './drive-run.ts';
import type { Io, VerbAnswer } from './io.ts';
import { preemptDrill } from './preempt-drill.ts';
import { askSituation, type GivenSituation } from './situation.ts';
import { openExecutor, openRunbook, resolveProcedure, withJournalMade } from './wire.ts';

export interface StartOptions extends GivenSituation {
  readonly site: string;
  readonly runbooks?: string;
  readonly journal?: string;
  readonly person?: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
}

/** Options that all procedures take; a drill has no dry run, it is the rehearsal. */
export function startOptions(command: Command, { rehearsal = true } = {}): Command {
  command
    .requiredOption('--site <name>', 'site, as its runbook is called')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .option('--person <name>', 'who you are, where your OS user stands for several people')
    .option('--wait', 'without a terminal: stay at a gate and listen, instead of parking');
  if (!rehearsal) return command;
  return command.option('--dry-run', 'read-only probes, every command shown, nothing changed anywhere');
}

/** Begins a run of a procedure and drives it from here. */
export async function startRun(io: Io, procedure: 'activation' | 'return', options: StartOptions): Promise<VerbAnswer> {
  const loaded = await openRunbook(io, options.site, options.runbooks);
  const plan = await resolveProcedure(loaded, procedure);
  const starter = starterOf(plan, options.person);
  const situation =
    procedure === 'activation'
      ? { situation: await askSituation(plan, options, { io, ask: createAsk(io), clock: systemClock }) }
      : {};
  const request: BeginRequest = { plan, mode: options.dryRun === true ? 'dry-run' : 'real', starter, ...situation };
  return withJournalMade(io, options.journal, async (journal) => {
    const { executor, close } = await openExecutor(io, journal);
    try {
      const run = await executor.begin(request);
      const givenWay = request.mode === 'real' ? preemptDrill(io, { journal, executor, site: plan.site }) : undefined;
      try {
        return await driveRun(io, { journal, executor, run }, { takeover: false, wait: options.wait === true });
      } finally {
        await givenWay;
      }
    } finally {
      await close();
    }
  });
}

/** The person at the keyboard, as the runbook knows this OS user. Throws person-unknown, person-ambiguous, person-mismatch. */
export function starterOf(plan: Plan, claimed: string | undefined): BeginRequest['starter'] {
  const osUser = currentOsUser();
  const people = peopleOfOsUser(plan.world.people, osUser);
  const identity = { strength: 'os-user', osUser } as const;
  if (claimed !== undefined) {
    if (!people.includes(claimed))
      throw new DrpError('person-mismatch', { who: `OS user '${osUser}'`, person: claimed });
    return { person: claimed, identity };
  }
  const [person, second] = people;
  if (person === undefined) throw new DrpError('person-unknown', { who: `OS user '${osUser}'` });
  if (second !== undefined) throw new DrpError('person-ambiguous', { osUser, people: people.join(', ') });
  return { person, identity };
}
