import { DrpError } from '../base/errors.ts';
import type { Event, EventOf } from '../events/event.ts';
import { strengthToAdopt } from '../gates/on-record.ts';
import { judge } from '../gates/policy.ts';
import { toEvents } from '../journal/rules.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { ExecutorDeps } from './deps.ts';
import { claimName } from './drill-guard.ts';
import type { AdoptRequest } from './executor.ts';
import { foldAll } from './run-log.ts';

/** The recovery host is asked for the claim's epoch at most this long, ms: it may be out of reach for now. */
const claimReadMs = 10_000;
/** Epochs of one store lie within a block of this many; a copy elsewhere begins a block of its own. */
const epochBlock = 1_000_000_000;

/** Continues a run from a copy in this store: see Executor.adopt. */
export async function adoptRun(deps: ExecutorDeps, request: AdoptRequest): Promise<string> {
  const { run, stored, word } = request;
  const events = toEvents(run, stored);
  // Read as this version reads it, before anything of it is kept.
  foldAll(run, 'the copy', events);
  const began = events[0] as Extract<Event, { type: 'run.began' }>;
  const plan = frozenPlan(began);
  const verdict = judge(word, {
    people: plan.world.people,
    ...(plan.allowedSigners === undefined ? {} : { allowedSigners: plan.allowedSigners }),
    at: deps.clock.nowIso(),
    run,
    starter: began.data.startedBy,
    driver: { osUser: deps.driver.osUser },
    accepted: ['adopt'],
    leastStrength: strengthToAdopt(plan),
  });
  if (verdict.kind === 'refused') throw new DrpError('word-refused', { text: verdict.text, advice: verdict.hint });
  const last = events.at(-1);
  const nonce = deps.ids.nonce();
  const { person, identity, reason } = verdict;
  const from = { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
  const seen = began.data.mode === 'dry-run' ? 0 : await claimedEpoch(deps, plan, began);
  const lease = await deps.journal.adopt(
    {
      run,
      stored,
      drafts: [
        { type: 'run.adopted', by: person, data: { person, reason, identity, from, lineage: nonce.slice(0, 12) } },
      ],
      epoch: nextBlock(Math.max(seen, ...events.map(epochOf)), nonce),
    },
    deps.driver,
  );
  await deps.journal.release(lease);
  return run;
}

/**
 * Above every epoch the lost original can reach by resuming, and unlike that of another adoption of the same copy: two
 * drivers with equal epochs would both be let act.
 */
function nextBlock(highest: number, nonce: string): number {
  const place = Number.parseInt(nonce.slice(-8), 16) % (epochBlock / 1_000);
  return (Math.floor(highest / epochBlock) + 1) * epochBlock + place * 1_000;
}

function epochOf(event: Event): number {
  return event.type === 'driver.attached' || event.type === 'claim.taken' ? event.data.epoch : 0;
}

/** The epoch this run has on the recovery host, where that can be asked now. */
async function claimedEpoch(deps: ExecutorDeps, plan: Plan, began: EventOf<'run.began'>): Promise<number> {
  const { run } = began;
  const reach = deps.reach(plan);
  try {
    const { host } = plan.world.service.recovery;
    const holder = await reach.claims.read(
      host,
      claimName(plan.site, began.data.mode),
      AbortSignal.timeout(claimReadMs),
    );
    return holder?.run === run ? holder.epoch : 0;
  } catch {
    // Out of reach: whoever acts first there raises the epoch, and the other is refused.
    return 0;
  } finally {
    await reach.hosts.closeAll();
  }
}
