import { callHost, checkClaim } from './host-proof.ts';
import type { ClaimCheck, TransportPool } from './transport.ts';

/** Who holds a site, as the file on its host says. */
export interface ClaimHolder {
  readonly run: string;
  readonly epoch: number;
}

/**
 * Claim of a run on a site, as a file on the site's host: the last word on who may act there, whatever any journal says.
 * The epoch tells the drivers of one run apart and only rises. Every call proves the host first (identity-mismatch),
 * throws claim-lost where another holds the site or has raised the epoch, host-unreachable, and connection-lost where the
 * outcome is unknown. All are idempotent: ask again.
 */
export interface Claims {
  /** Who holds the site; undefined: nobody. */
  read(hostName: string, site: string, signal?: AbortSignal): Promise<ClaimHolder | undefined>;
  /** Takes a free site, or confirms what the run holds already. On disk when it resolves. */
  take(hostName: string, claim: ClaimCheck, signal?: AbortSignal): Promise<void>;
  /** Raises the epoch of the run's own claim: from then on nothing of an older driver starts. On disk when it resolves. */
  raise(hostName: string, claim: ClaimCheck, signal?: AbortSignal): Promise<void>;
  /** Frees the site, for its own run only; a site that is free already is fine. On disk when it resolves. */
  release(hostName: string, claim: ClaimCheck, signal?: AbortSignal): Promise<void>;
}

// The longest wait on the host is for the claim's lock, 10 s.
const claimTimeoutMs = 30_000;

/** Claims over the connections of a pool. */
export function createClaims(pool: TransportPool): Claims {
  const call = async (
    hostName: string,
    request: { readonly verb: string; readonly claim: ClaimCheck },
    signal: AbortSignal | undefined,
  ): Promise<ClaimHolder | undefined> => {
    const { verb, claim } = request;
    checkClaim(claim);
    const limits = signal === undefined ? {} : { signal };
    const transport = await pool.connect(hostName, limits);
    const answer = await callHost(
      transport,
      { script: 'claims', args: [verb, claim.site, claim.run, String(claim.epoch)] },
      { timeoutMs: claimTimeoutMs, ...limits },
    );
    const [run = '-', epoch = '0'] = answer.rest.split(' ');
    return run === '-' ? undefined : { run, epoch: Number(epoch) };
  };
  const change =
    (verb: string) =>
    async (hostName: string, claim: ClaimCheck, signal?: AbortSignal): Promise<void> => {
      await call(hostName, { verb, claim }, signal);
    };
  return {
    read: (hostName, site, signal) => call(hostName, { verb: 'read', claim: { site, run: '0', epoch: 0 } }, signal),
    take: change('take'),
    raise: change('raise'),
    release: change('release'),
  };
}
