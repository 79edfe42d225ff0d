import type { Clock } from '../base/clock.ts';
import { isDrpError, type DrpError } from '../base/errors.ts';

/** Waits between tries to reach a host again, ms; the last one repeats. Few enough that no fail2ban minds. */
const backoffMs = [1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** Tries for an effect that has never had contact with its host; then it has certainly not begun. */
const triesWithoutContact = 3;

/** What withContact tells whoever watches. */
export interface ContactWatch {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** True where an earlier driver or an earlier call may have reached the host: a job may be running. */
  readonly mayHaveBegun: boolean;
  /** True from the moment a job of this effect is known to have been started; asked after each failure. */
  readonly hasBegun?: () => boolean;
  readonly onContact: (state: 'lost' | 'back', reason: string) => void;
}

/**
 * Calls `act` until it answers. Lost contact is not failure: the job goes on by itself, so this asks again with back-off
 * for as long as the effect is wanted. Only where no call ever got through does it give up, after three tries.
 */
export async function withContact<T>(act: () => Promise<T>, watch: ContactWatch): Promise<T> {
  let reached = watch.mayHaveBegun;
  for (let failures = 0; ;) {
    try {
      const result = await act();
      if (failures > 0) watch.onContact('back', '');
      return result;
    } catch (error) {
      const unreachable = isDrpError(error, 'host-unreachable');
      const lost = isDrpError(error, 'connection-lost') || isDrpError(error, 'job-script-incomplete');
      if (!unreachable && !lost) throw error;
      if (lost || watch.hasBegun?.() === true) reached = true;
      failures += 1;
      if (!reached && failures >= triesWithoutContact) throw error;
      watch.onContact('lost', (error as DrpError).message);
      await watch.clock.sleep(backoffMs[Math.min(failures - 1, backoffMs.length - 1)] ?? 30_000, watch.signal);
    }
  }
}
