import { callHost, checkClaim } from './host-proof.ts';
import type { ClaimCheck, TransportPool } from './transport.ts';

/** Who holds a site, as the file on its host says. */
export interface ClaimHolder {
  readonly run: string;
  readonly epoch: number;
  /** Driver that made it; absent in claims of versions that did not say. */
  readonly driver?: string;
}

/** A claim to be changed, and what the record of the run knows of it. */
export interface ClaimChange extends ClaimCheck {
  /** Drivers the record tells of: with `driver` given, a claim that another one of this run made is refused (claim-lost). */
  readonly known?: readonly string[];
  /** An adopted record goes above every claim of the original: those below this epoch are its to change, whoever made them. */
  readonly overtakes?: number;
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
  /**
   * Takes a free site, or confirms what the run holds already; a higher epoch raises it: from then on nothing of an older driver
   * starts. On disk when it resolves.
   */
  take(hostName: string, claim: ClaimChange, signal?: AbortSignal): Promise<void>;
  /** Frees the site, for its own run only; a site that is free already is fine. On disk when it resolves. */
  release(hostName: string, claim: ClaimChange, signal?: AbortSignal): Promise<void>;
}

// The longest wait on the host is for the claim's lock, 10 s.
const claimTimeoutMs = 30_000;
/** The claim was made by one of the latest drivers; an argument list has its limits. */
const knownMost = 500;

/** Claims over the connections of a pool. */
export function createClaims(pool: TransportPool): Claims {
  const call = async (
    hostName: string,
    request: { readonly verb: string; readonly claim: ClaimChange },
    signal: AbortSignal | undefined,
  ): Promise<ClaimHolder | undefined> => {
    const { verb, claim } = request;
    checkClaim(claim);
    const limits = signal === undefined ? {} : { signal };
    const transport = await pool.connect(hostName, limits);
    const { site, run: claimant, epoch: wanted, driver = '-', overtakes = 0, known = [] } = claim;
    const drivers = [driver, ...known.slice(-knownMost)].join(',');
    const args = [verb, site, claimant, String(wanted), driver, String(overtakes), drivers];
    const answer = await callHost(transport, { script: 'claims', args }, { timeoutMs: claimTimeoutMs, ...limits });
    const [run = '-', epoch = '0', by = '-'] = answer.rest.split(' ');
    if (run === '-') return undefined;
    return { run, epoch: Number(epoch), ...(by === '-' ? {} : { driver: by }) };
  };
  const change =
    (verb: string) =>
    async (hostName: string, claim: ClaimChange, signal?: AbortSignal): Promise<void> => {
      await call(hostName, { verb, claim }, signal);
    };
  return {
    read: (hostName, site, signal) => call(hostName, { verb: 'read', claim: { site, run: '0', epoch: 0 } }, signal),
    take: change('take'),
    release: change('release'),
  };
}
