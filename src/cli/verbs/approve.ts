import { answerGate, answerOptions, type AnswerOptions } from '../answer-gate.ts';
import { examples } from '../examples.ts';
import type { Verb } from '../verb.ts';

export const verb: Verb = (command, { io, action }) => {
  answerOptions(command)
    .option('--attest <person>', 'this person approved over the phone; where the gate takes that, a review is owed')
    .option('--words <words>', 'with --attest: the six words, as they were read back')
    .option('--number <number>', 'with --attest: the number that was called, known from elsewhere')
    .option('--witness <name>', 'with --attest: who listened in')
    .option('--break-glass', 'pass the gate alone, with a reason; where the gate takes that, a review is owed')
    .addHelpText(
      'after',
      `
Shows what the gate shows. On a terminal the word is typed under it; elsewhere --statement names what
was read. There is no way to approve unseen.
${examples([
  ['drp approve switchover', 'reads the statement, asks for the word'],
  ['drp approve restoration --key ~/.ssh/id_ed25519', 'signed: counts as you, not as the OS user'],
  ['drp approve switchover --signed approval.json', 'signed elsewhere with ssh-keygen; see drp status --approval-text'],
  [
    "drp approve declaration --attest anne --words 'SIX WORDS' --number +33180000000 --witness vera",
    'nobody has a key at hand',
  ],
  ['drp approve switchover --statement 3f9c2a7b51d0', 'without a terminal, after reading it in: drp status'],
])}`,
    )
    .action(action((gate: string | undefined, options: AnswerOptions) => answerGate(io, 'approve', { gate, options })));
};
