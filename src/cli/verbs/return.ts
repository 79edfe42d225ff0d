import { examples } from '../examples.ts';
import { startOptions, startRun, type StartOptions } from '../start-run.ts';
import type { Verb } from '../verb.ts';

export const verb: Verb = (command, { io, action }) => {
  startOptions(command)
    .addHelpText(
      'after',
      `
Production is frozen and its last writes are set aside, then the bulk is copied while the recovery
site still serves; only the final pass happens with both sides frozen. Nothing written is lost.
${examples([
  ['drp return --site gravelines', 'begins; the authorisation gate is first'],
  ['drp return --site gravelines --dry-run', 'looks at everything, changes nothing'],
])}`,
    )
    .action(action((options: StartOptions) => startRun(io, 'return', options)));
};
