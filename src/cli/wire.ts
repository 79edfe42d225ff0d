import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { DrpError, isDrpError, toError } from '../base/errors.ts';
import { readTextAtMost } from '../base/read-at-most.ts';
import type { WholeReading } from '../checks/backups/whole-reading.ts';
import type { CheckContext } from '../checks/check.ts';
import type { ExecutorDeps } from '../executor/deps.ts';
import type { Executor } from '../executor/executor.ts';
import type { Journal } from '../journal/journal.ts';
import { defaultJournalUrl, journalExists, openJournal } from '../journal/open.ts';
import type { LoadedRunbook } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import type { ProcedureName, Runbook } from '../runbook/schema/runbook.ts';
import type { StepKindName } from '../runbook/schema/steps.ts';
import type { StepKind } from '../steps/step-kind.ts';
import type { HostPool, PoolOptions } from '../transports/pool.ts';
import { atHome, hostTargets } from './host-targets.ts';
import type { Io } from './io.ts';
import { packageVersion } from './overview.ts';

// The only file that picks adapters. What a verb does not use is not loaded.

type UseJournal<T> = (journal: Journal) => Promise<T>;

/**
 * Opens the journal there is, hands it to `use`, closes it whatever happens; none is made. One that was named must be
 * there, since a typing error would hide a run under way: throws journal-missing, and what opening throws.
 */
export async function withJournal<T>(io: Io, url: string | undefined, use: UseJournal<T>): Promise<T> {
  return await usingJournal(openJournal(existingUrl(io, url), { make: false }), use);
}

/** The same for verbs that only read: a journal on a disk that cannot be written to will do. */
export async function withJournalRead<T>(io: Io, url: string | undefined, use: UseJournal<T>): Promise<T> {
  const { openToRead } = await import('../journal/read-only.ts');
  return await usingJournal(openToRead(existingUrl(io, url)), use);
}

/** The same for verbs that only show: quick also where the journal is long, and nothing is verified. */
export async function withJournalShown<T>(io: Io, url: string | undefined, use: UseJournal<T>): Promise<T> {
  return await usingJournalShown(existingUrl(io, url), use);
}

/** The same where the journal that DRP_JOURNAL names need not be there yet, as on a new installation: the verb says so. */
export async function withJournalToCome<T>(io: Io, use: UseJournal<T>): Promise<T> {
  return await usingJournalShown(journalUrl(io, undefined), use);
}

/** The same, asked for again and again: one that is yet to come (`named`: none is) is opened once it is there. */
export async function withJournalWatched<T>(
  io: Io,
  journal: { readonly url: string | undefined; readonly named: boolean },
  use: (now: () => Promise<Journal>) => Promise<T>,
): Promise<T> {
  const url = journal.named ? existingUrl(io, journal.url) : journalUrl(io, undefined);
  const { openToRead } = await import('../journal/read-only.ts');
  let opened: Journal | undefined;
  try {
    return await use(async () => {
      if (opened !== undefined) return opened;
      const there = journalExists(url);
      const found = await openToRead(url, { forShowing: true });
      if (there) opened = found;
      return found;
    });
  } finally {
    await opened?.close();
  }
}

async function usingJournalShown<T>(url: string, use: UseJournal<T>): Promise<T> {
  const { openToRead } = await import('../journal/read-only.ts');
  return await usingJournal(openToRead(url, { forShowing: true }), use);
}

/** The same for verbs that begin or take in a run: a journal is made where there is none. */
export function withJournalMade<T>(io: Io, url: string | undefined, use: UseJournal<T>): Promise<T> {
  return usingJournal(openJournal(journalUrl(io, url), { make: true }), use);
}

async function usingJournal<T>(opening: Promise<Journal>, use: UseJournal<T>): Promise<T> {
  const journal = await opening;
  try {
    return await use(journal);
  } finally {
    await journal.close();
  }
}

