import type { Json, Statement } from '../events/event.ts';

/** What an activation cost in data, as shown and signed at the restoration gate. */
export interface Losses {
  readonly filesMs?: number;
  readonly databaseMs?: number;
  readonly skewMs?: number;
}

/** The loss of data that a statement shows: evidence with facts `filesLossMs`, `databaseLossMs`, `skewMs`. */
export function lossesOf(statement: Statement): Losses {
  const found: { filesMs?: number; databaseMs?: number; skewMs?: number } = {};
  for (const { facts, choice } of statement.evidence) {
    for (const value of [facts, choice]) {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) continue;
      const { filesLossMs, databaseLossMs, skewMs } = value as Readonly<Record<string, Json>>;
      if (typeof filesLossMs === 'number') found.filesMs = filesLossMs;
      if (typeof databaseLossMs === 'number') found.databaseMs = databaseLossMs;
      if (typeof skewMs === 'number') found.skewMs = skewMs;
    }
  }
  return found;
}
