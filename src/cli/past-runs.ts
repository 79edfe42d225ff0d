import { isDrpError } from '../base/errors.ts';
import type { PastRestore, PastRuns, PastServer } from '../checks/check.ts';
import type { Event, EventOf } from '../events/event.ts';
import { runFacts } from '../executor/facts.ts';
import { readRuns } from '../journal/read-runs.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Machine } from '../steps/remote/machine.ts';
import type { ChosenBackup } from '../steps/step-kind.ts';
import type { Io } from './io.ts';
import { withJournalRead } from './wire.ts';

/** What the journal says of a site's earlier runs; undefined where there is no journal. Makes none. */
export async function readPastRuns(io: Io, site: string, journal: string | undefined): Promise<PastRuns | undefined> {
  try {
    return await withJournalRead(io, journal, async (opened) => pastRuns(await readRuns(opened, site)));
  } catch (error) {
    // A journal that was named and is not there yet is none: nothing is compared with it, and the findings say so.
    if (isDrpError(error, 'journal-missing')) return undefined;
    if (isDrpError(error)) return { trouble: error.message };
    throw error;
  }
}

interface PassedRun {
  readonly began: EventOf<'run.began'>;
  readonly kind: 'drill' | 'activation';
  readonly endedAt: string;
  readonly events: readonly Event[];
}

/** Completed drills and activations, and what they restored from. Dry runs restored nothing. Pure. */
export function pastRuns(runs: readonly (readonly Event[])[]): PastRuns {
  const passed = runs.flatMap(passedRun).toSorted((a, b) => b.endedAt.localeCompare(a.endedAt));
  const [last] = passed;
  const drill = passed.find(({ kind }) => kind === 'drill');
  return {
    restores: passed.flatMap(restoresOf),
    ...(drill === undefined ? {} : { lastPassedDrillAt: drill.endedAt }),
    ...(last === undefined
      ? {}
      : {
          rehearsed: {
            run: last.began.run,
            at: last.endedAt,
            kind: last.kind,
            plan: frozenPlan(last.began),
            servers: serversOf(last),
            machines: machinesOf(last),
          },
        }),
  };
}

function passedRun(events: readonly Event[]): readonly PassedRun[] {
  const [began] = events;
  const ended = events.findLast((event): event is EventOf<'run.ended'> => event.type === 'run.ended');
  if (began?.type !== 'run.began' || ended?.data.outcome !== 'completed') return [];
  const { mode, procedure } = began.data;
  const kind = mode === 'drill' ? 'drill' : mode === 'real' && procedure === 'activation' ? 'activation' : undefined;
  return kind === undefined ? [] : [{ began, kind, endedAt: ended.at, events }];
}

/** Servers that a dump was brought to, with the version each said it has. */
function serversOf({ began, events }: PassedRun): readonly PastServer[] {
  const plan = frozenPlan(began);
  const { outputs } = runFacts(events);
  return stepsOf(plan).flatMap(({ id, spec }) => {
    const output = outputs[id];
    const database = spec.kind === 'database' ? plan.world.databases[spec.database] : undefined;
    if (database === undefined || typeof output !== 'object' || output === null || !('serverVersion' in output))
      return [];
    const { host, address, port } = database;
    return [{ host, address, port, version: String(output.serverVersion) }];
  });
}

/** What each host was, as the last of the run's gates that looked at the hosts has it. */
function machinesOf({ events }: PassedRun): Readonly<Record<string, Machine>> {
  const seen = events.flatMap((event) =>
    event.type === 'gate.opened' ? event.data.statement.evidence.filter(({ id }) => id === 'hosts') : [],
  );
  const facts = seen.at(-1)?.facts as { readonly machines?: Readonly<Record<string, Machine>> } | undefined;
  return facts?.machines ?? {};
}

/** Copies that the run's gates approved: those it restored from. */
function restoresOf({ began, endedAt, events }: PassedRun): readonly PastRestore[] {
  const { choices } = runFacts(events);
  return Object.entries(choices).flatMap(([id, choice]) => {
    if (!id.startsWith('backup:') || typeof choice !== 'object' || choice === null) return [];
    const { backup, host, bytes, files } = choice as unknown as ChosenBackup;
    return [{ run: began.run, at: endedAt, backup, host, bytes, files }];
  });
}
