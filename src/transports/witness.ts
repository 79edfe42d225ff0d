import { callHost } from './host-proof.ts';
import type { TransportPool } from './transport.ts';

/** Copies of a run's record on its hosts: read by auditors, never acted upon. */
export interface Witness {
  /**
   * Appends `lines`, of which the first is line `from` + 1 of the copy, and resolves with the lines that lie there now: on
   * disk, readable by the login user alone. Lines that are there already are not written again; where the copy is shorter than
   * `from` nothing is written: give more. Proves the host first; throws what callHost throws.
   */
  append(
    hostName: string,
    copy: { readonly name: string; readonly from: number; readonly lines: readonly string[] },
    signal?: AbortSignal,
  ): Promise<number>;
  /** The copies of a run on a host by name (`RUN`, `RUN-LINEAGE`), each as its exact text. */
  read(hostName: string, run: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

const appendTimeoutMs = 10_000;
const readTimeoutMs = 60_000;
const copyBytesMax = 64 * 1024 * 1024;

/** Witness copies over the connections of a pool. */
export function createWitness(pool: TransportPool): Witness {
  return {
    append: async (hostName, { name, from, lines }, signal) => {
      const abort = signal === undefined ? {} : { signal };
      const transport = await pool.connect(hostName, abort);
      const stdin = lines.map((line) => `${line}\n`).join('');
      const call = { script: 'witness', args: ['append', name, String(from)] } as const;
      const answer = await callHost(transport, call, { timeoutMs: appendTimeoutMs, stdin, ...abort });
      return Number(answer.rest);
    },
    read: async (hostName, run, signal) => {
      const abort = signal === undefined ? {} : { signal };
      const transport = await pool.connect(hostName, abort);
      const ask = async (args: readonly string[]): Promise<string> => {
        const options = { timeoutMs: readTimeoutMs, maxOutputBytes: copyBytesMax, ...abort };
        const answer = await callHost(transport, { script: 'witness', args }, options);
        return Buffer.from(answer.payload).toString('utf8');
      };
      const names = (await ask(['list', run, '0'])).split('\n').filter((name) => name !== '');
      const found: Record<string, string> = {};
      for (const name of names) found[name] = await ask(['read', name, '0']);
      return found;
    },
  };
}
