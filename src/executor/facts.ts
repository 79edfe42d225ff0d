import type { Event, Json, Situation } from '../events/event.ts';
import type { BackupOverride } from '../plan/backups.ts';
import type { RunFacts } from '../steps/step-kind.ts';

/** What a run has found and decided so far, for its steps: outputs by step, choices of the gates that passed. */
export function runFacts(events: readonly Event[], activation?: readonly Event[]): RunFacts {
  const outputs: Record<string, Json> = {};
  const choices: Record<string, Json> = {};
  const overrides = new Map<string, BackupOverride>();
  let situation: Situation | undefined;
  const statements = new Map<string, Extract<Event, { type: 'gate.opened' }>>();
  for (const event of events) {
    switch (event.type) {
      case 'run.began':
        situation = event.data.situation;
        break;
      case 'step.done':
        outputs[event.data.step] = event.data.output;
        break;
      case 'decision.made': {
        const { choice, reason, person } = event.data;
        if (choice === undefined) break;
        const { backup, host, path } = choice;
        overrides.set(backup, { backup, host, path, reason, by: person });
        break;
      }
      case 'gate.opened':
        statements.set(event.data.gate, event);
        break;
      case 'gate.decided': {
        const opened = statements.get(event.data.gate);
        if (event.data.decision !== 'approve' || !event.data.passed || opened === undefined) break;
        for (const item of opened.data.statement.evidence) {
          if (item.choice !== undefined) choices[item.id] = item.choice;
        }
        break;
      }
      default:
    }
  }
  const earlier = activation === undefined ? undefined : earlierFacts(activation);
  return {
    outputs,
    choices,
    ...(overrides.size === 0 ? {} : { overrides: [...overrides.values()] }),
    ...(situation === undefined ? {} : { situation }),
    ...(earlier === undefined ? {} : { activation: earlier }),
  };
}

function earlierFacts(events: readonly Event[]): RunFacts['activation'] {
  const first = events[0];
  if (first === undefined) return undefined;
  const { outputs, choices, situation } = runFacts(events);
  return {
    run: first.run,
    beganAt: first.at,
    outputs,
    choices,
    ...(situation === undefined ? {} : { situation }),
  };
}
