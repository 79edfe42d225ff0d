/** A hundred times the longest runbook there is. */
export const runbookBytesMax = 4 * 1_048_576;