function existingUrl(io: Io, url: string | undefined): string {
  const named = url ?? io.env['DRP_JOURNAL'];
  if (named !== undefined && !journalExists(named)) throw new DrpError('journal-missing', { url: named });
  return journalUrl(io, url);
}

function journalUrl(io: Io, url: string | undefined): string {
  return url ?? io.env['DRP_JOURNAL'] ?? defaultJournalUrl(io.env);
}

/** Finds and checks the runbook of a site. Throws runbook-not-found, runbook-invalid. */
export async function openRunbook(io: Io, site: string, folder: string | undefined): Promise<LoadedRunbook> {
  const { loadRunbook, runbookFolders } = await import('../plan/load.ts');
  const named = folder ?? io.env['DRP_RUNBOOKS'];
  const folders = runbookFolders({ cwd: io.cwd, env: io.env, ...(named === undefined ? {} : { folder: named }) });
  return loadRunbook(site, folders);
}

/**
 * The frozen plan of a procedure. Touches no network and resolves no secret. Throws signers-unreadable, unless that is
 * only warned about: then the plan is for reading, its digest is not the one a run will have.
 */
export async function resolveProcedure(
  loaded: LoadedRunbook,
  procedure: ProcedureName,
  options: { readonly onSigners?: (error: DrpError) => void } = {},
): Promise<Plan> {
  const [{ resolvePlan }, kinds, allowedSigners] = await Promise.all([
    import('../plan/resolve.ts'),
    stepKinds(),
    readAllowedSigners(loaded).catch((error: unknown) => {
      if (options.onSigners === undefined || !isDrpError(error)) throw error;
      options.onSigners(error);
      return undefined;
    }),
  ]);
  return resolvePlan(
    // Who people are is frozen with the plan: the text itself, since the file may change or be lost.
    { ...loaded.runbook, ...(allowedSigners === undefined ? {} : { allowedSigners }) },
    { file: loaded.file, text: loaded.text },
    {
      procedure,
      describe: (spec, world) => {
        const kind = kinds.get(spec.kind);
        if (kind === undefined) throw new DrpError('internal', { what: `no such kind of step: ${spec.kind}` });
        return kind.describe(spec as never, world);
      },
    },
  );
}

async function readAllowedSigners({ runbook, file }: LoadedRunbook): Promise<string | undefined> {
  if (runbook.allowedSigners === undefined) return undefined;
  const signers = resolve(dirname(file), atHome(runbook.allowedSigners, homedir()));
  try {
    return await readTextAtMost(signers, signersBytesMax);
  } catch (cause) {
    throw new DrpError('signers-unreadable', { file: signers, reason: toError(cause).message }, { cause });
  }
}

const signersBytesMax = 4 * 1_048_576;

/**
 * The executor over real adapters. The kinds of steps are loaded with the plan of each run it drives. `close` ends
 * connections; remote jobs go on.
 */
export async function openExecutor(
  io: Io,
  journal: Journal,
): Promise<{ readonly executor: Executor; readonly deps: ExecutorDeps; close(): Promise<void> }> {
  const [
    { createExecutor },
    { createProviders },
    { randomIds },
    { currentDriver },
    { createSecrets },
    { createTransportPool },
    { createRemoteJobs },
    { createClaims },
    { createWitness },
  ] = await Promise.all([
    import('../executor/create-executor.ts'),
    import('../providers/create-providers.ts'),
    import('../base/ids.ts'),
    import('../journal/driver.ts'),
    import('./secrets.ts'),
    import('../transports/pool.ts'),
    import('../transports/remote-job.ts'),
    import('../transports/claims.ts'),
    import('../transports/witness.ts'),
  ]);
  const pools: HostPool[] = [];
  const deps: ExecutorDeps = {
    journal,
    kindsOf: stepKinds,
    reach: (plan) => {
      const hosts = createTransportPool(hostTargets(plan.world.hosts));
      pools.push(hosts);
      return {
        hosts,
        jobs: createRemoteJobs(hosts, systemClock),
        claims: createClaims(hosts),
        witness: createWitness(hosts),
        secret: createSecrets({ env: io.env, runbookFile: plan.runbook.file }),
      };
    },
    providers: createProviders({ clock: systemClock }),
    clock: systemClock,
    ids: randomIds,
    driver: currentDriver(packageVersion()),
    version: packageVersion(),
    anchor: runAnchor,
  };
  return {
    executor: createExecutor(deps),
    deps,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.closeAll()));
    },
  };
}

