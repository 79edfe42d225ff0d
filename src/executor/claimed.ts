import { DrpError, isDrpError } from '../base/errors.ts';
import type { Draft } from '../events/event.ts';
import type { Plan } from '../plan/plan.ts';
import type { ClaimChange, ClaimHolder, Claims } from '../transports/claims.ts';
import type { ClaimCheck } from '../transports/transport.ts';

/** Hosts that this driver holds the site's claim on. */
export interface ClaimKeeper {
  readonly check: ClaimCheck;
  /**
   * Takes the claim on the recovery host and on these hosts, once each. The recovery host is the one that counts: when it
   * holds another run or a higher epoch this throws claim-lost, and it is asked again for each step that acts on no host;
   * an unreachable other host is left to the step itself.
   */
  ensure(hosts: readonly string[], signal: AbortSignal): Promise<void>;
  /**
   * Raises the epoch on each of these hosts, and on the recovery host, where an older driver holds the run's claim, so that
   * nothing of it starts there any more. Best effort until the signal aborts; what acts later raises it anyway.
   */
  overtake(hosts: readonly string[], signal: AbortSignal): Promise<void>;
  /** Gives back what was taken, best effort: `left` are the hosts that could not be told. */
  release(signal: AbortSignal): Promise<{ readonly freed: readonly string[]; readonly left: readonly string[] }>;
}

/** What claims are taken for. */
interface ClaimWork {
  readonly check: ClaimCheck;
  /** What the record knows of the run's drivers: see ClaimChange. */
  readonly drivers?: Pick<ClaimChange, 'known' | 'overtakes'>;
  /** Hosts this run has claimed before. */
  readonly earlier: readonly string[];
  readonly record: (draft: Draft) => Promise<void>;
  /** What the journal says of a run that holds a host: how its claim is done away with. Undefined: it may still go on. */
  readonly leftBy?: (run: string, host: string) => Promise<LeftClaim | undefined>;
}

/** The claim of a run that has ended, on a host that could not be told then. */
export interface LeftClaim {
  /** The last epoch the run took there; a higher one belongs to a driver this journal knows nothing of. */
  readonly epoch: number;
  /** What is said once it is gone. */
  readonly settled: readonly Draft[];
}

/** Claims for one driver (run + epoch); each one taken is journalled through `record`. */
export function createClaimKeeper(claims: Claims, plan: Plan, work: ClaimWork): ClaimKeeper {
  const held = new Map<string, Promise<void>>();
  const known = new Set(work.earlier);
  const recovery = plan.world.service.recovery.host;
  const { check } = work;
  const change: ClaimChange = { ...check, ...work.drivers };
  const take = async (host: string, signal: AbortSignal): Promise<void> => {
    const settled = await takeOrFree(claims, { ...work, change }, { host, signal });
    known.add(host);
    await work.record({ type: 'claim.taken', by: 'drp', data: { host, epoch: check.epoch } });
    for (const draft of settled) await work.record(draft);
  };
  const ensureOne = async (host: string, signal: AbortSignal): Promise<void> => {
    // Lanes start together: the second asks for what the first is already taking.
    const taking = held.get(host) ?? take(host, signal);
    held.set(host, taking);
    try {
      await taking;
    } catch (error) {
      held.delete(host);
      throw error;
    }
  };
  return {
    check,
    ensure: async (hosts, signal) => {
      // Jobs are checked where they start; what acts by another way (name servers) has only this look to stop it.
      if (hosts.length === 0 && held.has(recovery) && !(await stillHeld(claims, { host: recovery, check }, signal)))
        held.delete(recovery);
      await ensureOne(recovery, signal);
      await Promise.all(
        hosts.map(async (host) => {
          try {
            await ensureOne(host, signal);
          } catch (error) {
            if (!isDrpError(error, 'host-unreachable') && !isDrpError(error, 'connection-lost')) throw error;
          }
        }),
      );
    },
    overtake: async (hosts, signal) => {
      const overtakeOn = async (host: string): Promise<void> => {
        const holder = await claims.read(host, check.site, signal);
        if (holder?.run === check.run && holder.epoch < check.epoch) await ensureOne(host, signal);
      };
      const told = [...new Set([recovery, ...hosts])];
      await Promise.all(told.map((host) => overtakeOn(host).catch(unlessLeaseLost)));
    },
    release: async (signal) => {
      const freed: string[] = [];
      const left: string[] = [];
      await Promise.all(
        [...known].map(async (host) => {
          try {
            await claims.release(host, change, signal);
            freed.push(host);
          } catch {
            left.push(host);
          }
        }),
      );
      return { freed: freed.sort(), left: left.sort() };
    },
  };
}

/**
 * Takes the claim in one call, which also raises the run's own: the host looks who holds it anyway. Only where it refuses is asked
 * whose it is; what a run left there that has ended is released, and the claim taken. Returns what that settles.
 */
async function takeOrFree(
  claims: Claims,
  { check, leftBy, change }: ClaimWork & { readonly change: ClaimChange },
  { host, signal }: { readonly host: string; readonly signal: AbortSignal },
): Promise<readonly Draft[]> {
  try {
    await claims.take(host, change, signal);
    return [];
  } catch (error) {
    if (!isDrpError(error, 'claim-lost')) throw error;
    const holder = await claims.read(host, check.site, signal);
    const left = holder === undefined || holder.run === check.run ? undefined : await leftBy?.(holder.run, host);
    if (holder === undefined || left === undefined || holder.epoch > left.epoch) throw error;
    await claims.release(host, { site: check.site, run: holder.run, epoch: holder.epoch }, signal);
    await claims.take(host, change, signal);
    return left.settled;
  }
}

/** A host that cannot be told now is told by what acts there later; a driver that was overtaken itself ends. */
function unlessLeaseLost(error: unknown): void {
  if (isDrpError(error, 'lease-lost')) throw error;
}

/** Of this driver, or of an earlier one of the run: not of a later one, nor of one beside it in another record. */
function isOwn(holder: ClaimHolder, { run, epoch, driver }: ClaimCheck): boolean {
  if (holder.run !== run || holder.epoch > epoch) return false;
  return holder.epoch < epoch || driver === undefined || (holder.driver ?? driver) === driver;
}

/**
 * Looks whether a claim that was taken still stands. False: nobody holds the host, so it must be taken again, which an
 * overtaken driver cannot. Throws claim-lost.
 */
async function stillHeld(
  claims: Claims,
  { host, check }: { readonly host: string; readonly check: ClaimCheck },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const holder = await claims.read(host, check.site, signal);
    if (holder === undefined || isOwn(holder, check)) return holder !== undefined;
    const { site, run } = check;
    throw new DrpError('claim-lost', { host, site, run, epoch: holder.epoch, holder: holder.run });
  } catch (error) {
    // It was ours when the host was last reached: one that cannot be asked now holds nobody up.
    if (isDrpError(error, 'host-unreachable') || isDrpError(error, 'connection-lost')) return true;
    throw error;
  }
}
