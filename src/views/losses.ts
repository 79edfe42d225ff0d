import { formatDuration } from '../base/duration.ts';
import type { Json, Statement } from '../events/event.ts';
import type { Plan } from '../plan/plan.ts';
import type { Style } from './style.ts';

/** What an activation cost in data, as shown and signed at the restoration gate. */
export interface Losses {
  readonly filesMs?: number;
  readonly databaseMs?: number;
  readonly skewMs?: number;
}

/** What the runbook's objectives allow. */
export function lossLimitsOf({ world }: Pick<Plan, 'world'>): Losses {
  const { filesLossMs, databaseLossMs, skewMs } = world.objectives;
  return { filesMs: filesLossMs, databaseMs: databaseLossMs, skewMs };
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

/**
 * Losses in words, each beside what the runbook allows and whether that was kept; empty where none are known yet. Without limits
 * (nothing was lost in the end) no verdict is given.
 */
export function lossesText(losses: Losses, style: Style, limits: Losses = {}): string {
  const one = (what: string, limit: string, key: keyof Losses): readonly string[] => {
    const [ms, mostMs] = [losses[key], limits[key]];
    if (ms === undefined) return [];
    const said = `${what} ${formatDuration(ms)}`;
    if (mostMs === undefined) return [said];
    return [`${said} (${limit} ${formatDuration(mostMs)} ${ms <= mostMs ? style.good('kept') : style.bad('MISSED')})`];
  };
  return [
    ...one('files', 'RPO', 'filesMs'),
    ...one('databases', 'RPO', 'databaseMs'),
    ...one('skew between them', 'at most', 'skewMs'),
  ].join(', ');
}
