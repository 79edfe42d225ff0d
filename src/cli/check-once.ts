import { memoryFile, readMemory, writeMemory } from '../checks/memory-file.ts';
import { probesOf } from '../checks/probes.ts';
import { runChecks } from '../checks/run-checks.ts';
import { remember } from '../checks/since.ts';
import type { CheckReport } from '../checks/verdict.ts';
import type { LoadedRunbook } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import { showProgress } from './check-progress.ts';
import type { Io } from './io.ts';
import { readPastRuns } from './past-runs.ts';
import { resolveProcedures } from './procedures.ts';
import { openCheck, openRunbook } from './wire.ts';

/** What one check is asked. */
export interface CheckQuestion {
  readonly site: string;
  readonly runbooks?: string;
  readonly journal?: string;
  readonly lost: readonly string[];
  readonly only?: string;
  /** Folder of the user's state, where checks remember since when things are as they are. */
  readonly stateFolder: string;
}

/**
 * Looks once at everything, over connections of its own: logins that were refused an hour ago bar none now. What it saw,
 * and which copies it read whole, is remembered; what would be without a datacentre is not. `troubles`: what went wrong beside the findings.
 */
export async function checkOnce(
  io: Io,
  question: CheckQuestion,
  signal: AbortSignal,
): Promise<{ readonly report: CheckReport; readonly troubles: readonly string[] }> {
  const { site, lost, only, stateFolder } = question;
  const loaded = await openRunbook(io, site, question.runbooks);
  const file = await memoryFile(stateFolder, { site, file: loaded.file });
  const [plans, past, { memory, trouble: unread }] = await Promise.all([
    plansOf(loaded),
    readPastRuns(io, site, question.journal),
    readMemory(file, site),
  ]);
  const { context, close } = await openCheck(io, loaded, {
    lost,
    signal,
    ...(plans === undefined ? {} : { plans }),
    ...(past === undefined ? {} : { past }),
    ...(memory.whole === undefined ? {} : { readings: memory.whole }),
  });
  const progress = showProgress(io);
  try {
    const report = await runChecks(probesOf(loaded.runbook), context, {
      onProgress: progress.onProgress,
      ...(only === undefined ? {} : { only }),
    });
    if (lost.length > 0) return { report, troubles: [] };
    const dated = remember(memory, report.findings, report.at);
    const unwritten = await writeMemory(file, { ...dated.memory, whole: context.surveys.readings() });
    const troubles = [unread, unwritten].filter((text) => text !== undefined);
    return { report: { ...report, findings: dated.findings }, troubles };
  } finally {
    progress.end();
    await close();
  }
}

/** Both procedures as a run would freeze them; undefined where the runbook does not resolve: other verbs say why. */
async function plansOf(loaded: LoadedRunbook): Promise<readonly Plan[] | undefined> {
  try {
    return await resolveProcedures(loaded, undefined, { onSigners: () => undefined });
  } catch {
    return undefined;
  }
}
