import type { Clock } from '../base/clock.ts';
import { DrpError, isDrpError, toError } from '../base/errors.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { createSlots } from './slots.ts';
import type { HostTarget } from './transport.ts';

/** Keeps logins few: fail2ban on a host would lock the operator out in the middle of a disaster. */
export interface LoginLimits {
  /**
   * Runs one login of a host: after the pause that earlier failures ask for, again where the host merely hung up, and
   * not at all once it has refused too often (login-refused). Throws what `login` throws.
   */
  attempt<T>(target: HostTarget, login: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Waits for one of the few handshakes at once; resolves with the function that gives it back. */
  enterHandshake(signal?: AbortSignal): Promise<() => void>;
  /** Forgets the refusals and failures of a host. */
  forgive(hostName: string): void;
}

interface LoginRecord {
  refusals: number;
  failures: number;
  notBeforeMs: number;
}

/** Limits over all hosts of one process. */
export function createLoginLimits(given: {
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly random: () => number;
}): LoginLimits {
  const { limits, clock, random } = given;
  const handshakes = createSlots(limits.handshakesMax);
  const records = new Map<string, LoginRecord>();

  const noteFailure = (record: LoginRecord, error: unknown): void => {
    // No usable key on this side: the host was not asked, so it has refused nothing.
    if (isDrpError(error) && error.details['asked'] === false) return;
    record.failures += 1;
    if (isDrpError(error, 'login-refused')) record.refusals += 1;
    const pauseMs = Math.min(limits.backoffMsMax, limits.backoffMs * 2 ** (record.failures - 1));
    record.notBeforeMs = clock.nowMs() + pauseMs * (0.5 + random());
  };

  return {
    attempt: async (target, login, signal) => {
      const record = records.get(target.name) ?? { refusals: 0, failures: 0, notBeforeMs: 0 };
      records.set(target.name, record);
      for (let tried = 1; ; tried += 1) {
        if (record.refusals >= limits.refusalsMax) throw tooManyRefusals(target, record.refusals);
        const pauseMs = Math.min(record.notBeforeMs - clock.nowMs(), limits.backoffMsMax * 1.5);
        if (pauseMs > 0) await clock.sleep(pauseMs, signal);
        try {
          const result = await login();
          records.delete(target.name);
          return result;
        } catch (error) {
          noteFailure(record, error);
          const dropped = isDrpError(error, 'host-unreachable') && error.details['dropped'] === true;
          if (!dropped || tried >= limits.triesMax || signal?.aborted === true) throw toError(error);
        }
      }
    },
    enterHandshake: (signal) => handshakes.enter(signal),
    forgive: (hostName) => {
      records.delete(hostName);
    },
  };
}

function tooManyRefusals(target: HostTarget, count: number): DrpError {
  const { name: host, user, address, port } = target;
  const reason = `${count} logins were refused, no more are tried so that the host does not lock this address out`;
  return new DrpError('login-refused', { host, user, address, port, reason });
}
