import type { Transport } from './transport.ts';

/** A transport that may end by itself. */
export interface EndingTransport extends Transport {
  /** Aborted, with the reason, once the connection has ended for whatever cause. */
  readonly ended?: AbortSignal;
  /** Looks whether a connection that was not used for a while is still there; absent: it notices by itself. */
  stillThere?(): Promise<boolean>;
}

/** One connection a key, shared by all who ask for it. */
export interface ConnectionCache {
  /** The connection there is, or the one being made, or a new one. A connection that ended is never handed out. */
  share<T extends EndingTransport>(key: string, open: () => Promise<T>): Promise<T>;
  /** Closes all, side by side; the last made is asked first: a tunnel before the host it goes through. */
  closeAll(): Promise<void>;
}

/** A connection that took this long to fail met silence, not a refusal, ms … */
const silentMs = 5_000;
/** … and whoever asks within this time gets the same answer: ten things tried at a dead host wait once, ms. */
const rememberMs = 3_000;

/** An empty cache. */
export function createConnectionCache(): ConnectionCache {
  const connections = new Map<string, Promise<EndingTransport>>();

  const make = <T extends EndingTransport>(key: string, open: () => Promise<T>): Promise<T> => {
    const beganMs = performance.now();
    const opening = open();
    connections.set(key, opening);
    const forget = (): void => {
      if (connections.get(key) === opening) connections.delete(key);
    };
    opening.then(
      (transport) => {
        if (transport.ended?.aborted === true) forget();
        else transport.ended?.addEventListener('abort', forget, { once: true });
      },
      () => {
        if (performance.now() - beganMs < silentMs) forget();
        else setTimeout(forget, rememberMs).unref();
      },
    );
    return opening;
  };

  return {
    share: async <T extends EndingTransport>(key: string, open: () => Promise<T>): Promise<T> => {
      const known = connections.get(key) as Promise<T> | undefined;
      if (known === undefined) return make(key, open);
      const transport = await known;
      if (transport.stillThere === undefined || (await transport.stillThere())) return transport;
      // Many may have waited for this answer: only the first of them makes the new one.
      if (connections.get(key) === known) connections.delete(key);
      return (connections.get(key) as Promise<T> | undefined) ?? make(key, open);
    },
    closeAll: async () => {
      const open = [...connections.values()].reverse();
      connections.clear();
      await Promise.all(
        open.map(async (opening) => {
          // Whoever asked for one that failed has been told why.
          const [made] = await Promise.allSettled([opening]);
          if (made.status === 'fulfilled') await made.value.close();
        }),
      );
    },
  };
}
