import { formatDuration, formatSize } from '../../base/duration.ts';
import { assertNever, DrpError } from '../../base/errors.ts';
import type { ExecutorDeps } from '../../executor/deps.ts';
import type { SyncedTree, SyncEntry } from '../../executor/sync-record.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Progress } from '../../steps/step-kind.ts';
import { printableLine } from '../../views/escape.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { syncFile } from '../sync-file.ts';
import type { Verb } from '../verb.ts';
import { openExecutor, openRunbook, resolveProcedure, withJournalMade } from '../wire.ts';

interface SyncOptions {
  readonly site: string;
  readonly runbooks?: string;
  readonly journal?: string;
  readonly show?: boolean;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--site <name>', 'site whose recovery side is kept warm')
    .option('--show', 'only show what earlier syncs did; touches no network')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .addHelpText(
      'after',
      `
Copies the newest fit backups of files to hidden trees on the recovery host, beside those in use: an
activation goes on with them and sends only what differs. Meant for cron. Refused while users are, or
may be, on the recovery side, and while a run has claimed the site; an activation ends a sync that runs.
${examples([
  ['drp sync --site gravelines', 'fill and refresh what an activation would copy'],
  ['drp sync --site gravelines --show', 'how warm it is, since when'],
  ['17 5 * * *  drp sync --site gravelines', 'every morning, as a line of cron'],
])}`,
    )
    .action(action((options: SyncOptions) => (options.show === true ? show(io, options) : sync(io, options))));
};

async function show(io: Io, options: SyncOptions): Promise<VerbAnswer> {
  const { readSyncRecord } = await import('../../executor/sync-record.ts');
  const { entries, file, head, torn } = await readSyncRecord(syncFile(io, options));
  const shown = entries.slice(-10).map((entry) => entryLine(entry, entries));
  const text = shown.length === 0 ? [`no sync of site ${options.site} is on record`] : shown;
  const half = torn ? ['a crash left half a line behind it; the next sync sets that aside'] : [];
  return {
    text: [...text, ...half, ...(entries.length === 0 ? [] : [recordLine(file, head)])].join('\n'),
    json: { site: options.site, file, head, torn, entries },
  };
}

/** The head stands in what cron mails: kept there, it shows later whether the record was cut or rewritten. */
const recordLine = (file: string, head: string): string => `on record: ${file}, whole up to head ${head.slice(0, 12)}`;

async function sync(io: Io, options: SyncOptions): Promise<VerbAnswer> {
  const plan = await resolveProcedure(await openRunbook(io, options.site, options.runbooks), 'activation');
  const { trees, file, head } = await withJournalMade(io, options.journal, async (journal) => {
    const { deps, close } = await openExecutor(io, journal);
    try {
      return await syncOnRecord(io, deps, { plan, file: syncFile(io, options) });
    } finally {
      await close();
    }
  });
  const failed = trees.filter(({ kind }) => kind === 'failed');
  const [first] = failed;
  if (first !== undefined)
    throw new DrpError('sync-failed', { site: plan.site, step: first.step, reason: first.lines.join('; ') });
  return {
    text: [...trees.flatMap((tree) => treeLines(tree)), recordLine(file, head)].join('\n'),
    json: { site: plan.site, file, head, trees },
  };
}

/** One sync, and the head of its record behind it; the record is this one's alone meanwhile. */
async function syncOnRecord(
  io: Io,
  deps: ExecutorDeps,
  { plan, file }: { readonly plan: Plan; readonly file: string },
): Promise<{ readonly trees: readonly SyncedTree[]; readonly file: string; readonly head: string }> {
  const [{ openSyncRecord }, { syncSite }, { readSiteState }] = await Promise.all([
    import('../../executor/sync-record.ts'),
    import('../../executor/sync-site.ts'),
    import('../../executor/create-executor.ts'),
  ]);
  const record = await openSyncRecord(file, deps.driver);
  try {
    const site = await readSiteState(deps, plan.site);
    const signal = AbortSignal.timeout(longestMs);
    let said = '';
    const onProgress = (step: string, { text }: Progress): void => {
      if (!io.interactive || text === said) return;
      said = text;
      io.stderr.write(`${step}: ${printableLine(text)}\n`);
    };
    const trees = await syncSite(deps, { plan, site, record, signal, onProgress });
    return { trees, file: record.file, head: record.head() };
  } finally {
    await record.close();
  }
}

/** A job that hangs for a day is left to people; it goes on, and the next sync says that the tree is being filled. */
const longestMs = 86_400_000;

function treeLines(tree: SyncedTree): readonly string[] {
  return [
    `${tree.step}: warm as of ${tree.takenAt}, ${String(tree.files)} files, ${formatSize(tree.bytes)}, in ${formatDuration(tree.tookMs)}`,
    ...tree.lines.slice(1).map((line) => `  ${printableLine(line)}`),
  ];
}

function entryLine(entry: SyncEntry, all: readonly SyncEntry[]): string {
  switch (entry.what) {
    case 'refused':
      return `${entry.at} refused: ${printableLine(entry.reason)}`;
    case 'began': {
      const ended = all.some((other) => other.what === 'tree' && other.token === entry.token);
      return `${entry.at} ${entry.step}: began${ended ? '' : '; no end is on record, the next sync looks for it'}`;
    }
    case 'tree':
      return entry.kind === 'done'
        ? `${entry.at} ${entry.step}: warm as of ${entry.takenAt}, ${String(entry.files)} files, ${formatSize(entry.bytes)}, in ${formatDuration(entry.tookMs)}`
        : `${entry.at} ${entry.step}: failed: ${printableLine(entry.lines.join('; '))}`;
    default:
      return assertNever(entry);
  }
}
