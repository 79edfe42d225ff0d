import { systemClock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import type { CheckProgress } from '../checks/run-checks.ts';
import { printableLine } from '../views/escape.ts';
import type { Io } from './io.ts';

/** A check that takes longer than this shows what it waits for, ms. */
const quietMs = 1_500;
const redrawMs = 500;

/**
 * One line on the terminal while a check looks, gone when it has ended: reading a large dump whole takes its time. Without
 * a terminal nothing is written.
 */
export function showProgress(io: Pick<Io, 'stderr' | 'json' | 'width' | 'style'>): {
  readonly onProgress: (progress: CheckProgress) => void;
  readonly end: () => void;
} {
  if (io.stderr.isTTY !== true || io.json) return { onProgress: () => undefined, end: () => undefined };
  const startedMs = systemClock.nowMs();
  let last: CheckProgress | undefined;
  let drawn = false;
  const draw = (): void => {
    const tookMs = systemClock.nowMs() - startedMs;
    if (last === undefined || tookMs < quietMs) return;
    const line = progressLine(last, tookMs).slice(0, io.width - 1);
    io.stderr.write(`\r\u001b[K${io.style.dim(line)}`);
    drawn = true;
  };
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  return {
    onProgress: (progress) => {
      last = progress;
    },
    end: () => {
      clearInterval(timer);
      if (drawn) io.stderr.write('\r\u001b[K');
    },
  };
}

/** How far a check is and what it waits for. Pure. */
export function progressLine({ done, total, waiting }: CheckProgress, tookMs: number): string {
  const [first = '', ...more] = waiting;
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  return printableLine(`${done} of ${total} looked at, ${formatDuration(tookMs)}; waiting for ${first}${rest}`);
}
