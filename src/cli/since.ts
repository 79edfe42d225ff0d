import { parseDuration } from '../base/duration.ts';

/** `now`, `10m ago`, or an instant such as 2026-11-21T14:03Z → ISO UTC; undefined for anything else, and for the future. */
export function parseSince(text: string, nowMs: number): string | undefined {
  const trimmed = text.trim();
  if (trimmed === 'now') return new Date(nowMs).toISOString();
  const ago = /^(.+?)\s+ago$/.exec(trimmed);
  if (ago !== null) {
    const ms = parseDuration(ago[1] ?? '');
    return ms === undefined ? undefined : new Date(nowMs - ms).toISOString();
  }
  const zoned = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)$/.exec(trimmed);
  if (zoned === null || !isDay(zoned[1] ?? '')) return undefined;
  const ms = Date.parse(`${zoned[1] ?? ''}T${zoned[2] ?? ''}${zoned[3] ?? ''}`);
  // A minute of grace: the clock of whoever reported it may be a little ahead.
  return Number.isNaN(ms) || ms > nowMs + 60_000 ? undefined : new Date(ms).toISOString();
}

/** Date.parse reads the 30th of February as the 2nd of March. */
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
