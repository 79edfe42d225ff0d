import { DrpError } from '../base/errors.ts';
import type { EvidenceItem } from '../events/event.ts';
import { lastOpened } from '../events/last-opened.ts';
import { compareEvidence } from '../gates/statement.ts';
import { moving } from './drafts.ts';
import type { Driving } from './driving.ts';
import { acceptedNow } from './fold.ts';
import { knownBefore } from './known-before.ts';
import { gatherEvidence } from './launch.ts';
import { standingEvidence } from './standing-evidence.ts';

/** Evidence gathered within this time counts as probed now, ms: an approval then passes at once. */
const freshMs = 30_000;
/** While a gate is open its evidence is looked at again this often, ms … */
const refreshEveryMs = 20_000;
/** … for this long; after that an approval waits for the look itself. Hosts are not asked all night. */
const refreshForMs = 600_000;
/** Gathering must end within this time, ms. */
const gatherMs = 60_000;

/** Starts looking again at what open gates show, where it is getting old; the loop hears of it as an item of its inbox. */
export function refreshOpenGates(driving: Driving): void {
  const { deps, seen, refreshing, inbox } = driving;
  const now = deps.clock.nowMs();
  for (const [gate, last] of seen) {
    if (!isOpen(driving, gate)) {
      seen.delete(gate);
      continue;
    }
    const every = Math.max(refreshEveryMs, 3 * last.tookMs);
    if (refreshing.has(gate) || now - last.atMs < every || now - last.openedMs > refreshForMs) continue;
    refreshing.add(gate);
    void gatherEvidence(driving, gate, AbortSignal.timeout(gatherMs)).then(
      (items) => inbox.put({ kind: 'seen', gate, items, tookMs: deps.clock.nowMs() - now }),
      // Not being able to look now is no news: an approval looks again itself.
      () => refreshing.delete(gate),
    );
  }
}

/** Takes what was seen; a changed choice or a worse finding makes a new statement before anybody answers the old one. */
export async function noteSeen(
  driving: Driving,
  look: { readonly gate: string; readonly items: readonly EvidenceItem[]; readonly tookMs: number },
): Promise<void> {
  const { deps, seen, refreshing } = driving;
  const { gate, items, tookMs } = look;
  refreshing.delete(gate);
  const shown = shownAt(driving, gate);
  if (shown === undefined || !isOpen(driving, gate)) return;
  const atMs = deps.clock.nowMs();
  seen.set(gate, { items, atMs, openedMs: seen.get(gate)?.openedMs ?? atMs, tookMs });
  const what = difference(driving, { gate, shown, items });
  if (what !== undefined) await renew(driving, gate, `the evidence changed: ${what}`);
}

/** What was approved must still be so. Throws evidence-changed after having the gate shown anew. */
export async function refuseStaleEvidence(driving: Driving, gate: string): Promise<void> {
  const { deps, seen, log } = driving;
  const shown = shownAt(driving, gate) ?? [];
  const last = seen.get(gate);
  const fresh = last !== undefined && deps.clock.nowMs() - last.atMs <= freshMs;
  if (!fresh) driving.options.onUpdate({ kind: 'looking', gate });
  const items = fresh ? last.items : await gatherEvidence(driving, gate, AbortSignal.timeout(gatherMs));
  const what = difference(driving, { gate, shown, items });
  if (what === undefined) return;
  await renew(driving, gate, `the evidence changed: ${what}`);
  throw new DrpError('evidence-changed', { gate, what, run: log.began.run });
}

/** Titles of what changed since it was shown; undefined: nothing a decision binds to. */
function difference(
  driving: Driving,
  {
    gate,
    shown,
    items,
  }: { readonly gate: string; readonly shown: readonly EvidenceItem[]; readonly items: readonly EvidenceItem[] },
): string | undefined {
  const { log } = driving;
  const now = [...standingEvidence(log.events, log.plan, knownBefore(driving, gate)), ...items];
  if (compareEvidence(shown, now) !== 'changed') return undefined;
  const changed = now.filter(
    (item) => !shown.some((old) => old.id === item.id && compareEvidence([old], [item]) !== 'changed'),
  );
  return changed.map((item) => item.title).join(', ') || 'something shown is no longer there';
}

/** Statements nobody may answer any more are shown anew: of this gate, or of every open one. */
export async function renewExpired(driving: Driving, only?: string): Promise<void> {
  const { log, deps } = driving;
  const now = deps.clock.nowIso();
  for (const gate of only === undefined ? Object.keys(log.plan.gates) : [only]) {
    const expiresAt = lastOpened(log.events, gate)?.data.statement.expiresAt;
    if (expiresAt !== undefined && now > expiresAt && isOpen(driving, gate)) {
      await renew(driving, gate, `the statement expired at ${expiresAt}`);
    }
  }
}

async function renew(driving: Driving, gate: string, reason: string): Promise<void> {
  const { log } = driving;
  const data = { gate, reason };
  const draft = moving(log.run, { type: 'gate.renewed', by: 'drp', data });
  if (draft !== undefined) await log.append([draft]);
}

function shownAt(driving: Driving, gate: string): readonly EvidenceItem[] | undefined {
  return lastOpened(driving.log.events, gate)?.data.statement.evidence;
}

function isOpen(driving: Driving, gate: string): boolean {
  return acceptedNow(driving.log.run).includes(`${gate}.approve`);
}
