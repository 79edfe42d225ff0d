import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { errorsPage } from '../../src/base/errors-page.ts';
import { describedSchema } from '../../src/runbook/generate/json-schema.ts';
import { referencePage } from '../../src/runbook/generate/reference-page.ts';

/** Files made from the schema, the reference runbook and the error catalog, by path from the root of the repository. */
async function generatedFiles(): Promise<Readonly<Record<string, string>>> {
  const { schema, undescribed } = describedSchema(readFileSync(path('runbooks/reference.yaml'), 'utf8'));
  if (undescribed.length > 0) throw new Error(`runbooks/reference.yaml does not explain: ${undescribed.join(', ')}`);
  return {
    'docs/errors.md': await format(errorsPage(), { parser: 'markdown', printWidth: 120 }),
    'docs/reference.md': await format(referencePage(schema), { parser: 'markdown', printWidth: 120 }),
    'runbooks/runbook.schema.json': await format(JSON.stringify(schema), { parser: 'json', printWidth: 120 }),
  };
}

function path(file: string): string {
  return fileURLToPath(new URL(`../../${file}`, import.meta.url));
}

function current(file: string): string {
  try {
    return readFileSync(path(file), 'utf8');
  } catch {
    return ''; // not generated yet: the same as out of date
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = Object.entries(await generatedFiles());
  const stale = files.filter(([file, text]) => current(file) !== text);
  if (process.argv.includes('--write')) for (const [file, text] of stale) writeFileSync(path(file), text);
  else if (stale.length > 0) {
    process.stderr.write(`out of date: ${stale.map(([file]) => file).join(', ')}\nHINT: npm run docs:generate\n`);
    process.exitCode = 1;
  }
}
