import { Option } from 'commander';
import { scenarioNames, type ScenarioName } from '../../runbook/schema/drill.ts';
import { examples } from '../examples.ts';
import { startDrill, type DrillOptions } from '../start-drill.ts';
import { startOptions } from '../start-run.ts';
import type { Verb } from '../verb.ts';

export const verb: Verb = (command, { io, action }) => {
  startOptions(command, { rehearsal: false })
    .addOption(
      new Option('--scenario <what>', 'what is supposed to have happened')
        .choices(scenarioNames)
        .default('datacentre' satisfies ScenarioName),
    )
    .option('--lost <names...>', "datacentres supposed lost; else as the runbook's scenario says, else production's")
    .option('--unannounced', 'the team was not told beforehand; goes into the record')
    .option('--ordered-by <text>', 'who ordered the exercise')
    .option('--ordered-how <text>', 'how the order came')
    .addHelpText(
      'after',
      `
The activation, really, into an isolated folder, databases and port on the recovery host: real copy,
real import, real verification. DNS and messages are simulated; nothing live is touched; a clean-up
at the end removes what was made. Refused where the site is in use; a real activation goes first.
${examples([
  ["drp drill --site gravelines --ordered-by anne --ordered-how 'yearly plan'", 'announced, production supposed lost'],
  [
    "drp drill --site gravelines --scenario fire --unannounced --ordered-by anne --ordered-how 'by phone'",
    'a fire drill',
  ],
  ['drp plan --site gravelines --procedure drill', 'every step beforehand; touches no network'],
])}`,
    )
    .action(action((options: DrillOptions) => startDrill(io, options)));
};
