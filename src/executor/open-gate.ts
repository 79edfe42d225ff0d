import type { Draft, EvidenceItem } from '../events/event.ts';
import { renderStatement, statementDigest } from '../gates/statement.ts';
import type { PlannedGate } from '../plan/plan.ts';
import { pointsOfNoReturn } from '../proof/no-return.ts';
import { moving } from './drafts.ts';
import type { Driving } from './driving.ts';
import { stepOf } from './driving.ts';
import type { Wanted } from './fold.ts';
import { knownBefore } from './known-before.ts';
import { standingEvidence } from './standing-evidence.ts';

/** The event that opens a gate: its statement, rendered once over the journal's head, stored and bound by every answer. */
export function openGate(driving: Driving, effect: Wanted, items: readonly EvidenceItem[]): Draft | undefined {
  const { log, deps } = driving;
  const { data } = log.began;
  const gate = log.plan.gates[effect.subject ?? ''];
  if (gate === undefined) return undefined;
  const earlier = log.events.filter((event) => event.type === 'gate.opened' && event.data.gate === gate.id).length;
  const statement = renderStatement({
    run: log.began.run,
    site: log.plan.site,
    procedure: data.procedure,
    mode: data.mode,
    planDigest: data.planDigest,
    gate,
    attempt: earlier + 1,
    evidence: [...standingEvidence(log.events, log.plan, knownBefore(driving, gate.id)), ...items],
    irreversible: whatStays(log, gate),
    head: log.head,
    nonce: deps.ids.nonce(),
    openedAt: deps.clock.nowIso(),
  });
  const digest = statementDigest(statement);
  return moving(log.run, {
    type: 'gate.opened',
    by: 'drp',
    data: { gate: gate.id, key: effect.key, statement, digest },
  });
}

/** What approving cannot take back: steps without an undo, and what users write once they are sent to the other side. */
export function whatStays(log: Driving['log'], gate: Pick<PlannedGate, 'id' | 'covers'>): readonly string[] {
  // What `unserved` covers would be run by a reopening, not by ending.
  const covered = gate.id === 'unserved' ? [] : gate.covers;
  const final = covered.map((id) => stepOf(log, id)).filter((step) => step.irreversible);
  const points = pointsOfNoReturn(log.plan).filter((point) => point.gate === gate.id);
  return [...final.map((step) => step.title), ...points.flatMap((point) => point.lasting)];
}
