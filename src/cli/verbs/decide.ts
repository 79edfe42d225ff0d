import { Argument } from 'commander';
import { examples } from '../examples.ts';
import type { Verb } from '../run-verb.ts';
import { sayOptions, sayWord, type SayOptions } from '../say-word.ts';

interface DecideOptions extends SayOptions {
  readonly reason: string;
  readonly evidence?: string;
}

const decisions = ['retry', 'skip', 'mark-done', 'cancel', 'stopped', 'renew', 'switch-back', 'reopen', 'hold'];

export const verb: Verb = (command, { io, action }) => {
  sayOptions(
    command
      .addArgument(new Argument('<decision>', 'what to do').choices(decisions))
      .argument('<subject>', 'step, gate or phase it is about, as drp status names it'),
  )
    .requiredOption('--reason <text>', 'goes into the record')
    .option('--evidence <text>', 'for mark-done: what shows that it is done')
    .addHelpText(
      'after',
      `
  retry        try a failed or doubtful step again
  skip         go on without it, where the runbook allows that
  mark-done    it was done by hand; its end is checked in the world
  cancel       stop what runs of it, and everything it started
  stopped      a person made sure that nothing of it runs any more
  renew        gather the evidence of a gate again
  switch-back  send users back to where they were (its own gate follows)
  reopen       open the side again that DNS points at
  hold         stay, and look again
${examples([
  ["drp decide retry copy-files --reason 'disk was full, 40 GB freed'", 'a new attempt'],
  [
    "drp decide mark-done dns-switch --reason 'API dead' --evidence 'registrar ticket 4711'",
    'checked at the name servers',
  ],
])}`,
    )
    .action(
      action((decision: string, subject: string, options: DecideOptions) =>
        sayWord(io, options, {
          verb: 'decide',
          subject,
          decision,
          reason: options.reason,
          ...(options.evidence === undefined ? {} : { evidence: options.evidence }),
        }),
      ),
    );
};
