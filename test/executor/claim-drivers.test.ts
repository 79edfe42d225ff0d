import { expect, test } from '@jest/globals';
import type { Driver, Event } from '../../src/events/event.ts';
import { claimDrivers } from '../../src/executor/claim-drivers.ts';

const driver = (pid: number): Driver => ({
  osUser: 'otto',
  machine: 'laptop',
  pid,
  bootId: 'b',
  startTime: '1',
  version: '0',
});
const attached = (seq: number, pid: number, epoch: number) =>
  ({ seq, type: 'driver.attached', data: { driver: driver(pid), reason: 'resume', epoch } }) as unknown as Event;
const adopted = { seq: 5, type: 'run.adopted', data: {} } as unknown as Event;

test('a driver carries the same mark in its process as on record, and no other driver carries it', () => {
  const first = claimDrivers([], { driver: driver(1), epoch: 2 });
  const second = claimDrivers([attached(2, 1, 2)], { driver: driver(2), epoch: 3 });
  expect(second.known).toEqual([first.driver]);
  expect(second.driver).not.toBe(first.driver);
  expect(claimDrivers([attached(2, 1, 2)], { driver: driver(3), epoch: 3 }).driver).not.toBe(second.driver);
  expect(first.driver).toMatch(/^[0-9a-f]{12}$/);
});

test('an adopted record overtakes what lies below its first epoch, and only that', () => {
  const copy = [attached(2, 1, 2), adopted];
  expect(claimDrivers([attached(2, 1, 2)], { driver: driver(2), epoch: 3 }).overtakes).toBe(0);
  expect(claimDrivers(copy, { driver: driver(2), epoch: 1_000_000_001 }).overtakes).toBe(1_000_000_001);
  const later = [...copy, attached(6, 2, 1_000_000_001)];
  expect(claimDrivers(later, { driver: driver(3), epoch: 1_000_000_002 }).overtakes).toBe(1_000_000_001);
});
