import { examples } from '../examples.ts';
import { sayOptions, sayWord, type SayOptions } from '../say-word.ts';
import type { Verb } from '../verb.ts';

interface AbortOptions extends SayOptions {
  readonly reason: string;
}

export const verb: Verb = (command, { io, action }) => {
  sayOptions(command)
    .requiredOption('--reason <text>', 'goes into the record')
    .addHelpText(
      'after',
      `
Stops the remote work and ends the run. Where that would leave nobody serving users, a gate opens
first: the old side is opened again, or an authoriser signs that nobody serves.
${examples([["drp abort --reason 'power is back, production never stopped'", 'ends the run under way']])}`,
    )
    .action(
      action((options: AbortOptions) => sayWord(io, options, { verb: 'abort', subject: '', reason: options.reason })),
    );
};
