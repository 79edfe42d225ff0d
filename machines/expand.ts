import type { AnyStateMachine } from 'xstate';
import type { Plan, PlannedLane, PlannedStep } from '../src/plan/plan.ts';
import { activation } from './activation.ts';
import { drill } from './drill.ts';
import { gateState } from './gate.ts';
import { kit, type Machine } from './kit.ts';
import { returning } from './return.ts';
import { stepState, type MachineStep } from './step.ts';

/** Procedure → its literal skeleton. */
export const skeletons = { activation, return: returning, drill } as const;

/** States of the skeletons that stop everything of the run. */
export const stoppingStates: ReadonlySet<string> = new Set(
  Object.values(skeletons).flatMap(({ config }) =>
    Object.entries(config.states ?? {}).flatMap(([name, { invoke }]) => (invoke === undefined ? [] : [name])),
  ),
);

interface StateConfig {
  readonly meta?: { readonly gate?: string; readonly work?: string };
  readonly onDone?: string;
  readonly [key: string]: unknown;
}

/** A machine as JSON: what lies in the first event of a run. */
export interface MachineConfig {
  readonly id: string;
  readonly states: Readonly<Record<string, StateConfig>>;
  readonly [key: string]: unknown;
}

/**
 * Skeleton + plan → the machine of this run, as pure JSON: gates get their life, work states the runbook's lanes and
 * steps; a phase without steps passes at once.
 */
export function expand(skeleton: AnyStateMachine, plan: Pick<Plan, 'phases'>): MachineConfig {
  const config = skeleton.config as unknown as MachineConfig;
  const states = Object.fromEntries(
    Object.entries(config.states).map(([name, state]) => [name, expandState(state, plan)]),
  );
  // Through JSON: what is journalled and what runs are the same value, without shared references.
  return JSON.parse(JSON.stringify({ ...config, states })) as MachineConfig;
}

/** The last machine made, with what it was made from. */
let made: { readonly text: string; readonly config: MachineConfig; readonly machine: Machine } | undefined;

/**
 * The machine that a config of `expand` (or a journal's first event) stands for. Equal configs that follow each other share one:
 * machines hold no state, and making one takes longer than hundreds of events.
 */
export function machineFrom(config: MachineConfig): Machine {
  return heldFor(config).machine;
}

/** This config, or an equal one that is held already: many runs of one plan need not each hold their own. */
export function heldConfig(config: MachineConfig): MachineConfig {
  return heldFor(config).config;
}

function heldFor(config: MachineConfig): NonNullable<typeof made> {
  if (made?.config === config) return made;
  const text = JSON.stringify(config);
  if (made?.text !== text) made = { text, config, machine: kit.createMachine(config as never) as unknown as Machine };
  return made;
}

function expandState(state: StateConfig, plan: Pick<Plan, 'phases'>): StateConfig {
  const next = state.onDone;
  if (next === undefined) return state;
  if (state.meta?.gate !== undefined)
    return { ...state, ...(gateState(state.meta.gate, next) as unknown as StateConfig) };
  if (state.meta?.work === undefined) return state;
  const lanes = (plan.phases[state.meta.work] ?? []).filter((lane) => lane.steps.length > 0);
  const [first, ...others] = lanes;
  if (first === undefined) return { meta: state.meta, always: next };
  if (others.length === 0) return { ...state, ...laneState(first) };
  return {
    ...state,
    type: 'parallel',
    states: Object.fromEntries(lanes.map((lane) => [lane.name, laneState(lane)])),
  };
}

function laneState(lane: PlannedLane): Omit<StateConfig, 'meta'> {
  const states: Record<string, unknown> = { end: { type: 'final' } };
  lane.steps.forEach((step, index) => {
    const next = lane.steps[index + 1]?.id ?? 'end';
    states[step.id] = step.kind === 'gate' ? gateState(step.id, next) : stepState(machineStep(step), next);
  });
  return { initial: lane.steps[0]?.id ?? 'end', states };
}

function machineStep(step: PlannedStep): MachineStep {
  const { id, retries, backoffMs, skippable } = step;
  return { id, retries, backoffMs, skippable, ...(step.expectMs === undefined ? {} : { expectMs: step.expectMs }) };
}
