import { toError } from '../base/errors.ts';
import type { HostTarget } from '../transports/transport.ts';

/** What a host says of itself in its identity file; or why nobody could read it. */
export type IdentityRead = { readonly text: string } | { readonly reason: string };

const readMs = 15_000;

/**
 * Logs in to a host, trusting only the keys in `target.hostKeys`, and reads the first line of its identity file. Proves
 * as much as those keys do. Throws nothing: a host that cannot be asked is answered with the reason.
 */
export async function readIdentity(target: HostTarget): Promise<IdentityRead> {
  const { createTransportPool } = await import('../transports/pool.ts');
  const pool = createTransportPool([target]);
  const { file } = target.identity;
  try {
    const transport = await pool.connect(target.name, { signal: AbortSignal.timeout(readMs) });
    const result = await transport.exec(['head', '-n', '1', '--', file], { timeoutMs: readMs });
    if (result.kind !== 'exited') return { reason: `${file} could not be read: the command was ${result.kind}` };
    const text = result.stdout.split('\n')[0]?.trimEnd() ?? '';
    if (result.exitCode !== 0) return { reason: result.stderr.trim() };
    return text === '' ? { reason: `${file} is empty` } : { text };
  } catch (thrown) {
    return { reason: toError(thrown).message };
  } finally {
    await pool.closeAll();
  }
}
