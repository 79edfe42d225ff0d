/** One backup found on one source host, as a survey read it. */
export interface BackupCandidate {
  readonly backup: string;
  readonly kind: 'files' | 'database';
  readonly host: string;
  readonly datacentre: string;
  /** Absolute path on that host: a dump file, or the folder of a tree. */
  readonly path: string;
  /** Instant that `{time}` of the pattern stands for. */
  readonly takenAt: string;
  /** -1: not measured (only the newest of each source are). */
  readonly bytes: number;
  /** 1 for a dump; -1: not measured. */
  readonly files: number;
  /** As the `.sha256` file beside a dump says; '' where there is none. */
  readonly sha256: string;
  /** What bars it, in words: empty, truncated, checksum of another file. Empty: fit, as far as was looked. */
  readonly defects: readonly string[];
  /** Of a dump: by what it begins with. `packed` is `custom` behind gzip or the like; only `custom` can be imported. */
  readonly format?: DumpFormat;
  /** Why all of it could not be read where that was wanted: a program that its host lacks. */
  readonly unread?: string;
  /** How all of it was read: `checksum`, `content`, `manifest`. Absent: it was not. */
  readonly readBy?: readonly string[];
  /** When, where it was not now: a check remembers what it read. */
  readonly readAt?: string;
  /** Which of these ways showed that it is broken. */
  readonly misreadBy?: readonly string[];
  /** When a file of it last changed, by the host's own count of changes (ctime): no program can set it back. */
  readonly changed?: string;
  /** It was still being written; asked only where a copy is read whole. */
  readonly growing?: true;
}

/** What a dump is, by what it begins with, whatever its name. */
export type DumpFormat = 'custom' | 'packed' | 'sql' | 'mysql' | 'unknown';

/** What looking at one source of one backup gave. Unreachable and lost hosts are named, never left out. */
export interface SourceSurvey {
  readonly backup: string;
  readonly host: string;
  readonly datacentre: string;
  readonly answer:
    | { readonly kind: 'surveyed'; readonly candidates: readonly BackupCandidate[] }
    /** `absent`: the host answers, and has no such folder. */
    | { readonly kind: 'unreachable'; readonly reason: string; readonly absent?: true };
}
