import { isDrpError } from '../base/errors.ts';
import type { Executor } from '../executor/executor.ts';
import type { Journal } from '../journal/journal.ts';
import type { Io } from './io.ts';
import { tell } from './tell.ts';

/** A drill that nobody drives has this long to stop what runs of it, ms; what is left is found when it is resumed. */
const giveWayMs = 120_000;

/**
 * Lets a drill of the site give way to the real run that has just begun. One that is driven sees it by itself; one that is
 * parked, or whose driver died, is driven here until what runs of it has been stopped. Never throws, and never holds up the run.
 */
export async function preemptDrill(
  io: Io,
  given: { readonly journal: Journal; readonly executor: Executor; readonly site: string },
): Promise<void> {
  const { journal, executor, site } = given;
  const drill = await journal.claimant(site, 'drill');
  if (drill === undefined) return;
  tell(
    io,
    io.style.attention(`drill ${drill} gives way; its clean-up is owed: drp resume --run ${drill}, when there is time`),
  );
  const gone = new AbortController();
  // Its own driver may have left just now: then only its clean-up is ahead, and that waits for people, not in this process.
  const leaveAtGate = async (): Promise<void> => {
    const events = await journal.read(drill);
    if (events.some(({ type }) => type === 'run.preempted')) gone.abort(new Error('the drill has given way'));
  };
  try {
    await executor.drive(drill, {
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(giveWayMs)]),
      words: { next: () => new Promise(() => undefined) },
      onUpdate: () => undefined,
      onWaiting: (waiting, working) => {
        if (waiting.length > 0 && working === 0) void leaveAtGate().catch(() => undefined);
      },
      whenOnlyPeople: 'listen',
    });
  } catch (error) {
    // Its driver lives: it sees the real run itself.
    if (isDrpError(error, 'lease-held')) return;
    io.stderr.write(
      `drill ${drill} could not be stopped from here: ${String(error instanceof Error ? error.message : error)}\n`,
    );
  }
}
