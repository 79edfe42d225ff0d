import { expand, skeletons } from '../../machines/expand.ts';
import { DrpError } from '../base/errors.ts';
import type { Event, Json } from '../events/event.ts';
import { genesis } from '../journal/chain.ts';
import type { Lease } from '../journal/journal.ts';
import { readRuns } from '../journal/read-runs.ts';
import type { ProcedureName } from '../runbook/schema/runbook.ts';
import { createSurveyMemory } from '../steps/backups/survey-memory.ts';
import { createRedaction, type Redaction } from '../steps/remote/redact.ts';
import { createAnchorKeeper, type AnchorKeeper } from './anchors.ts';
import type { ExecutorDeps, Reach } from './deps.ts';
import { refuseDrill } from './drill-guard.ts';
import { driveLoop, keeperFor } from './drive.ts';
import type { Driving } from './driving.ts';
import type { BeginRequest, DriveEnd, DriveOptions, Executor, Takeover, Update } from './executor.ts';
import { initialState } from './fold.ts';
import { historyOf } from './history.ts';
import { Inbox } from './inbox.ts';
import { redactedDraft } from './redacted-draft.ts';
import { foldAll, openRunLog, withHeldMachine } from './run-log.ts';
import { siteState, type SiteState } from './site.ts';
import { attachment, mayHaveBegun, overtakeClaims, takeLease } from './take-over.ts';
import { waitingOf } from './waiting.ts';

/** The executor over its adapters. Holds no state of its own: every call starts from the journal. */
export function createExecutor(deps: ExecutorDeps): Executor {
  return {
    begin: (request) => begin(deps, request),
    adopt: async (request) => (await import('./adopt.ts')).adoptRun(deps, request),
    drive: (run, options) => drive(deps, run, options),
    waiting: async (run) => {
      const events = await deps.journal.read(run);
      return waitingOf(foldAll(run, deps.journal.url, events), events);
    },
  };
}

/** Where the site stands, from the journals of all its runs. */
export async function readSiteState(deps: Pick<ExecutorDeps, 'journal'>, site: string): Promise<SiteState> {
  return siteState(site, await readRuns(deps.journal, site));
}

async function begin(deps: ExecutorDeps, request: BeginRequest): Promise<string> {
  const { plan, mode, starter, situation, exercise } = request;
  if ((plan.procedure === 'drill') !== (mode === 'drill'))
    throw new DrpError('internal', { what: `a ${plan.procedure} in mode ${mode}` });
  if (mode === 'real') refuseWrongDirection(await readSiteState(deps, plan.site), plan.procedure);
  if (mode === 'drill') await refuseDrill(deps, plan, await readSiteState(deps, plan.site));
  // Only what begins is proved: whoever goes on need not wait for it to be loaded.
  const { proofDigest, requireSafe } = await import('../proof/prove.ts');
  const proof = requireSafe(plan);
  const machine = expand(skeletons[plan.procedure], plan);
  const run = deps.ids.run();
  const row = { run, site: plan.site, procedure: plan.procedure, mode };
  const lease = await deps.journal.begin(row, deps.driver);
  await deps.journal.append(lease, genesis, [
    {
      type: 'run.began',
      by: starter.person,
      data: {
        format: 1,
        version: deps.version,
        site: plan.site,
        procedure: plan.procedure,
        mode,
        plan: plan as unknown as Json,
        planDigest: plan.digest,
        proofDigest: proofDigest(proof, { plan, version: deps.version }),
        machine: machine as unknown as Json,
        startedBy: starter,
        ...(situation === undefined ? {} : { situation }),
        ...(exercise === undefined ? {} : { exercise }),
        state: initialState(machine),
      },
    },
  ]);
  await deps.journal.release(lease);
  return run;
}

/** `activate` while users are already on the recovery site, or `return` while they are not, would harm. */
function refuseWrongDirection(site: SiteState, procedure: ProcedureName): void {
  const since = site.servingSinceAt === undefined ? '' : ` since ${site.servingSinceAt}`;
  if (procedure === 'activation' && site.serving === 'recovery') {
    const what = `site '${site.site}' already serves from recovery${since}: there is nothing to activate`;
    throw new DrpError('wrong-direction', { site: site.site, what });
  }
  if (procedure === 'return' && site.serving === 'production') {
    const what = `site '${site.site}' serves from production${since}: there is nothing to return from`;
    throw new DrpError('wrong-direction', { site: site.site, what });
  }
}

