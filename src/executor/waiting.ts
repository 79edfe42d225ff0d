import type { Event, Statement } from '../events/event.ts';
import { offeredCopies } from '../steps/backups/offered-copies.ts';
import type { Waiting } from './executor.ts';
import { acceptedNow, type Run } from './fold.ts';

/** Phases from which users may be sent back now, though nothing asks about it. Pure. */
export function switchBackFrom(run: Run): readonly string[] {
  return acceptedNow(run).flatMap((type) =>
    type.endsWith('.switch-back') ? [type.slice(0, type.lastIndexOf('.'))] : [],
  );
}

/** What may be said now, by step, gate or phase: `copy-files` → retry, mark-done. Pure. */
export function answersNow(run: Run): ReadonlyMap<string, readonly string[]> {
  const bySubject = new Map<string, string[]>();
  for (const type of acceptedNow(run).filter((accepted) => accepted !== 'abort')) {
    const dot = type.lastIndexOf('.');
    const subject = type.slice(0, dot);
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), type.slice(dot + 1)]);
  }
  return bySubject;
}

interface Told {
  readonly statements: ReadonlyMap<string, { readonly statement: Statement; readonly digest: string }>;
  readonly troubles: ReadonlyMap<string, { readonly reason: string; readonly hint: string }>;
}

/** Ways that stand open beside the work or the gate; nobody has to take one. */
const ways: ReadonlySet<string> = new Set(['cancel', 'switch-back', 'hold', 'reopen']);

/** What waits for a person: open gates first, then what needs attention. Pure. */
export function waitingOf(run: Run, events: readonly Event[]): readonly Waiting[] {
  const told = tell(events);
  const states = statesOf(run);
  return [...answersNow(run)]
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

function tell(events: readonly Event[]): Told {
  const statements = new Map<string, { statement: Statement; digest: string }>();
  const troubles = new Map<string, { reason: string; hint: string }>();
  for (const event of events) {
    switch (event.type) {
      case 'gate.opened':
        statements.set(event.data.gate, { statement: event.data.statement, digest: event.data.digest });
        break;
      case 'gate.decided':
        if (event.data.decision === 'reject') {
          troubles.set(event.data.gate, { reason: `rejected by ${event.data.person}: ${event.data.reason}`, hint: '' });
        }
        break;
      case 'gate.unready':
        troubles.set(event.data.gate, { reason: event.data.reason, hint: event.data.hint });
        break;
      case 'step.failed':
        troubles.set(event.data.step, { reason: event.data.reason, hint: event.data.hint });
        break;
      case 'stop.failed':
        troubles.set(event.data.step ?? event.data.key.slice(event.data.key.indexOf('.') + 1), {
          reason: event.data.reason,
          hint: '',
        });
        break;
      default:
    }
  }
  return { statements, troubles };
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
    else if (node.path.length === 1) found.set(node.key.replace(/-failed$/, ''), node.key);
  }
  return found;
}
