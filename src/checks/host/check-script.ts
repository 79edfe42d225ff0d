import { readFileSync } from 'node:fs';

/** The text of a script of this folder, without its comments: it travels with every call. */
export function checkScript(file: 'facts.sh' | 'peer.sh' | 'room.sh'): string {
  return readFileSync(new URL(`./${file}`, import.meta.url), 'utf8').replaceAll(/^\s*# .*\n/gm, '');
}
