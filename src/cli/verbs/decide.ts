import { Argument } from 'commander';
import { DrpError } from '../../base/errors.ts';
import { spellChoice } from '../../steps/backups/offered-copies.ts';
import { examples } from '../examples.ts';
import { sayOptions, sayWord, type SayOptions } from '../say-word.ts';
import type { Verb } from '../verb.ts';

interface DecideOptions extends SayOptions {
  readonly reason: string;
  readonly evidence?: string;
  readonly backup?: string;
  readonly copy?: string;
}

const decisions = [
  'retry',
  'skip',
  'mark-done',
  'cancel',
  'stopped',
  'renew',
  'switch-back',
  'reopen',
  'hold',
  'choose',
];

export const verb: Verb = (command, { io, action }) => {
  sayOptions(
    command
      .addArgument(new Argument('<decision>', 'what to do').choices(decisions))
      .argument('<subject>', 'step, gate or phase it is about, as drp status names it'),
  )
    .requiredOption('--reason <text>', 'goes into the record')
    .option('--evidence <text>', 'for mark-done: what shows that it is done')
    .option('--backup <name>', 'for choose: the backup, as the gate names it')
    .option('--copy <host:time>', 'for choose: the copy, as the gate names it')
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
  choose       restore from another copy than the rule takes; the gate is shown anew
${examples([
  ["drp decide retry copy-files --reason 'disk was full, 40 GB freed'", 'a new attempt'],
  [
    "drp decide mark-done dns-switch --reason 'API dead' --evidence 'registrar ticket 4711'",
    'checked at the name servers',
  ],
  [
    "drp decide choose restoration --backup files --copy backup-even:2026-11-21T00:00Z --reason 'the disk was read'",
    'a newer copy in a lost datacentre',
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
          ...evidenceOf(decision, options),
        }),
      ),
    );
};

/** A copy is named in the evidence of the word, because a signature stands over that. */
function evidenceOf(decision: string, { evidence, backup, copy }: DecideOptions): { readonly evidence?: string } {
  if (decision !== 'choose') {
    if (backup !== undefined || copy !== undefined) wrong('--backup and --copy go with choose');
    return evidence === undefined ? {} : { evidence };
  }
  if (backup === undefined || copy === undefined) return wrong('choose needs --backup NAME and --copy HOST:TIME');
  return { evidence: spellChoice(backup, copy) };
}

function wrong(what: string): never {
  throw new DrpError('wrong-usage', { what, command: 'decide' });
}
