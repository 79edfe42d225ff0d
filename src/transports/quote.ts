import { DrpError } from '../base/errors.ts';
import type { Argv } from './transport.ts';

/** A command, said in one breath: `argv('systemctl', 'stop', unit)`. */
export function argv(program: string, ...args: readonly string[]): Argv {
  return [program, ...args];
}

/**
 * One line of POSIX shell that runs exactly this program with exactly these arguments, whatever they hold. The only
 * place where a command becomes text. Throws internal for a NUL byte, which no command line can carry.
 */
export function quote(command: Argv): string {
  return command.map(quoteWord).join(' ');
}

// Left bare for the reader's sake; everything else goes between single quotes, where a shell changes nothing.
const plainWord = /^[A-Za-z0-9_@%+:,./-]+$/;

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new DrpError('internal', { what: 'an argument of a command holds a NUL byte' });
  return plainWord.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
