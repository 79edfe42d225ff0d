import { untilAborted } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { isDrpError, toError } from '../base/errors.ts';
import { createSlots } from '../transports/slots.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { judgeOwnClock } from './own-clock.ts';
import type { CheckReport } from './verdict.ts';

/** How long a probe may take that says nothing about it. */
const standardPatienceMs = 60_000;
/** Probes at work at once. Connections have their own, tighter limits. */
const atOnce = 256;

/** How much is looked at, and who hears how far it is. */
export interface CheckOptions {
  /** Only findings whose probe's name begins so. */
  readonly only?: string;
  /** Told whenever a probe has ended, and once at the beginning. */
  readonly onProgress?: (progress: CheckProgress) => void;
}

/** How far a check is. */
export interface CheckProgress {
  readonly done: number;
  readonly total: number;
  /** `PROBE SUBJECT` of those still looking. */
  readonly waiting: readonly string[];
}

/**
 * Looks at everything side by side and gathers what was found, in the order of the probes. Never rejects for what a
 * probe does: one that throws, or takes longer than its patience, is `unknown`. Rejects only when the signal is aborted.
 */
export async function runChecks(
  probes: readonly Probe[],
  context: CheckContext,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const { only } = options;
  const at = context.clock.nowIso();
  const startedMs = context.clock.nowMs();
  const slots = createSlots(atOnce);
  const wanted = only === undefined ? probes : probes.filter((probe) => mayFind(probe, only));
  const waiting = new Set(wanted);
  const tell = (): void =>
    options.onProgress?.({
      done: wanted.length - waiting.size,
      total: wanted.length,
      waiting: [...waiting].map(({ id, subject }) => `${id} ${subject}`),
    });
  tell();
  const found = await Promise.all(
    wanted.map(async (probe) => {
      const leave = await slots.enter(context.signal);
      try {
        return narrowed(await lookAt(probe, context), only);
      } finally {
        leave();
        waiting.delete(probe);
        tell();
      }
    }),
  );
  context.signal.throwIfAborted();
  return {
    site: context.runbook.site,
    at,
    durationMs: context.clock.nowMs() - startedMs,
    lost: context.lost,
    ...(only === undefined ? {} : { only }),
    findings: judgeOwnClock(found.flat()),
  };
}

/** A probe that looks at many things (`host`) finds what is asked for (`host.clock`), and the other way round. */
function mayFind(probe: Probe, only: string): boolean {
  return probe.id.startsWith(only) || only === probe.id || only.startsWith(`${probe.id}.`);
}

/** Left with nothing to say, a probe says why the thing asked for could not be looked at. */
function narrowed(findings: readonly Finding[], only: string | undefined): readonly Finding[] {
  if (only === undefined) return findings;
  const asked = findings.filter(({ probe }) => probe.startsWith(only));
  return asked.length > 0 ? asked : findings.filter(({ status }) => status === 'fail' || status === 'unknown');
}

async function lookAt(probe: Probe, context: CheckContext): Promise<readonly Finding[]> {
  const { id, subject, datacentre, patienceMs = standardPatienceMs } = probe;
  if (datacentre !== undefined && context.lost.includes(datacentre)) {
    return [{ probe: id, subject, status: 'skipped', found: `datacentre ${datacentre} is taken as lost` }];
  }
  const patience = AbortSignal.timeout(patienceMs);
  const signal = AbortSignal.any([context.signal, patience]);
  try {
    // A probe that does not listen to its signal must not hold up all the others.
    return await untilAborted(probe.run({ ...context, signal }), signal);
  } catch (thrown) {
    context.signal.throwIfAborted();
    const reason = patience.aborted ? `no answer within ${formatDuration(patienceMs)}` : toError(thrown).message;
    const hint = isDrpError(thrown) && !patience.aborted ? thrown.hint : '';
    const advice =
      hint === ''
        ? `Look at it by hand, then again with: drp check --site ${context.runbook.site} --only ${id}.`
        : hint;
    return [{ probe: id, subject, status: 'unknown', found: reason, advice }];
  }
}
