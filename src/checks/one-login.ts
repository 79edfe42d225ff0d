import { untilAborted } from '../base/clock.ts';
import type { Transport, TransportPool } from '../transports/transport.ts';

/**
 * Connections of one look: each host is logged in to once, and whoever asks again gets the same answer, a refusal too.
 * Many probes ask for one host, and a host that counts refused logins must not lock the operator out.
 */
export function oneLoginEach(pool: TransportPool): TransportPool {
  const logins = new Map<string, Promise<Transport>>();
  return {
    // The login belongs to all: one probe that is given up does not end it for the others.
    connect: async (hostName, { signal } = {}) => {
      signal?.throwIfAborted();
      const login = logins.get(hostName) ?? pool.connect(hostName);
      logins.set(hostName, login);
      return await untilAborted(login, signal);
    },
    closeAll: async () => {
      logins.clear();
      await pool.closeAll();
    },
  };
}
