import { commandLines } from '../views/layout.ts';

/** Every terminal and every page shows this many columns. */
const width = 80;

/**
 * The examples of a verb, as its help shows them: what each is for beside it, or below it where one would not fit. A command that is
 * too long goes on behind a backslash.
 */
export function examples(lines: readonly (readonly [command: string, what: string])[]): string {
  const longest = Math.max(...lines.map(([command]) => command.length));
  const beside = lines.every(([, what]) => `  $ ${' '.repeat(longest)}  ${what}`.length <= width);
  const shown = lines.flatMap(([command, what]) =>
    beside ? [`  $ ${command.padEnd(longest)}  ${what}`] : [...commandLines(`  $ ${command}`, width), `      ${what}`],
  );
  return `\nExamples\n${shown.join('\n')}\n`;
}
