import { examples } from '../examples.ts';
import { startOptions, startRun, type StartOptions } from '../start-run.ts';
import type { Verb } from '../verb.ts';

export const verb: Verb = (command, { io, action }) => {
  startOptions(command)
    .option('--what <text>', 'what happened')
    .option('--since <instant>', "since when: now, '10m ago', 2026-11-21T14:03Z")
    .option('--lost <names...>', 'datacentres that are lost, or none; their backups are not used')
    .option('--ordered-by <text>', 'who ordered the activation')
    .option('--ordered-how <text>', 'how the order came and how it was checked')
    .addHelpText(
      'after',
      `
What is not given is asked for. Nothing is done before the declaration gate has passed; each later
gate shows its evidence first. Without a terminal the run parks at a gate with exit code 75.
${examples([
  ['drp activate --site gravelines', 'asks for the situation, then begins'],
  ['drp activate --site gravelines --dry-run', 'looks at everything, changes nothing'],
  [
    "drp activate --site gravelines --what 'fire' --since '10m ago' --lost limburg --ordered-by anne --ordered-how 'called back'",
    'all said beforehand',
  ],
])}`,
    )
    .action(action((options: StartOptions) => startRun(io, 'activation', options)));
};
