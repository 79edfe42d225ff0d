/** A copy that was read to its end and found whole; what it is known by again. */
export interface WholeReading {
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
  readonly sha256: string;
  /** As its host counts changes (ctime). */
  readonly changed: string;
  readonly readBy: readonly string[];
  /** When it was read. */
  readonly at: string;
}
