import { DrpError } from '../base/errors.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import type { TransportPool } from '../transports/transport.ts';

/**
 * The datacentre without which a host cannot be reached: its own, or that of a host on the way to it. Undefined: none of
 * the lost ones. Pure.
 */
export function lostOnTheWay(
  runbook: Pick<Runbook, 'hosts'>,
  hostName: string,
  lost: readonly string[],
): string | undefined {
  const seen = new Set<string>();
  for (let name: string | undefined = hostName; name !== undefined && !seen.has(name);) {
    seen.add(name);
    const host: Runbook['hosts'][string] | undefined = runbook.hosts[name];
    if (host !== undefined && lost.includes(host.datacentre)) return host.datacentre;
    name = host?.via;
  }
  return undefined;
}

/** Connections as they would be without the lost datacentres: nothing in them is contacted, whoever asks. */
export function withoutLost(
  pool: TransportPool,
  runbook: Pick<Runbook, 'hosts'>,
  lost: readonly string[],
): TransportPool {
  return {
    connect: async (hostName, options) => {
      const datacentre = lostOnTheWay(runbook, hostName, lost);
      if (datacentre === undefined) return await pool.connect(hostName, options);
      const host = runbook.hosts[hostName];
      const reason = `datacentre ${datacentre} is taken as lost`;
      throw new DrpError('host-unreachable', { host: hostName, address: host?.address, port: host?.port, reason });
    },
    closeAll: () => pool.closeAll(),
  };
}
