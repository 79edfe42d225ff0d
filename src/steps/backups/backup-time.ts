const pattern = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T_-]?(\d{2}):?(\d{2})(?::?(\d{2}))?Z?)?$/;

/**
 * The instant that `{time}` of a backup's name stands for, UTC: 2026-11-21T1400Z, 20261121-140000, 2026-11-21. A day
 * alone is its first moment: the loss is never shown smaller than it is. Undefined for what is no instant.
 */
export function parseBackupTime(text: string): string | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = match;
  const iso = `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour}:${minute}:${second}.000Z`;
  const ms = Date.parse(iso);
  // 2026-02-31 is parsed as a day of March by some, and refused by others.
  return Number.isNaN(ms) || new Date(ms).toISOString() !== iso ? undefined : iso;
}
