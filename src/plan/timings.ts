import type { Event, EventOf, Json } from '../events/event.ts';
import { frozenPlan } from './frozen-plan.ts';
import type { Plan } from './plan.ts';
import { stepsOf } from './resolve.ts';

/** How long one step took in one run, and what it moved. */
export interface StepTiming {
  readonly step: string;
  /** A drill only says what some steps would do: their time tells nothing of the step they stand for. */
  readonly kind: string;
  readonly run: string;
  readonly endedAt: string;
  readonly ms: number;
  /** After the last byte had come: comparing, switching. 0 where its progress was not noted. */
  readonly tailMs: number;
  /** 0: it moved none, or did not say. */
  readonly bytes: number;
  readonly files: number;
  /** One attempt under one driver: nothing was there from an earlier try, and nobody was away while it ran. */
  readonly whole: boolean;
}

interface Open {
  readonly step: string;
  readonly startedAt: string;
  whole: boolean;
  fullAt?: string;
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
        open.set(key, { step: id, startedAt: event.at, whole: !tried.has(id) });
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
        if (one !== undefined && totalBytes > 0 && doneBytes >= totalBytes) one.fullAt ??= event.at;
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
  return {
    step: one.step,
    kind: '',
    run: done.run,
    endedAt: done.at,
    ms: Math.max(0, Date.parse(done.at) - Date.parse(one.startedAt)),
    tailMs: one.fullAt === undefined ? 0 : Math.max(0, Date.parse(done.at) - Date.parse(one.fullAt)),
    bytes: numberIn(output, 'bytes'),
    files: numberIn(output, 'files'),
    whole: one.whole,
  };
}

function numberIn(output: Json, key: string): number {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return 0;
  const value = (output as Readonly<Record<string, Json>>)[key];
  return typeof value === 'number' && value > 0 ? value : 0;
}
