/** The examples at the foot of a verb's help. */
export function examples(lines: readonly (readonly [command: string, meaning: string])[]): string {
  const width = Math.min(64, Math.max(...lines.map(([command]) => command.length)));
  const rows = lines.map(([command, meaning]) =>
    command.length > width
      ? `  $ ${command}\n    ${' '.repeat(width)}  ${meaning}`
      : `  $ ${command.padEnd(width)}  ${meaning}`,
  );
  return `\nExamples\n${rows.join('\n')}\n`;
}
