import { dirname, join } from 'node:path';
import { formatDuration, formatSize } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { SyncEntry } from '../../executor/sync-record.ts';
import type { SyncedTree } from '../../executor/sync-site.ts';
import { defaultJournalUrl } from '../../journal/open.ts';
import { printableLine } from '../../views/escape.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
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

/** Syncs belong to no run: their record lies beside the journal. */
async function recordOf(io: Io, { site, journal }: SyncOptions) {
  const { openSyncRecord } = await import('../../executor/sync-record.ts');
  const url = journal ?? io.env['DRP_JOURNAL'] ?? defaultJournalUrl(io.env);
  const beside = url.startsWith('sqlite:') ? url : defaultJournalUrl(io.env);
  return await openSyncRecord(join(dirname(beside.slice('sqlite:'.length)), 'sync', `${site}.jsonl`));
}

async function show(io: Io, options: SyncOptions): Promise<VerbAnswer> {
  const { entries, file } = await recordOf(io, options);
  const shown = entries.slice(-10).map(entryLine);
  const text = shown.length === 0 ? [`no sync of site ${options.site} is on record`] : shown;
  return { text: [...text, `on record: ${file}`].join('\n'), json: { site: options.site, file, entries } };
}

async function sync(io: Io, options: SyncOptions): Promise<VerbAnswer> {
  const plan = await resolveProcedure(await openRunbook(io, options.site, options.runbooks), 'activation');
  const record = await recordOf(io, options);
  const [{ syncSite }, { readSiteState }] = await Promise.all([
    import('../../executor/sync-site.ts'),
    import('../../executor/create-executor.ts'),
  ]);
  const trees = await withJournalMade(io, options.journal, async (journal) => {
    const { deps, close } = await openExecutor(io, journal);
    try {
      const site = await readSiteState(deps, plan.site);
      let said = '';
      return await syncSite(deps, {
        ...{ plan, site, record },
        signal: AbortSignal.timeout(longestMs),
        onProgress: (step, { text }) => {
          if (!io.interactive || text === said) return;
          said = text;
          io.stderr.write(`${step}: ${printableLine(text)}\n`);
        },
      });
    } finally {
      await close();
    }
  });
  const failed = trees.filter(({ kind }) => kind === 'failed');
  const [first] = failed;
  if (first !== undefined)
    throw new DrpError('sync-failed', { site: plan.site, step: first.step, reason: first.lines.join('; ') });
  return {
    text: [...trees.flatMap((tree) => treeLines(tree)), `on record: ${record.file}`].join('\n'),
    json: { site: plan.site, file: record.file, trees },
  };
}

/** A job that hangs for a day is left to people; it goes on, and the next sync says that the tree is being filled. */
const longestMs = 86_400_000;

function treeLines(tree: SyncedTree): readonly string[] {
  return [
    `${tree.step}: warm as of ${tree.takenAt}, ${String(tree.files)} files, ${formatSize(tree.bytes)}, in ${formatDuration(tree.tookMs)}`,
    ...tree.lines.slice(1).map((line) => `  ${printableLine(line)}`),
  ];
}

function entryLine(entry: SyncEntry): string {
  if (entry.what === 'refused') return `${entry.at} refused: ${printableLine(entry.reason)}`;
  const what = `${entry.at} ${entry.step}`;
  return entry.kind === 'done'
    ? `${what}: warm as of ${entry.takenAt}, ${String(entry.files)} files, ${formatSize(entry.bytes)}, in ${formatDuration(entry.tookMs)}`
    : `${what}: failed: ${printableLine(entry.lines.join('; '))}`;
}
