import { answerGate, answerOptions, type AnswerOptions } from '../answer-gate.ts';
import { examples } from '../examples.ts';
import type { Verb } from '../verb.ts';

export const verb: Verb = (command, { io, action }) => {
  answerOptions(command)
    .addHelpText(
      'after',
      `
Shows what the gate shows. On a terminal the word is typed under it; elsewhere --statement names what
was read. There is no way to approve unseen.
${examples([
  ['drp approve switchover', 'reads the statement, asks for the word'],
  ['drp approve restoration --key ~/.ssh/id_ed25519', 'signed: counts as you, not as the OS user'],
  ['drp approve switchover --signed approval.json', 'signed elsewhere with ssh-keygen; see drp status --approval-text'],
  ['drp approve switchover --statement 3f9c2a7b51d0', 'without a terminal, after reading it in: drp status'],
])}`,
    )
    .action(action((gate: string | undefined, options: AnswerOptions) => answerGate(io, 'approve', { gate, options })));
};
