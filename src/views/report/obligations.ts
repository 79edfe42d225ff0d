import type { Event, EventOf } from '../../events/event.ts';
import type { RecordHead, ReportObligation } from './report.ts';

/** What a run owes or settled, and the other runs of the site that had a part in it. */
export interface Owed {
  readonly obligations: readonly ReportObligation[];
  /** How far other runs were used: with them cut there, the same obligations come out. */
  readonly used: readonly RecordHead[];
}

/**
 * Obligations a run opened or settled. `others`: the other runs of its site; what one of them opened or settled is told
 * with its name.
 */
export function obligationsOf(events: readonly Event[], others: readonly (readonly Event[])[]): Owed {
  const own = new Map<string, ReportObligation>();
  const used = new Map<string, RecordHead>();
  const elsewhere = others.flat();
  const use = <T extends Event>(event: T | undefined): T | undefined => {
    if (event !== undefined && (used.get(event.run)?.seq ?? 0) < event.seq) {
      used.set(event.run, { run: event.run, seq: event.seq, hash: event.hash });
    }
    return event;
  };
  for (const event of events) {
    if (event.type === 'obligation.opened') own.set(event.data.id, opened(event));
    if (event.type !== 'obligation.settled') continue;
    const { id } = event.data;
    const known = own.get(id) ?? ofEarlierRun(event, use(elsewhere.find((one) => isOpened(one, id))));
    own.set(id, { ...known, settled: settlement(event) });
  }
  for (const [id, one] of own) {
    if (one.settled !== undefined) continue;
    const found = elsewhere.filter((event) => isSettled(event, id)).sort((a, b) => a.at.localeCompare(b.at))[0];
    const event = use(found);
    if (event === undefined || !isSettled(event, id)) continue;
    own.set(id, { ...one, settled: { ...settlement(event), run: event.run } });
  }
  return { obligations: [...own.values()], used: [...used.values()].sort((a, b) => (a.run < b.run ? -1 : 1)) };
}

function isOpened(event: Event, id: string): event is EventOf<'obligation.opened'> {
  return event.type === 'obligation.opened' && event.data.id === id;
}

function isSettled(event: Event, id: string): event is EventOf<'obligation.settled'> {
  return event.type === 'obligation.settled' && event.data.id === id;
}

function opened({ data: { id, kind, text }, at, seq }: EventOf<'obligation.opened'>): ReportObligation {
  return { id, kind, text, openedAt: at, seq };
}

/** Settled here, opened elsewhere: told in full where the other run is at hand. */
function ofEarlierRun(settled: EventOf<'obligation.settled'>, event: Event | undefined): ReportObligation {
  const { id } = settled.data;
  if (event === undefined || !isOpened(event, id)) {
    return { id, kind: 'of an earlier run', text: '', openedAt: '', seq: settled.seq };
  }
  return { ...opened(event), seq: settled.seq, run: event.run };
}

function settlement({ data, at, seq }: EventOf<'obligation.settled'>): NonNullable<ReportObligation['settled']> {
  return { at, by: data.person, reason: data.reason, seq };
}
