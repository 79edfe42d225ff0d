import type { Event, Json } from '../../events/event.ts';
import { phasesInOrder } from '../../plan/phases.ts';
import type { Plan, PlannedStep } from '../../plan/plan.ts';
import { betweenMs } from '../instants.ts';
import { collectStates, stepState } from '../machine-state.ts';
import type { Bar, BarKind, DriverSession, Timeline, TimelineRow } from './report.ts';

interface OpenBar {
  readonly kind: BarKind;
  readonly fromAt: string;
  readonly seq: number;
}

/** When each step worked or waited, and when each gate did: what the machine's states say, event by event. */
export function timelineOf(events: readonly Event[], plan: Plan, drivers: readonly DriverSession[]): Timeline {
  const fromAt = events[0]?.at ?? '';
  const toAt = events.findLast((event) => event.type === 'run.ended' || 'state' in event.data)?.at ?? fromAt;
  const bars = barsOf(events, plan, toAt);
  const rows = phasesInOrder(plan).flatMap((phase) =>
    (plan.phases[phase] ?? []).flatMap(({ name, steps }) => steps.map((step) => rowOf(step, name, bars))),
  );
  const known = new Set(rows.map((row) => row.id));
  const others = Object.keys(plan.gates)
    .filter((id) => !known.has(id))
    .map((id): TimelineRow => ({ id, kind: 'gate', phase: '', lane: '', bars: bars.get(`gate:${id}`) ?? [] }));
  const gaps = unattended(drivers);
  const driver: TimelineRow = { id: 'drp', kind: 'driver', phase: '', lane: '', bars: gaps };
  const shown = inLanes([...rows, ...others].filter((row) => row.bars.length > 0));
  return { fromAt, toAt, rows: gaps.length === 0 ? shown : [driver, ...shown] };
}

function rowOf(step: PlannedStep, lane: string, bars: ReadonlyMap<string, readonly Bar[]>): TimelineRow {
  const kind = step.kind === 'gate' ? 'gate' : 'step';
  const row = { id: step.id, kind, phase: step.phase, lane, bars: bars.get(`${kind}:${step.id}`) ?? [] } as const;
  return step.expectMs === undefined ? row : { ...row, plannedMs: step.expectMs };
}

/** Lanes stay together, in the order they began; a gate between phases is a lane of its own. */
function inLanes(rows: readonly TimelineRow[]): readonly TimelineRow[] {
  const beginning = (row: TimelineRow): number => row.bars[0]?.seq ?? 0;
  const laneOf = (row: TimelineRow): string => (row.phase === '' ? `gate ${row.id}` : `${row.phase}/${row.lane}`);
  const lanes = new Map<string, TimelineRow[]>();
  for (const row of [...rows].sort((a, b) => beginning(a) - beginning(b))) {
    lanes.set(laneOf(row), [...(lanes.get(laneOf(row)) ?? []), row]);
  }
  return [...lanes.values()].flat();
}

function barsOf(events: readonly Event[], plan: Plan, toAt: string): ReadonlyMap<string, readonly Bar[]> {
  const steps = Object.values(plan.phases).flatMap((lanes) => lanes.flatMap((lane) => lane.steps));
  const keys = [
    ...steps.filter(({ kind }) => kind !== 'gate').map(({ id }) => `step:${id}`),
    ...Object.keys(plan.gates).map((id) => `gate:${id}`),
  ];
  const open = new Map<string, OpenBar>();
  const closed = new Map<string, Bar[]>();
  const close = (key: string, at: string): void => {
    const bar = open.get(key);
    if (bar === undefined) return;
    open.delete(key);
    const { kind, fromAt, seq } = bar;
    closed.set(key, [...(closed.get(key) ?? []), { kind, fromAt, toAt: at, seq }]);
  };
  for (const event of events) {
    if (!('state' in event.data)) continue;
    const standing = new Map<string, string>();
    collectStates(event.data.state as Json, standing);
    for (const key of keys) {
      const kind = kindOf(key, standing);
      if (open.get(key)?.kind === kind) continue;
      close(key, event.at);
      if (kind !== undefined) open.set(key, { kind, fromAt: event.at, seq: event.seq });
    }
  }
  for (const key of [...open.keys()]) close(key, toAt);
  return closed;
}

/** What a step or gate is doing in this state; undefined: nothing. */
function kindOf(key: string, standing: ReadonlyMap<string, string>): BarKind | undefined {
  const id = key.slice(5);
  if (key.startsWith('gate:')) {
    const state = standing.get(`${id}-gate`) ?? standing.get(id);
    if (state === 'gathering') return 'evidence';
    return state === 'open' || state === 'unready' || state === 'rejected' ? 'waiting' : undefined;
  }
  const state = standing.get(id);
  if (state === undefined) return undefined;
  switch (stepState(state)) {
    case 'running':
    case 'overdue':
    case 'backoff':
    case 'stopping':
      return 'work';
    case 'failed':
    case 'in-doubt':
    case 'stop-failed':
      return 'trouble';
    default:
      return undefined;
  }
}

/** Who drove the run from when to when. A driver that did not give it back was heard last when its successor says. */
export function driverSessions(events: readonly Event[]): readonly DriverSession[] {
  const sessions: DriverSession[] = [];
  const end = (at: string, why: string): void => {
    const last = sessions.pop();
    if (last !== undefined) sessions.push(last.end === '' ? { ...last, toAt: at, end: why } : last);
  };
  for (const event of events) {
    if (event.type === 'driver.attached') {
      const { before, driver, reason, why } = event.data;
      end(before?.lastAt ?? event.at, before === undefined ? 'it went away' : 'it did not give the run back');
      sessions.push({
        seq: event.seq,
        reason: why === undefined ? reason : `${reason}: ${why}`,
        osUser: driver.osUser,
        machine: driver.machine,
        fromAt: event.at,
        toAt: event.at,
        end: '',
      });
    }
    if (event.type === 'driver.detached') end(event.at, event.data.reason);
    if (event.type === 'run.ended') end(event.at, 'the run ended');
  }
  end(events.at(-1)?.at ?? '', 'it wrote last');
  return sessions;
}

function unattended(drivers: readonly DriverSession[]): readonly Bar[] {
  return drivers.flatMap((session, at): readonly Bar[] => {
    const next = drivers[at + 1];
    if (next === undefined || betweenMs(session.toAt, next.fromAt) <= 0) return [];
    return [{ kind: 'unattended', fromAt: session.toAt, toAt: next.fromAt, seq: next.seq }];
  });
}
