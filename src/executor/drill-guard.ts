import { DrpError, isDrpError } from '../base/errors.ts';
import type { RunMode } from '../events/event.ts';
import type { Plan } from '../plan/plan.ts';
import { usersAt } from '../steps/drill/users-at.ts';
import type { ExecutorDeps } from './deps.ts';
import type { SiteState } from './site.ts';

/** All that looking before a drill may take, ms: a name server or a host that is away is no reason against one. */
const lookMs = 10_000;

/** Name of the claim that a run takes on hosts: a drill's stands beside that of real runs, and gives way to it. */
export function claimName(site: string, mode: RunMode): string {
  return mode === 'drill' ? `${site}.drill` : site;
}

/**
 * Refuses a drill where the recovery side is, or may be, in use: by the record, by the claims of real runs here and on the
 * recovery host, and by where the zone's name servers send users. One that would find the claim of another drill there, of
 * another journal or of one that was lost, does not begin either. Read-only. Throws drill-refused, drill-leftover.
 */
export async function refuseDrill(deps: ExecutorDeps, plan: Plan, site: SiteState): Promise<void> {
  if (site.serving === 'recovery') {
    const since = site.servingSinceAt === undefined ? '' : ` since ${site.servingSinceAt}`;
    refuse(plan.site, `by the record, users are on the recovery site${since}`);
  }
  const real = await deps.journal.claimant(plan.site, 'real');
  if (real !== undefined) refuse(plan.site, `real run ${real} is under way on this site`);
  const signal = AbortSignal.timeout(lookMs);
  const [users, holders] = await Promise.all([
    usersAt(plan.world, deps.providers, signal).catch(() => undefined),
    claimsOnHost(deps, plan, signal),
  ]);
  if (users?.kind === 'recovery') refuse(plan.site, `DNS sends users to the recovery site (${users.lines.join('; ')})`);
  const { host } = plan.world.service.recovery;
  if (holders.real !== undefined) refuse(plan.site, `real run ${holders.real} has claimed the site on host '${host}'`);
  if (holders.drill === undefined) return;
  const what = `drill ${holders.drill} holds its claim there`;
  throw new DrpError('drill-leftover', { host, what, run: holders.drill, site: plan.site });
}

/** Runs that hold the site on the recovery host; none, too, where the host cannot be asked now. */
async function claimsOnHost(
  deps: ExecutorDeps,
  plan: Plan,
  signal: AbortSignal,
): Promise<{ readonly real?: string | undefined; readonly drill?: string | undefined }> {
  const reach = deps.reach(plan);
  const holder = async (mode: RunMode): Promise<string | undefined> =>
    (await reach.claims.read(plan.world.service.recovery.host, claimName(plan.site, mode), signal))?.run;
  try {
    // A sync asks the same: no drill is in its way.
    return { real: await holder('real'), drill: plan.drill === undefined ? undefined : await holder('drill') };
  } catch (error) {
    // Not the host it should be: nothing is begun on it. Away: the order gate shows it.
    if (isDrpError(error) && /^(host-key|identity)/.test(error.code)) throw error;
    return {};
  } finally {
    await reach.hosts.closeAll();
  }
}

function refuse(site: string, what: string): never {
  throw new DrpError('drill-refused', { site, what });
}