/** When a driver leaves, anchors that are under way get this long, ms. */
const lastAnchorMs = 5_000;

async function drive(deps: ExecutorDeps, run: string, options: DriveOptions & Takeover): Promise<DriveEnd> {
  const events = withHeldMachine(await deps.journal.read(run));
  const ended = events.findLast((event) => event.type === 'run.ended');
  if (ended?.type === 'run.ended') return await afterEnd(deps, run, ended.data.outcome);
  const lease = await takeLease(deps, { run, events }, options);
  const listening = new AbortController();
  try {
    const driving = await prepare(deps, { lease, events }, options);
    const attached = attachment(deps.driver, lease, { events, options });
    await driving.log.append([{ type: 'driver.attached', by: 'drp', data: attached }]);
    if (attached.reason === 'takeover' || attached.reason === 'adopt') await overtakeClaims(driving);
    const onDetach = () => {
      driving.inbox.put({ kind: 'woken' });
    };
    options.signal.addEventListener('abort', onDetach, { once: true });
    void driving.inbox.listen(options.words, listening.signal);
    try {
      const end = await driveLoop(driving);
      await driving.anchors.close(AbortSignal.timeout(lastAnchorMs));
      if (end.kind === 'ended') await deps.journal.unclaim(lease);
      return end;
    } finally {
      options.signal.removeEventListener('abort', onDetach);
      await driving.anchors.close(AbortSignal.abort());
      await driving.reach.hosts.closeAll();
    }
  } finally {
    listening.abort();
    await deps.journal.release(lease);
  }
}

async function prepare(
  deps: ExecutorDeps,
  { lease, events }: { readonly lease: Lease; readonly events: readonly Event[] },
  options: DriveOptions,
): Promise<Driving> {
  const redaction = createRedaction();
  // What hears of events before the log it writes to is there.
  const listeners: AnchorKeeper[] = [];
  const log = await openRunLog(deps.journal, lease, {
    known: events,
    onEvent: (event) => {
      for (const listener of listeners) listener.heard(event);
      options.onUpdate({ kind: 'event', event });
    },
    redact: (draft) => redactedDraft(redaction, draft),
  });
  // A rehearsal and an exercise leave no trace outside.
  const anchor = log.began.data.mode === 'real' ? deps : {};
  const anchors = createAnchorKeeper(
    { ...anchor, clock: deps.clock },
    { id: lease.run, plan: log.plan, record: (draft) => log.append([draft]) },
  );
  listeners.push(anchors);
  const reached = deps.reach(log.plan);
  const reach: Reach = { ...reached, secret: async (reference) => redaction.add(await reached.secret(reference)) };
  const [kinds, runs] = await Promise.all([
    deps.kindsOf(log.plan),
    readRuns(deps.journal, log.plan.site, { run: lease.run, events: log.events }),
  ]);
  const site = siteState(log.plan.site, runs);
  const from = log.plan.procedure === 'return' ? site.activation : undefined;
  return {
    deps,
    log,
    kinds,
    reach,
    surveys: createSurveyMemory(),
    redaction,
    claims: keeperFor({ deps, log, reach, owed: site.obligations }, lease.epoch),
    anchors,
    inbox: new Inbox(),
    options: {
      ...options,
      onUpdate: (update) => {
        options.onUpdate(update.kind === 'word' ? withoutSecrets(redaction, update) : update);
      },
    },
    inherited: mayHaveBegun(log),
    witnessed: new Map(),
    live: new Map(),
    seen: new Map(),
    refreshing: new Set(),
    owed: site.obligations,
    history: historyOf(log.plan, runs, log.began.run),
    ...(from === undefined ? {} : { activation: await deps.journal.read(from) }),
  };
}

function withoutSecrets(redaction: Redaction, update: Update): Update {
  return redaction.data(update as unknown as Json) as unknown as Update;
}

/** A crash right behind the last event leaves the site claimed by a run that has ended: freed here, nothing else is done. */
async function afterEnd(
  deps: ExecutorDeps,
  run: string,
  outcome: 'completed' | 'aborted' | 'switched-back',
): Promise<DriveEnd> {
  const [row] = (await deps.journal.runs()).filter((one) => one.run === run);
  const claimant = row === undefined ? undefined : await deps.journal.claimant(row.site, row.mode as 'real');
  if (claimant === run) {
    const lease = await deps.journal.lease(run, deps.driver);
    await deps.journal.unclaim(lease);
    await deps.journal.release(lease);
  }
  return { kind: 'ended', outcome };
}
