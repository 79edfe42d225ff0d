import { DrpError } from '../../base/errors.ts';
import type { Json } from '../../events/event.ts';
import type { ChosenBackup, RunFacts } from '../step-kind.ts';

/** The backup that an approved gate chose, by its name in the runbook; undefined before that. */
export function chosenBackup(facts: Pick<RunFacts, 'choices'>, backup: string): ChosenBackup | undefined {
  const choice: Json | undefined = facts.choices[`backup:${backup}`];
  if (typeof choice !== 'object' || choice === null || Array.isArray(choice)) return undefined;
  const value = choice as Readonly<Record<string, Json>>;
  const { host, path, takenAt, bytes, files, sha256, readSha256 } = value;
  if (typeof host !== 'string' || typeof path !== 'string' || typeof takenAt !== 'string') return undefined;
  return {
    backup,
    host,
    path,
    takenAt,
    bytes: typeof bytes === 'number' ? bytes : -1,
    files: typeof files === 'number' ? files : -1,
    sha256: typeof sha256 === 'string' ? sha256 : '',
    readSha256: typeof readSha256 === 'string' ? readSha256 : '',
  };
}

/** The chosen backup of a step. Throws backup-not-chosen. */
export function requireChosenBackup(facts: Pick<RunFacts, 'choices'>, step: string, backup: string): ChosenBackup {
  const chosen = chosenBackup(facts, backup);
  if (chosen === undefined) throw new DrpError('backup-not-chosen', { step, backup });
  return chosen;
}
