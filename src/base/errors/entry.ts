/** One error: exit code, what happened (lower-case, no full stop), and a sentence with the next command to type. */
export interface CatalogEntry {
  readonly exitCode: 1 | 2 | 3 | 4 | 5 | 75 | 130;
  readonly message: string;
  readonly hint: string;
  /** The hint where it is evidence of a gate: no driver is to be resumed, the gate is to be looked at anew. */
  readonly atGate?: string;
  /** The hint where a step failed by it: the run is driven, and the step is tried again only when somebody says so. */
  readonly atStep?: string;
}
