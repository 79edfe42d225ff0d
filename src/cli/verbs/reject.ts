import { answerGate, answerOptions, type AnswerOptions } from '../answer-gate.ts';
import { examples } from '../examples.ts';
import type { Verb } from '../verb.ts';

export const verb: Verb = (command, { io, action }) => {
  answerOptions(command)
    .addHelpText(
      'after',
      examples([
        ["drp reject switchover --reason 'row counts are wrong'", 'reads the statement, asks for the word'],
        ["drp reject restoration --statement 3f9c2a7b51d0 --reason 'wait for the newer dump'", 'without a terminal'],
      ]),
    )
    .action(action((gate: string | undefined, options: AnswerOptions) => answerGate(io, 'reject', { gate, options })));
};
