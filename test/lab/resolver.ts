import { queryServer } from './dns-query.ts';
import type { Endpoint } from './facts.ts';

/** A client's view of a name: asks the given servers in turn, keeps the answer for its TTL, and no longer. */
export interface ClientResolver {
  /** The address to go to now. Throws when the answer kept is over and no server gives a new one. */
  resolve(): Promise<string>;
}

/** A resolver for one name. Each question starts at another server, so a stale secondary is met sooner or later. */
export function createResolver(
  name: string,
  servers: readonly Endpoint[],
  options: { readonly timeoutMs?: number } = {},
): ClientResolver {
  let kept: { readonly address: string; readonly until: number } | undefined;
  let asking: Promise<string> | undefined;
  let turn = 0;

  const ask = async (): Promise<string> => {
    const first = turn++;
    let cause: unknown;
    for (let index = 0; index < servers.length; index++) {
      const server = servers[(first + index) % servers.length];
      if (server === undefined) continue;
      try {
        const reply = await queryServer(server, { name, type: 'A' }, { timeoutMs: options.timeoutMs ?? 500 });
        const record = reply.answers.find((answer) => answer.type === 'A');
        if (record === undefined) throw new Error(`${reply.rcode} from ${server.address}`);
        kept = { address: record.value, until: performance.now() + record.ttlSeconds * 1_000 };
        return record.value;
      } catch (error) {
        cause = error;
      }
    }
    throw new Error(`${name} cannot be resolved`, { cause });
  };

  return {
    resolve() {
      if (kept !== undefined && performance.now() < kept.until) return Promise.resolve(kept.address);
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}
