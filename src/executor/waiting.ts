import { cancelledText } from '../events/cancelled-text.ts';
import type { Event, Statement } from '../events/event.ts';
import { offeredCopies } from '../steps/backups/offered-copies.ts';
import { answersAmong } from './accepted.ts';
import type { Waiting } from './executor.ts';
import { acceptedNow, type Run } from './fold.ts';
import { answersOnPaper } from './on-paper.ts';

interface Told {
  readonly statements: Map<string, { readonly statement: Statement; readonly digest: string }>;
  readonly troubles: Map<string, { readonly reason: string; readonly hint: string }>;
}

/** Ways that stand open beside the work or the gate; nobody has to take one. */
const ways: ReadonlySet<string> = new Set(['cancel', 'switch-back', 'hold', 'reopen']);

/** What waits for a person: open gates first, then what needs attention. Pure. */
export function waitingOf(run: Run, events: readonly Event[]): readonly Waiting[] {
  return waitingReader(events)(run);
}

/**
 * The same for whoever asks again and again while `events` grow: each event is looked at once, and a run that has not moved
 * gives the list it gave before.
 */
export function waitingReader(events: readonly Event[]): (run: Run) => readonly Waiting[] {
  const told: Told = { statements: new Map(), troubles: new Map() };
  let heard = 0;
  let last: { readonly snapshot: unknown; readonly waiting: readonly Waiting[] } | undefined;
  return (run) => {
    let news = false;
    for (; heard < events.length; heard += 1) {
      const event = events[heard];
      if (event !== undefined && tell(told, event)) news = true;
    }
    if (!news && last !== undefined && last.snapshot === run.snapshot) return last.waiting;
    const waiting = listOf(run, told);
    last = { snapshot: run.snapshot, waiting };
    return waiting;
  };
}

function listOf(run: Run, told: Told): readonly Waiting[] {
  const states = statesOf(run);
  const answers = answersAmong(acceptedNow(run));
  return [...(run.onPaper ? answersOnPaper(answers) : answers)]
    .filter(([, verbs]) => verbs.some((verb) => !ways.has(verb)))
    .map(([subject, verbs]) => waiting(subject, verbs, { told, state: states.get(subject) ?? '' }))
    .sort((a, b) => Number(a.kind !== 'gate') - Number(b.kind !== 'gate'));
}

function waiting(
  subject: string,
  verbs: readonly string[],
  facts: { readonly told: Told; readonly state: string },
): Waiting {
  const statement = facts.told.statements.get(subject);
  const trouble = facts.told.troubles.get(subject);
  const open = verbs.includes('approve');
  return {
    kind: open ? 'gate' : 'attention',
    subject,
    state: facts.state,
    // Another backup can be chosen only where backups are shown.
    verbs: offersCopies(statement?.statement) ? verbs : verbs.filter((verb) => verb !== 'choose'),
    ...(open && statement !== undefined ? { statement: statement.statement, statementDigest: statement.digest } : {}),
    ...(!open && trouble !== undefined ? { reason: trouble.reason, hint: trouble.hint } : {}),
  };
}

function offersCopies(statement: Statement | undefined): boolean {
  return statement !== undefined && offeredCopies(statement.evidence).length > 1;
}

/** Takes one event in; true where it says something here. */
function tell({ statements, troubles }: Told, event: Event): boolean {
  switch (event.type) {
    case 'gate.opened':
      statements.set(event.data.gate, { statement: event.data.statement, digest: event.data.digest });
      return true;
    case 'gate.decided': {
      const { gate, decision, person, reason } = event.data;
      if (decision === 'reject') troubles.set(gate, { reason: `rejected by ${person}: ${reason}`, hint: '' });
      return true;
    }
    case 'gate.unready':
      troubles.set(event.data.gate, { reason: event.data.reason, hint: event.data.hint });
      return true;
    case 'step.failed':
      troubles.set(event.data.step, { reason: event.data.reason, hint: event.data.hint });
      return true;
    case 'decision.made':
      if (event.data.verb !== 'cancel') return false;
      // What it ends with is no trouble of its own, and an earlier attempt's is not the reason.
      troubles.set(event.data.subject, { reason: cancelledText(event.data), hint: '' });
      return true;
    case 'stop.failed': {
      const { step, key, reason } = event.data;
      troubles.set(step ?? key.slice(key.indexOf('.') + 1), { reason, hint: '' });
      return true;
    }
    default:
      return false;
  }
}

/** Step or gate id → the innermost state it stands in. */
function statesOf(run: Run): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const node of run.snapshot._nodes as readonly {
    key: string;
    path: readonly string[];
    parent?: { meta?: { step?: string; gate?: string } };
  }[]) {
    const owner = node.parent?.meta?.step ?? node.parent?.meta?.gate;
    if (owner !== undefined) found.set(owner, node.key);
    else if (node.path.length === 1) found.set(node.key.replace(/-(failed|interrupted)$/, ''), node.key);
  }
  return found;
}