/** Connections to the hosts of a runbook, for verbs that need no run. */
export async function openHosts(runbook: Pick<Runbook, 'hosts'>, options: PoolOptions = {}): Promise<HostPool> {
  const { createTransportPool } = await import('../transports/pool.ts');
  return createTransportPool(hostTargets(runbook.hosts, homedir()), options);
}

/** What probes may use, over real adapters. `close` ends the connections. */
export async function openCheck(
  io: Io,
  { runbook, file }: LoadedRunbook,
  given: Pick<CheckContext, 'lost' | 'signal' | 'past' | 'plans'> & {
    /** Copies of backups that earlier checks read whole. */
    readonly readings?: Readonly<Record<string, WholeReading>>;
  },
): Promise<{ readonly context: CheckContext; close(): Promise<void> }> {
  const [{ createProviders }, { createSecrets }, { createSurveys }, { oneLoginEach }, { withoutLost }, pool] =
    await Promise.all([
      import('../providers/create-providers.ts'),
      import('./secrets.ts'),
      import('../checks/backups/surveys.ts'),
      import('../checks/one-login.ts'),
      import('../checks/without-lost.ts'),
      openHosts(runbook, { limits: { handshakesMax: checkHandshakesMax } }),
    ]);
  const { readings = {}, ...asked } = given;
  const hosts = withoutLost(oneLoginEach(pool), runbook, given.lost);
  const context: CheckContext = {
    ...asked,
    runbook,
    hosts,
    shownKeys: showKeys(runbook),
    surveys: createSurveys({ runbook, hosts, clock: systemClock, lost: given.lost, readings }),
    providers: createProviders({ clock: systemClock }),
    clock: systemClock,
    secret: createSecrets({ env: io.env, runbookFile: file }),
  };
  return { context, close: () => pool.closeAll() };
}
/** Keys of the pinned types, shown at the host's own address. */
export function showKeys({ hosts }: Pick<Runbook, 'hosts'>): CheckContext['shownKeys'] {
  return async (name, signal) => {
    const { scanHostKeys } = await import('../transports/scan-host-keys.ts');
    const { address = '', port = 22, hostKeys = [] } = hosts[name] ?? {};
    const types = hostKeys.map((key) => key.split(' ')[0] ?? '');
    return (await scanHostKeys(address, port, { types, signal })).map(({ key }) => key);
  };
}
/** A check logs in to every host of a site at the same moment. */
const checkHandshakesMax = 16;

/** Anchor commands run in the home folder of whoever drives the run. */
async function runAnchor(command: readonly string[], anchor: string, signal: AbortSignal): Promise<void> {
  const { runSubprocess } = await import('../transports/subprocess.ts');
  const options = { cwd: homedir(), signal, timeoutMs: anchorMs, maxOutputBytes: anchorBytes };
  const { result } = await runSubprocess([...command, anchor] as never, options);
  if (result.kind !== 'exited' || result.exitCode !== 0) {
    throw new DrpError('internal', { what: `anchor command ${command[0] ?? ''} failed` });
  }
}
const anchorMs = 20_000;
const anchorBytes = 4_096;

async function stepKinds(plan?: Plan): Promise<ReadonlyMap<StepKindName, StepKind>> {
  const [{ loadStepKinds }, { stepsOf }] = await Promise.all([
    import('../steps/index.ts'),
    import('../plan/phases.ts'),
  ]);
  if (plan === undefined) return loadStepKinds();
  return loadStepKinds(stepsOf(plan).flatMap(({ kind }) => (kind === 'gate' ? [] : [kind])));
}
