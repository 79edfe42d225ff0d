import { DrpError } from '../base/errors.ts';
import { fold } from '../views/layout.ts';
import { createStyle, type Style } from '../views/style.ts';

/** Ways in and out of this process, and what the caller asked of them. Verbs use nothing else of the process. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly json: boolean;
  readonly style: Style;
  /** Columns to write for; 80 where nobody says. */
  readonly width: number;
  /** A person can be asked: stdin and stderr are both terminals. */
  readonly interactive: boolean;
}

/** Reads --json and --no-color by hand: errors of the argument parser must obey them too. Throws folder-gone. */
export function processIo(args: readonly string[]): Io {
  const json = args.includes('--json');
  const { env, stdin, stdout, stderr } = process;
  const colourless = args.includes('--no-color') || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return {
    env,
    cwd: currentFolder(),
    stdin,
    stdout,
    stderr,
    json,
    style: createStyle(!colourless && stdout.isTTY === true && stderr.isTTY === true),
    width: Math.min(Math.max(stderr.columns ?? stdout.columns ?? 80, 40), 120),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
  };
}

/** On a terminal lines break between words; a pipe or a file gets each whole. */
function shownText({ stdout, width }: Io, text: string, { exact }: VerbAnswer): string {
  return stdout.isTTY === true && exact !== true ? fold(text.trimEnd(), width) : text.trimEnd();
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new DrpError('folder-gone', {}, { cause });
  }
}

/** What a verb answers: text for people and the same as JSON. With --json the object is the last line of stdout. */
export interface VerbAnswer {
  readonly text?: string;
  /** The text is data, or stands byte for byte as something keeps it: a terminal gets it as it is, too. */
  readonly exact?: true;
  readonly json: object;
  readonly exitCode?: number;
}

export function writeAnswer(io: Io, answer: VerbAnswer): number {
  if (io.json) io.stdout.write(`${JSON.stringify(answer.json)}\n`);
  else if (answer.text !== undefined && answer.text !== '') io.stdout.write(`${shownText(io, answer.text, answer)}\n`);
  return answer.exitCode ?? 0;
}
