import { fold } from '../views/layout.ts';
import type { Io } from './io.ts';

/** Says it on stderr, a line or several. On a terminal lines break between words; a pipe or a file gets each whole. */
export function tell({ stderr, width }: Pick<Io, 'stderr' | 'width'>, text: string): void {
  stderr.write(`${stderr.isTTY === true ? fold(text, width) : text}\n`);
}
