import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../../src/base/errors.ts';
import type { Sending } from '../../../src/providers/dns/compare-and-set.ts';
import { sendAndReadBack } from '../../../src/providers/dns/compare-and-set.ts';
import type { RecordSet } from '../../../src/providers/providers.ts';

const set = (last: number): RecordSet => ({
  name: 'www.kyc.test',
  type: 'A',
  ttlSeconds: 60,
  values: [`192.0.2.${String(last)}`],
});
const change = [{ from: set(1), to: set(2) }];
const lost: Sending = { kind: 'not-known', reason: 'no answer', saysNo: false };
const no: Sending = { kind: 'not-known', reason: 'NXRRSET', saysNo: true };

async function outcome(sendings: Sending[], readings: (RecordSet | 'silent')[], tries = 3) {
  let sent = 0;
  const result = await sendAndReadBack(change, {
    tries,
    send: () => Promise.resolve(sendings[sent++] ?? lost),
    read: () => {
      const reading = readings.shift() ?? 'silent';
      return reading === 'silent' ? Promise.reject(new Error('silent')) : Promise.resolve([reading]);
    },
  });
  return { kind: result.kind, sent };
}

describe('what became of a change', () => {
  test.each<[string, Sending[], (RecordSet | 'silent')[], { kind: string; sent: number }]>([
    ['made: applied, nothing is read', [{ kind: 'made' }], [], { kind: 'applied', sent: 1 }],
    ['answer lost, the new stands: made already', [lost], [set(2)], { kind: 'already', sent: 1 }],
    ['answer lost, the old stands: sent again', [lost, { kind: 'made' }], [set(1)], { kind: 'applied', sent: 2 }],
    ['answer lost, something else stands: conflict', [lost], [set(3)], { kind: 'conflict', sent: 1 }],
    ['the server says no, the new stands: made already', [no], [set(2)], { kind: 'already', sent: 1 }],
    ['the server says no: never sent again', [no], [set(1)], { kind: 'conflict', sent: 1 }],
    ['answer lost, and nothing to read: unknown', [lost], ['silent'], { kind: 'unknown', sent: 1 }],
    [
      'every answer lost: unknown after the last try',
      [lost, lost, lost],
      [set(1), set(1), set(1)],
      { kind: 'unknown', sent: 3 },
    ],
  ])('%s', async (...[, sendings, readings, expected]) => {
    expect(await outcome(sendings, readings)).toEqual(expected);
  });

  test('a refusal that another try would not change is thrown, and nothing is sent again', async () => {
    const refusal = new DrpError('dns-refused', { zone: 'kyc.test', where: 'x', reason: 'BADKEY', advice: 'y' });
    const doors = { tries: 3, send: () => Promise.reject(refusal), read: () => Promise.resolve([set(1)]) };
    await expect(sendAndReadBack(change, doors)).rejects.toBe(refusal);
  });
});
