import type { BackupCandidate, SourceSurvey } from '../../plan/backup-candidate.ts';
import type { Backup } from '../../runbook/schema/world.ts';

/** One place where copies of a backup lie. */
export type BackupSource = Backup['sources'][number];

/** What surveys for the same asker know of each other. Made by whoever opens the connections, and forgotten with them. */
export interface SurveyMemory {
  /**
   * Dumps that were read whole, and found whole, by host and path: one that has not changed since (ctime: no program can set it
   * back) is not read again at every look at an open gate.
   */
  readonly whole: Map<string, BackupCandidate>;
  /** Sources that are being read ahead: a survey that comes meanwhile waits for the reading. */
  readonly ahead: Map<BackupSource, Promise<unknown>>;
  /**
   * The look at all backups under way: the steps of one gate ask at the same moment, and once is enough. Forgotten when it ends, so
   * that nobody is ever told what was true before he asked.
   */
  underWay: Promise<readonly SourceSurvey[]> | undefined;
}

/** Of an asker who has asked nothing yet. */
export function createSurveyMemory(): SurveyMemory {
  return { whole: new Map(), ahead: new Map(), underWay: undefined };
}
