import { DrpError, isDrpError, toError, type Problem } from '../base/errors.ts';
import { printable } from '../views/escape.ts';
import type { Io } from './io.ts';
import { tell } from './tell.ts';

type Told = Pick<Io, 'json' | 'env' | 'stdout' | 'stderr' | 'width'>;

/** Prints an error as `drp: message`, its problems as `file:line:column: …` and its hint; with --json as the last object. Answers the exit code. */
export function reportError(io: Told, thrown: unknown): number {
  const error = isDrpError(thrown) ? thrown : internal(thrown, io);
  if (io.json) {
    const { code, message, hint, problems, details } = error;
    io.stdout.write(
      `${JSON.stringify({ error: { code, message, hint, details, problems }, exitCode: error.exitCode })}\n`,
    );
    return error.exitCode;
  }
  tell(io, errorText(error));
  return error.exitCode;
}

/** An error for people: message, problems with their places, hint. */
function errorText(error: DrpError): string {
  return [
    `drp: ${printable(error.message)}`,
    ...error.problems.flatMap(problemLines),
    `HINT: ${printable(error.hint)}`,
  ].join('\n');
}

function problemLines(problem: Problem): string[] {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const line = `${place === '' ? '' : `${place}: `}${problem.message}`;
  return [`  ${printable(line)}`, ...(problem.hint === undefined ? [] : [`      ${printable(problem.hint)}`])];
}

function internal(thrown: unknown, io: Told): DrpError {
  const cause = toError(thrown);
  if ((io.env['DRP_DEBUG'] ?? '') !== '') io.stderr.write(`${cause.stack ?? cause.message}\n`);
  return new DrpError('internal', { what: cause.message }, { cause });
}
