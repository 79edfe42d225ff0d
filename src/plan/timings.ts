import type { Event, EventOf, Json } from '../events/event.ts';
import { frozenPlan } from './frozen-plan.ts';
import { stepsOf } from './phases.ts';
import type { Plan } from './plan.ts';

/** How long one step took in one run, and what it moved. */
export interface StepTiming {
  readonly step: string;
  /** A drill only says what some steps would do: their time tells nothing of the step they stand for. */
  readonly kind: string;
  readonly run: string;
  readonly endedAt: string;
  readonly ms: number;
  /** 0: it moved none, or did not say. */
  readonly bytes: number;
  readonly files: number;
  /** One attempt under one driver: nothing was there from an earlier try, and nobody was away while it ran. */
  readonly whole: boolean;
  /** Of a step that moved bytes. */
  readonly course?: Course;
}

/**
 * What a step still took when none of its bytes had come, when a twentieth had, … when all had, ms. A copy does not go at
 * one speed: it measures, fills in several streams, then in one, compares, switches.
 */
export type Course = readonly number[];

/** Parts of the whole that a course is told in. */
const courseParts = 20;

interface Open {
  readonly step: string;
  readonly startedAt: string;
  whole: boolean;
  /** How much of it was there, and when. */
  points: readonly { readonly share: number; readonly ms: number }[];
}

/** Timings of the steps of a drill or a real run, in the order they ended. A dry run tells nothing about time. Pure. */
export function stepTimings(events: readonly Event[]): readonly StepTiming[] {
  const [began] = events;
  if (began?.type !== 'run.began' || began.data.mode === 'dry-run') return [];
  const open = new Map<string, Open>();
  const tried = new Set<string>();
  const found: StepTiming[] = [];
  for (const event of events) {
    switch (event.type) {
      case 'effect.started': {
        const { key, id, source } = event.data;
        if (source !== 'step') break;
        open.set(key, { step: id, startedAt: event.at, whole: !tried.has(id), points: [] });
        tried.add(id);
        break;
      }
      case 'driver.attached':
        // It may have ended while nobody looked: then its time is only known to have been at most this long.
        for (const one of open.values()) one.whole = false;
        break;
      case 'step.progressed': {
        const one = open.get(event.data.key);
        const { doneBytes, totalBytes } = event.data;
        if (one === undefined || totalBytes <= 0) break;
        const share = Math.min(1, doneBytes / totalBytes);
        // Less than before: it was counted anew.
        const kept = one.points.filter((point) => point.share < share);
        const said = one.points.some((point) => point.share === share);
        if (!said) one.points = [...kept, { share, ms: Date.parse(event.at) }];
        break;
      }
      case 'step.failed':
        open.delete(event.data.key);
        break;
      case 'step.done': {
        const one = open.get(event.data.key);
        if (one !== undefined) found.push(timingOf(one, event));
        open.delete(event.data.key);
        break;
      }
      default:
    }
  }
  const plan = frozenPlan(began);
  const kinds = new Map(stepsOf(plan).map(({ id, kind }) => [id, kind]));
  return withDumpSizes(
    found.map((timing) => ({ ...timing, kind: kinds.get(timing.step) ?? '' })),
    plan,
  );
}

/** An import is as long as its dump is big: what its own output tells is the size of the database it made. */
function withDumpSizes(found: readonly StepTiming[], plan: Plan): readonly StepTiming[] {
  const fetches = new Map(
    stepsOf(plan).flatMap(({ id, spec }) =>
      spec.kind === 'database' && spec.do === 'import' ? [[id, spec.fetch] as const] : [],
    ),
  );
  return found.map((timing) => {
    const fetch = fetches.get(timing.step);
    if (fetch === undefined) return timing;
    return { ...timing, files: 0, bytes: found.find(({ step }) => step === fetch)?.bytes ?? 0 };
  });
}

function timingOf(one: Open, done: EventOf<'step.done'>): StepTiming {
  const { output } = done.data;
  const bytes = numberIn(output, 'bytes');
  return {
    step: one.step,
    kind: '',
    run: done.run,
    endedAt: done.at,
    ms: Math.max(0, Date.parse(done.at) - Date.parse(one.startedAt)),
    bytes,
    files: numberIn(output, 'files'),
    whole: one.whole,
    ...(bytes > 0 || one.points.length > 0 ? { course: courseOf(one, Date.parse(done.at)) } : {}),
  };
}

/** Even between two reports; before the first it stands still: then it was looking. */
function courseOf({ points, startedAt }: Open, doneMs: number): Course {
  const known = points.length > 0 ? points : [{ share: 0, ms: Date.parse(startedAt) }];
  const all = known.at(-1)?.share === 1 ? known : [...known, { share: 1, ms: doneMs }];
  return Array.from({ length: courseParts + 1 }, (_, part) => {
    const share = part / courseParts;
    const next = all.findIndex((point) => point.share >= share);
    const [before, after] = [all[next - 1], all[next]];
    if (after === undefined) return 0;
    if (before === undefined) return Math.max(0, doneMs - after.ms);
    const ms = before.ms + ((after.ms - before.ms) * (share - before.share)) / (after.share - before.share);
    return Math.max(0, doneMs - ms);
  });
}

function numberIn(output: Json, key: string): number {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return 0;
  const value = (output as Readonly<Record<string, Json>>)[key];
  return typeof value === 'number' && value > 0 ? value : 0;
}
