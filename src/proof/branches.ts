import { stoppingStates, type MachineConfig } from '../../machines/expand.ts';
import type { Branch } from '../plan/rehearsal-debt.ts';

/** Words that move no run anywhere else: the evidence is only gathered once more. */
const quiet: ReadonlySet<string> = new Set(['approve', 'renew', 'choose', 'stopped']);

/** Every branch that a machine has, read off its JSON: each once, in the order of its states. Pure. */
export function branchesOf(machine: MachineConfig): readonly Branch[] {
  const found = new Map<string, Branch>();
  const add = (verb: string, subject: string): void => {
    const key = branchKey({ verb, subject });
    if (!found.has(key)) found.set(key, { verb, subject });
  };
  const walk = (state: unknown): void => {
    if (!isRecord(state)) return;
    for (const [type, target] of Object.entries(isRecord(state['on']) ? state['on'] : {})) {
      if (type === 'abort') {
        add('abort', targetOf(target));
        continue;
      }
      const dot = type.lastIndexOf('.');
      const verb = type.slice(dot + 1);
      if (dot > 0 && !quiet.has(verb) && !stoppingStates.has(type.slice(0, dot))) add(verb, type.slice(0, dot));
    }
    const { invoke } = state;
    if (isRecord(invoke) && invoke['src'] === 'step') {
      add('failed', String(invoke['id']));
      add('in-doubt', String(invoke['id']));
    }
    for (const child of Object.values(isRecord(state['states']) ? state['states'] : {})) walk(child);
  };
  walk(machine);
  return [...found.values()];
}

export function branchKey({ verb, subject }: Branch): string {
  return `${verb} ${subject}`;
}

function targetOf(transition: unknown): string {
  const target = isRecord(transition) ? transition['target'] : transition;
  return typeof target === 'string' ? target.replace(/^[.#]/, '') : '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
