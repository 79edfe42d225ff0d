import { verifyExport } from '../../src/journal/verify.ts';

/** Places (in bits) whose flip the verifier does not notice. */
export function undetectedFlips(bytes: Buffer, bitsAt: (place: number) => readonly number[]): readonly number[] {
  const missed: number[] = [];
  for (let place = 0; place < bytes.length; place += 1) {
    const before = bytes[place] ?? 0;
    for (const bit of bitsAt(place)) {
      bytes[place] = before ^ (1 << bit);
      if (verifyExport(bytes).good) missed.push(place * 8 + bit);
    }
    bytes[place] = before;
  }
  return missed;
}

/** Places where a byte taken out (negative) or put in goes unnoticed. */
export function undetectedShifts(bytes: Buffer, everyBytes: number): readonly number[] {
  const missed: number[] = [];
  for (let place = 0; place < bytes.length; place += everyBytes) {
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
    if (verifyExport(Buffer.concat([before, after.subarray(1)])).good) missed.push(-place);
    if (verifyExport(Buffer.concat([before, Buffer.from(' '), after])).good) missed.push(place);
  }
  return missed;
}
