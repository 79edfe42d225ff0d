import { readFileSync } from 'node:fs';

const texts = new Map<string, string>();

/** The text of shell files beside each other in `src/steps`, joined, without their comments: it travels with every call. */
export function scriptText(...files: readonly string[]): string {
  return files.map(oneText).join('');
}

/** The script of one of drp's own jobs: its opening says where it stands and how it refuses, and these files do the work. */
export function jobScript(...files: readonly string[]): string {
  return scriptText('remote/job-opening.sh', ...files);
}

function oneText(file: string): string {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8').replaceAll(/^\s*# .*\n/gm, '');
  texts.set(file, text);
  return text;
}
