import { DrpError } from '../base/errors.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttestEntry, AttestForm } from '../runbook/attest-form.ts';
import { nearest } from '../runbook/spelling.ts';
import { recoveryLost } from './situation.ts';

/** A watch on a wrist is not this machine's clock. */
const clockSlackMs = 5 * 60_000;

/**
 * Refuses a form that speaks of what the plan does not have, or of a time that has not come, before anything is begun or said
 * with it: an entry nobody waits for would be lost without a word. Throws wrong-usage with everything that is wrong.
 */
export function checkForm(form: AttestForm, plan: Plan, nowMs: number): void {
  const steps = workOf(plan);
  const gates = Object.keys(plan.gates);
  const datacentres = Object.keys(plan.world.datacentres);
  const { situation } = form;
  const unrecoverable = recoveryLost(plan, situation?.lost ?? []);
  const wrong = [
    ...(situation?.lost ?? []).flatMap((name) => unknown('datacentre', name, datacentres)),
    ...(unrecoverable === undefined ? [] : [unrecoverable]),
    ...(situation === undefined ? [] : future('situation', situation.since, nowMs)),
    ...form.entries.flatMap((entry) => {
      const { what, name } = aboutOf(entry);
      return [...unknown(what, name, what === 'gate' ? gates : steps), ...future(`${what} ${name}`, entry.at, nowMs)];
    }),
  ];
  if (wrong.length > 0) throw new DrpError('wrong-usage', { what: wrong.join('; '), command: 'attest' });
}

/** Refuses a step the plan does not have: where nobody drives, the word would wait for a step that never comes. Throws wrong-usage. */
export function checkStep(plan: Plan, step: string): void {
  const [what] = unknown('step', step, workOf(plan));
  if (what !== undefined) throw new DrpError('wrong-usage', { what, command: 'attest' });
}

function workOf(plan: Plan): readonly string[] {
  return stepsOf(plan).flatMap(({ id, kind }) => (kind === 'gate' ? [] : [id]));
}

/** Why an instant cannot be when something was done; empty where it can. */
export function future(what: string, at: string, nowMs: number): readonly string[] {
  return Date.parse(at) > nowMs + clockSlackMs
    ? [`${what}: ${at} has not come yet (by this machine's clock it is ${new Date(nowMs).toISOString()})`]
    : [];
}

function aboutOf(entry: AttestEntry): { readonly what: 'gate' | 'step'; readonly name: string } {
  if ('gate' in entry) return { what: 'gate', name: entry.gate };
  return { what: 'step', name: 'skip' in entry ? entry.skip : entry.step };
}

function unknown(what: string, name: string, known: readonly string[]): readonly string[] {
  if (known.includes(name)) return [];
  const near = nearest(name, known);
  return [`there is no ${what} '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`];
}
