import { untilAborted } from '../base/clock.ts';
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
  /**
   * Gives back what was taken, and what may have been: takes still under way are waited for. Best effort; nothing is taken or
   * recorded any more once this was called.
   */
  release(signal: AbortSignal): Promise<Released>;
}

/** Hosts by what is known of their claim once a run gave it back. */
export interface Released {
  /** The claim was this run's. */
  readonly freed: readonly string[];
  /** Could not be told: the claim lies there. */
  readonly left: readonly string[];
  /** Could not be asked: nobody saw whether it had been taken there. */
  readonly unknown: readonly string[];
}

/** What claims are taken for. */
interface ClaimWork {
  readonly check: ClaimCheck;
  /** What the record knows of the run's drivers: see ClaimChange. */
  readonly drivers?: Pick<ClaimChange, 'known' | 'overtakes'>;
  /** Hosts this run has claimed before. */
  readonly earlier: readonly string[];
  /** Hosts where an earlier driver may have taken it unrecorded: see maybeClaimed. */
  readonly maybe?: readonly string[];
  readonly record: (draft: Draft) => Promise<void>;
  /** What the journal says of a run that holds a host: how its claim is done away with. Undefined: it may still go on. */
  readonly leftBy?: (run: string, host: string) => Promise<LeftClaim | undefined>;
}

/** The claim of a run that has ended, on a host that could not be told then. */
export interface LeftClaim {
  /** The last epoch of the run's drivers; a higher one belongs to a driver this journal knows nothing of. */
  readonly epoch: number;
  /** Its drivers: the claim of another, in a copy of its record that goes on, is not given back. */
  readonly drivers?: Pick<ClaimChange, 'driver' | 'known' | 'overtakes'>;
  /** What is said once it is gone. */
  readonly settled: readonly Draft[];
}

/** Claims for one driver (run + epoch); each one taken is journalled through `record`. */
export function createClaimKeeper(claims: Claims, plan: Plan, work: ClaimWork): ClaimKeeper {
  const held = new Map<string, Promise<void>>();
  const known = new Set(work.earlier);
  const maybe = new Set(work.maybe);
  const recovery = plan.world.service.recovery.host;
  const { check } = work;
  const change: ClaimChange = { ...check, ...work.drivers };
  let over = false;
  const take = async (host: string): Promise<void> => {
    const doubtedBefore = maybe.has(host);
    maybe.add(host);
    try {
      const settled = await takeOrFree(claims, { ...work, change }, host);
      known.add(host);
      maybe.delete(host);
      if (over) return;
      await work.record({ type: 'claim.taken', by: 'drp', data: { host, epoch: check.epoch } });
      for (const draft of settled) await work.record(draft);
    } catch (error) {
      if (!doubtedBefore && isUntaken(error)) maybe.delete(host);
      throw error;
    }
  };
  const ensureOne = async (host: string, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    // Lanes start together: the second asks for what the first is already taking.
    const taking = held.get(host) ?? take(host);
    if (held.get(host) !== taking) {
      held.set(host, taking);
      taking.catch(() => held.get(host) === taking && held.delete(host));
    }
    // Who asked may be called off; the host may have heard of it by then, so the take itself goes on to its end.
    await untilAborted(taking, signal);
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
      over = true;
      await untilAborted(Promise.allSettled(held.values()), signal).catch(() => undefined);
      return await giveBack(claims, { change, known, maybe }, signal);
    },
  };
}

async function giveBack(
  claims: Claims,
  {
    change,
    known,
    maybe,
  }: { readonly change: ClaimChange; readonly known: ReadonlySet<string>; readonly maybe: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<Released> {
  const { site, run } = change;
  const freed: string[] = [];
  const left: string[] = [];
  const unknown: string[] = [];
  const giveBackOn = async (host: string): Promise<void> => {
    const certain = known.has(host);
    try {
      const holder = certain ? change : await claims.read(host, site, signal);
      if (holder !== undefined && holder.run !== run) return;
      // Also where nobody holds it: a take of a driver that is gone may still be on its way there.
      await claims.release(host, change, signal);
      if (holder !== undefined) freed.push(host);
    } catch {
      if (certain) left.push(host);
      else unknown.push(host);
    }
  };
  await Promise.all([...new Set([...known, ...maybe])].map(giveBackOn));
  return { freed: freed.sort(), left: left.sort(), unknown: unknown.sort() };
}

/** The host was not reached, is not the one it should be, or belongs to another: certainly nothing was taken there. */
function isUntaken(error: unknown): boolean {
  return isDrpError(error) && /^(host-|identity-mismatch$|claim-lost$)/.test(error.code);
}

/**
 * Takes the claim in one call, which also raises the run's own: the host looks who holds it anyway. Only where it refuses is asked
 * whose it is; what a run left there that has ended is released, and the claim taken. Returns what that settles.
 */
async function takeOrFree(
  claims: Claims,
  { check, leftBy, change }: ClaimWork & { readonly change: ClaimChange },
  host: string,
): Promise<readonly Draft[]> {
  try {
    await claims.take(host, change);
    return [];
  } catch (error) {
    if (!isDrpError(error, 'claim-lost')) throw error;
    const holder = await claims.read(host, check.site);
    const left = holder === undefined || holder.run === check.run ? undefined : await leftBy?.(holder.run, host);
    if (holder === undefined || left === undefined || holder.epoch > left.epoch) throw error;
    await claims.release(host, { ...left.drivers, site: check.site, run: holder.run, epoch: holder.epoch });
    await claims.take(host, change);
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
