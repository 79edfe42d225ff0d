import { expect, test } from '@jest/globals';
import type { Driving } from '../../src/executor/driving.ts';
import { whatStays } from '../../src/executor/open-gate.ts';
import { plan } from '../views/recorded-run.ts';

const at = (gate: string) => whatStays({ plan } as unknown as Driving['log'], plan.gates[gate]!);

test('the gate that sends users away says that what they write then stays there; gates before it do not', () => {
  expect(at('switchover')).toEqual([
    expect.stringContaining('users write on recovery from here on; a switch back leaves those writes there'),
  ]);
  expect(at('restoration')).toEqual([]);
});
