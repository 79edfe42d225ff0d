import { formatDuration, formatSize } from '../../base/duration.ts';
import { assertNever } from '../../base/errors.ts';
import type { EvidenceItem, Json } from '../../events/event.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import type { Database } from '../../runbook/schema/world.ts';
import { backupItems, lookForBackups } from '../backups/backup-evidence.ts';
import { databaseOf } from '../remote/host-path.ts';
import { numberOf, outputOf, textOf } from '../remote/step-output.ts';
import { troubleItem } from '../remote/trouble.ts';
import type { StepContext } from '../step-kind.ts';
import { contentLines, countsInWords, countsOf, parseCounts } from './counts.ts';
import { readLiveDatabase } from './live-database.ts';

type Spec = SpecOf<'database'>;
type Output = Readonly<Record<string, Json>>;

/**
 * What a gate shows about a database step. It follows how far the lane has come: the backups to choose from, then the
 * dump that was fetched, then what the import made; and what the switch replaces.
 */
export async function databaseEvidence(
  step: PlannedStep,
  spec: Spec,
  context: StepContext,
): Promise<readonly EvidenceItem[]> {
  const database = databaseOf(context.world, spec.database);
  switch (spec.do) {
    case 'fetch': {
      const fetched = outputOf(context, step.id);
      if (fetched !== undefined) return [fetchedItem(step, fetched, context)];
      if (!('backup' in spec.from)) return [];
      return backupItems(spec.from.backup, await lookForBackups(context), context);
    }
    case 'import': {
      const imported = outputOf(context, step.id);
      if (imported !== undefined) return [importedItem(step, imported)];
      const fetched = outputOf(context, spec.fetch);
      return fetched === undefined
        ? []
        : [
            fetchedItem(step, fetched, context),
            await replacedItem(step, { context, database, takenAt: textOf(fetched, 'takenAt') }),
          ];
    }
    case 'switch': {
      const imported = outputOf(context, spec.import);
      return [
        await replacedItem(step, {
          context,
          database,
          takenAt: imported === undefined ? '' : textOf(imported, 'takenAt'),
        }),
      ];
    }
    case 'dump': {
      const dumped = outputOf(context, step.id);
      return dumped === undefined ? [] : [fetchedItem(step, dumped, context)];
    }
    default:
      return assertNever(spec);
  }
}

function fetchedItem(step: PlannedStep, dump: Output, context: StepContext): EvidenceItem {
  const takenAt = textOf(dump, 'takenAt');
  const ageMs = context.clock.nowMs() - Date.parse(takenAt);
  const from = dump['from'];
  const source =
    typeof from === 'object' && from !== null && 'path' in from
      ? `${String(from['host'])}:${String(from['path'])}`
      : textOf(dump, 'path');
  const matched = textOf(dump, 'checksum') !== 'computed';
  return {
    id: `dump:${step.id}`,
    title: 'the dump to be imported',
    severity: matched ? 'ok' : 'attention',
    lines: [
      `from ${source}`,
      `taken ${takenAt}, ${Number.isFinite(ageMs) ? formatDuration(ageMs) : '?'} ago, ${formatSize(numberOf(dump, 'bytes'))}`,
      `SHA-256 ${textOf(dump, 'sha256')}${matched ? '' : ' (computed here: no checksum came with the dump)'}`,
      'read to its end without an error',
    ],
    choice: { sha256: textOf(dump, 'sha256'), takenAt },
  };
}

function importedItem(step: PlannedStep, imported: Output): EvidenceItem {
  const counts = countsOf(imported) ?? parseCounts([]);
  const takenAt = textOf(imported, 'takenAt');
  const gapMs = counts.newest === '' ? Number.NaN : Date.parse(takenAt) - Date.parse(counts.newest);
  const empty = Object.values(counts.rows).every((rows) => rows === 0);
  const messages = imported['messages'];
  const unexpected = Array.isArray(messages) ? messages.length : 0;
  const strange = Array.isArray(imported['strange']) ? imported['strange'].map(String) : [];
  return {
    id: `import:${step.id}`,
    title: 'what was imported',
    severity: empty ? 'red' : unexpected > 0 || strange.length > 0 || counts.newest === '' ? 'attention' : 'ok',
    lines: [
      `${counts.tables} tables, ${formatSize(numberOf(imported, 'bytes'))}`,
      ...Object.entries(counts.rows).map(([table, rows]) => `${table}: ${rows} rows`),
      counts.newest === ''
        ? 'no table is watched for its newest row'
        : `newest row ${counts.newest}, ${formatDuration(Math.abs(gapMs))} ${gapMs >= 0 ? 'before' : 'after'} the dump was taken (${takenAt})`,
      ...(imported['compared'] === true ? contentLines(counts, strange) : []),
      ...(unexpected > 0 ? [`${unexpected} message(s) that the runbook does not call harmless`] : []),
    ],
    choice: { database: textOf(imported, 'database'), sha256: textOf(imported, 'sha256') },
    facts: { tables: counts.tables, rows: counts.rows, newest: counts.newest },
  };
}

/** What stands under the live name now; newer than the backup is what a person must see before it is replaced. */
async function replacedItem(
  step: PlannedStep,
  at: { readonly context: StepContext; readonly database: Database; readonly takenAt: string },
): Promise<EvidenceItem> {
  const { context, database, takenAt } = at;
  const base = { id: `replaces:${step.id}`, title: `what '${database.name}' on ${database.host} holds now` };
  try {
    const live = await readLiveDatabase(context, database);
    if (live.kind === 'absent')
      return { ...base, severity: 'ok', lines: ['there is no such database yet'], choice: 'absent' };
    const { counts } = live;
    const newer = takenAt !== '' && counts.newest > takenAt;
    return {
      ...base,
      severity: newer ? 'attention' : 'ok',
      lines: [
        `${counts.tables} tables (${countsInWords(counts)}), ${formatSize(live.bytes)}, newest row ${counts.newest === '' ? 'not watched' : counts.newest}`,
        ...(newer ? [`the target holds newer data than the dump of ${takenAt}`] : []),
        'it is kept aside under another name until closing',
      ],
      choice: newer ? 'newer' : 'older',
      facts: { newest: counts.newest, rows: counts.rows },
    };
  } catch (error) {
    return troubleItem(base, error);
  }
}
