import { catalog } from './error-catalog.ts';

/** docs/errors.md: every error of the catalog, by code. */
export function errorsPage(): string {
  const rows = Object.entries(catalog)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([code, { exitCode, message, hint }]) => `### ${code}\n\nExit ${String(exitCode)} · ${message}\n\n${hint}\n`);
  return `# Errors

Generated from \`src/base/error-catalog.ts\`: \`npm run docs:generate\`. What stands in braces is filled in when it happens.

${rows.join('\n')}`;
}
