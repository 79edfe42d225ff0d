import { expect, test } from '@jest/globals';
import { sampleExport } from './sample-run.ts';
import { undetectedFlips, undetectedShifts } from './tampering.ts';

test('every single flipped bit of an export is found', async () => {
  const bytes = Buffer.from(await sampleExport());
  expect(undetectedFlips(bytes, () => [0, 1, 2, 3, 4, 5, 6, 7])).toEqual([]);
});

test('every byte taken out or put in, anywhere, is found', async () => {
  expect(undetectedShifts(Buffer.from(await sampleExport()), 1)).toEqual([]);
});
