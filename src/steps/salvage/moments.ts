import type { Json } from '../../events/event.ts';
import type { RunFacts } from '../step-kind.ts';

/** From which moment on a side's writes are its own alone. */
export interface SalvageMoments {
  /** Watched table → its column, and the newest instant that was restored elsewhere. */
  readonly rows: Readonly<Record<string, { readonly column: string; readonly at: string }>>;
  readonly filesSinceAt: string;
}

const beginning = '1970-01-01T00:00:01.000Z';

/**
 * Rows: newer than the newest row of that table in what the activation imported, else than the dump. Files: newer than
 * the backup the activation restored. Where no activation is known everything counts: too much is set aside, never too little.
 */
export function salvageMoments(
  facts: RunFacts,
  database: { readonly timestamps: Readonly<Record<string, string>> },
): SalvageMoments {
  const outputs = Object.values(facts.activation?.outputs ?? {}).filter(isRecord);
  const imported = outputs.find((output) => isRecord(output['newestBy']) && typeof output['database'] === 'string');
  const newestBy = imported === undefined ? {} : record(imported['newestBy']);
  const takenAt = imported === undefined ? undefined : imported['takenAt'];
  const rows = Object.fromEntries(
    Object.entries(database.timestamps).map(([table, column]) => {
      const newest = newestBy[table] ?? takenAt;
      return [table, { column, at: typeof newest === 'string' && newest !== '' ? newest : beginning }];
    }),
  );
  return { rows, filesSinceAt: filesMoment(facts) };
}

/** The oldest backup of files that was restored: what changed after it may be nowhere else. */
function filesMoment(facts: RunFacts): string {
  const choices = Object.entries(facts.activation?.choices ?? {}).filter(([id]) => id.startsWith('backup:'));
  const moments = choices.flatMap(([, choice]) => {
    const { takenAt, files } = record(choice);
    // A dump is one file; a tree says how many it has.
    return typeof takenAt === 'string' && typeof files === 'number' && files !== 1 ? [takenAt] : [];
  });
  return moments.sort()[0] ?? beginning;
}

function record(value: Json | undefined): Readonly<Record<string, Json>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
