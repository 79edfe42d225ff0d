/** An instant for people: UTC, to the second, e.g. `2026-11-21 14:03:07Z`. */
export function instantText(at: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(at) ? `${at.slice(0, 10)} ${at.slice(11, 19)}Z` : at;
}

/** Milliseconds between two instants; 0 where one of them is no instant. */
export function betweenMs(fromAt: string, toAt: string): number {
  const ms = Date.parse(toAt) - Date.parse(fromAt);
  return Number.isFinite(ms) ? ms : 0;
}
