import { expect, test } from '@jest/globals';
import { ordererOf, whoOrders } from '../../src/gates/who-orders.ts';
import type { Person } from '../../src/runbook/schema/world.ts';

const person = (name: string, ...roles: Person['roles']): Pick<Person, 'name' | 'roles'> => ({ name, roles });
const people = { anne: person('Anne Martin', 'authoriser'), otto: person('Otto', 'operator') };

test('authorisers order, and nobody else', () => {
  expect(whoOrders(people)).toEqual(['anne']);
  expect(ordererOf(people, ' ANNE martin ')).toEqual({ person: 'anne' });
  expect(ordererOf(people, 'otto')).toEqual({ reason: 'otto is operator, an order needs an authoriser' });
  expect(ordererOf(people, 'the boss')).toEqual({ reason: "'the boss' is nobody in the runbook" });
});

test('where a runbook has no authoriser, everybody in it may order, and still nobody else', () => {
  const { otto } = people;
  expect(whoOrders({ otto })).toEqual(['otto']);
  expect(ordererOf({ otto }, 'otto')).toEqual({ person: 'otto' });
  expect(ordererOf({ otto }, 'oto')).toEqual({ reason: "'oto' is nobody in the runbook; did you mean 'otto'?" });
});
