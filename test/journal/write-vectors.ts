import { readFileSync, writeFileSync } from 'node:fs';
import { withVectors } from './vectors.ts';

const page = new URL('../../docs/journal-format.md', import.meta.url);
writeFileSync(page, await withVectors(readFileSync(page, 'utf8')));
