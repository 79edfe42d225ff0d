import { DrpError } from '../base/errors.ts';
import { printable } from '../views/escape.ts';
import { wrap } from '../views/layout.ts';
import { guardInput } from './guarded-input.ts';
import type { Io } from './io.ts';

/** How a question ended. `withdrawn`: somebody else answered meanwhile; `interrupted`: Ctrl-C; `gone`: no terminal any more. */
export type Answer =
  | { readonly kind: 'typed'; readonly text: string }
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'gone' };

export interface Question {
  readonly message: string;
  /** Undefined: taken; text: why not, shown below the question. */
  readonly refuse: (text: string) => string | undefined;
  readonly signal?: AbortSignal;
  /** Facts may be pasted; decisions may not. */
  readonly pasteAllowed?: boolean;
}

/** The only door to prompts. Every answer is typed: there is no default, and Enter alone decides nothing. */
export interface Ask {
  question(question: Question): Promise<Answer>;
  /** One of a few words, typed whole. */
  choice(message: string, words: readonly string[], signal?: AbortSignal): Promise<Answer>;
}

/** Throws facts-missing where stdin or stderr is no terminal: nothing is ever asked of a pipe. */
export function createAsk(io: Io): Ask {
  const question = async (asked: Question): Promise<Answer> => {
    if (!io.interactive) throw new DrpError('facts-missing', { what: asked.message, options: 'see --help' });
    return askTyped(io, asked);
  };
  return {
    question,
    choice: (message, words, signal) =>
      question({
        message: `${message} (type ${listed(words)})`,
        refuse: (text) => (words.includes(text) ? undefined : `type ${listed(words)}, whole`),
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}

async function askTyped(io: Io, asked: Question): Promise<Answer> {
  if (asked.signal?.aborted === true) return { kind: 'withdrawn' };
  const { default: inquirer } = await import('inquirer');
  const input = await guardInput(io.stdin, io.stderr, { pasteAllowed: asked.pasteAllowed === true });
  const signal = asked.signal === undefined ? input.gone : AbortSignal.any([input.gone, asked.signal]);
  const prompt = inquirer.createPromptModule({
    input: input.stream,
    output: io.stderr,
    signal,
    skipTTYChecks: true,
  });
  const validate = (text: string): true | string => {
    if (input.takePasted()) return 'pasted text is not taken here: type it by hand';
    return asked.refuse(text.trim()) ?? true;
  };
  try {
    const { text } = await prompt<{ text: string }>([
      {
        type: 'input',
        name: 'text',
        // Behind the two columns of its mark; a terminal itself would break words.
        message: wrap(printable(asked.message), io.width - 2, '  ').join('\n'),
        validate,
        theme: { validationFailureMode: 'clear', prefix: { idle: '?', done: '?' } },
      },
    ]);
    return { kind: 'typed', text: text.trim() };
  } catch (error) {
    if (input.gone.aborted) return { kind: 'gone' };
    if (signal.aborted) return { kind: 'withdrawn' };
    // The prompt's own name for Ctrl-C; the check for a terminal was made before it was asked.
    if (error instanceof Error && error.name === 'ExitPromptError') return { kind: 'interrupted' };
    throw error;
  } finally {
    input.release();
  }
}

function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `'${word}'`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
}
