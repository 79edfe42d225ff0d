import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutants, type Edit } from './mutant-list.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

// With the tests only a few faults are put in; the others must not lose their place unseen.
test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('the fault "%s" has its place', (_name, mutant) => {
  const edits: readonly Edit[] = mutant.also === undefined ? [mutant] : [mutant, mutant.also];
  for (const { file, find } of edits) expect(readFileSync(join(root, file), 'utf8').split(find)).toHaveLength(2);
});
