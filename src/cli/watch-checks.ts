import { systemClock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { toError } from '../base/errors.ts';
import { changesSince } from '../checks/since.ts';
import type { CheckReport } from '../checks/verdict.ts';
import { changeLine, checkText } from '../views/check-text.ts';
import { printableLine } from '../views/escape.ts';
import { instantText } from '../views/instants.ts';
import { checkJson } from './check-answer.ts';
import type { Io, VerbAnswer } from './io.ts';

/** How often is looked, and what the first look shows. */
export interface Watch {
  readonly everyMs: number;
  readonly all: boolean;
  readonly look: (signal: AbortSignal) => Promise<CheckReport>;
}

const left = 130;

/**
 * Looks again and again until Ctrl-C: everything the first time, then a line for each change and nothing else. A look that
 * cannot be made at all is a line, too, once for each reason.
 */
export async function watchChecks(io: Io, { everyMs, all, look }: Watch): Promise<VerbAnswer> {
  const leave = new AbortController();
  const onSignal = (): void => leave.abort(new Error('left by the operator'));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, onSignal);
  // Nobody reads any more: without this it would look for ever.
  io.stdout.once('error', onSignal);
  let last: CheckReport | undefined;
  let trouble = '';
  try {
    while (!leave.signal.aborted) {
      const startedMs = systemClock.nowMs();
      try {
        const report = await look(leave.signal);
        show(io, report, { last, all, everyMs });
        last = report;
        trouble = '';
      } catch (thrown) {
        const reason = printableLine(toError(thrown).message);
        if (last === undefined && !leave.signal.aborted) throw thrown;
        if (!leave.signal.aborted && reason !== trouble) {
          io.stderr.write(`${instantText(systemClock.nowIso())}  the site could not be looked at: ${reason}\n`);
        }
        trouble = reason;
      }
      const restMs = Math.max(0, everyMs - (systemClock.nowMs() - startedMs));
      await systemClock.sleep(restMs, leave.signal).catch(() => undefined);
    }
  } finally {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal);
    io.stdout.off('error', onSignal);
  }
  return { json: last === undefined ? {} : checkJson(last), exitCode: left };
}

function show(
  io: Io,
  report: CheckReport,
  { last, all, everyMs }: { readonly last: CheckReport | undefined; readonly all: boolean; readonly everyMs: number },
): void {
  const { stdout, style, width } = io;
  if (last === undefined) {
    if (io.json) return void stdout.write(`${JSON.stringify(checkJson(report))}\n`);
    stdout.write(`${checkText(report, { width, style, all, piped: stdout.isTTY !== true })}\n`);
    return void stdout.write(
      `${style.dim(`Looks again every ${formatDuration(everyMs)} and says what changes; Ctrl-C ends it.`)}\n`,
    );
  }
  for (const change of changesSince(last.findings, report.findings)) {
    const json = { at: report.at, before: change.before ?? null, ...change.finding };
    stdout.write(io.json ? `${JSON.stringify(json)}\n` : `${changeLine(change, report.at, style)}\n`);
  }
}
