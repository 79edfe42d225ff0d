import { describe, expect, test } from '@jest/globals';
import type { Ask } from '../../src/cli/ask.ts';
import { askSituation, type GivenSituation } from '../../src/cli/situation.ts';
import { changed } from '../proof/gravelines.ts';

const plan = changed('activation', () => undefined);
const given = { what: 'fire', since: 'now', lost: ['limburg'], orderedHow: 'called back' };
const nowMs = Date.parse('2026-11-22T03:00Z');

/** The situation, with what was asked and what was refused; each question is answered with the texts in turn until one is taken. */
async function situationOf(told: GivenSituation, texts: readonly string[] = [], thinkingMs = 0) {
  let atMs = nowMs;
  const refused: string[] = [];
  const ask: Pick<Ask, 'question'> = {
    question: ({ refuse }) => {
      atMs += thinkingMs;
      const taken = texts.find((text) => {
        const why = refuse(text);
        if (why !== undefined) refused.push(why);
        return why === undefined;
      });
      return Promise.resolve(taken === undefined ? { kind: 'interrupted' } : { kind: 'typed', text: taken });
    },
  };
  const deps = { io: { interactive: texts.length > 0 }, ask, clock: { nowMs: () => atMs } };
  return { situation: await askSituation(plan, told, deps as never), refused };
}

describe('since when', () => {
  const minutesMs = 60_000;
  const { since: _said, ...rest } = { ...given, orderedBy: 'anne' };

  test('counts from the answer, however long the person thought about it', async () => {
    const { situation } = await situationOf(rest, ['10m ago'], 5 * minutesMs);
    expect(situation.sinceAt).toBe('2026-11-22T02:55:00.000Z');
    const told = await situationOf(rest, ['2026-11-22T03:04Z'], 5 * minutesMs);
    expect(told).toMatchObject({ situation: { sinceAt: '2026-11-22T03:04:00.000Z' }, refused: [] });
  });

  test('counts from the command where it was given there, whatever is asked afterwards', async () => {
    const { what: _what, ...asked } = { ...rest, since: 'now' };
    const { situation } = await situationOf(asked, ['fire in the room'], 5 * minutesMs);
    expect(situation.sinceAt).toBe('2026-11-22T03:00:00.000Z');
  });
});

describe('what is lost', () => {
  test('cannot be where users would be sent: nobody could pass the first gate', async () => {
    await expect(situationOf({ ...given, orderedBy: 'anne', lost: ['limburg', 'gravelines'] })).rejects.toMatchObject({
      code: 'wrong-usage',
      message:
        "--lost: 'gravelines' is where users would be sent (host 'gravelines'): nothing can be recovered to what is lost",
    });
  });

  test('is none, or names, never both', async () => {
    await expect(situationOf({ ...given, orderedBy: 'anne', lost: ['none', 'limburg'] })).rejects.toMatchObject({
      message: "--lost: 'none' stands alone: no other datacentre beside it",
    });
    expect((await situationOf({ ...given, orderedBy: 'anne', lost: ['none'] })).situation.lost).toEqual([]);
  });
});

describe('who ordered', () => {
  test('is an authoriser of the runbook, by name or full name, in any case of letters', async () => {
    for (const orderedBy of ['anne', 'Anne', "Anne, the customer's crisis lead"]) {
      expect((await situationOf({ ...given, orderedBy })).situation.orderedBy).toBe('anne');
    }
  });

  test('nobody in the runbook orders: the error says who may, and how an order by somebody else comes in', async () => {
    await expect(situationOf({ ...given, orderedBy: 'ane' })).rejects.toMatchObject({
      code: 'order-not-theirs',
      exitCode: 3,
      message:
        "the activation of gravelines cannot begin on this order: 'ane' is nobody in the runbook; did you mean 'anne'?",
      hint: expect.stringMatching(
        /--ordered-by anne\. .* --ordered-how\. Every person: drp who-can --site gravelines\.$/,
      ),
    });
  });

  test('an operator orders nothing', async () => {
    await expect(situationOf({ ...given, orderedBy: 'otto' })).rejects.toMatchObject({
      message: expect.stringMatching(/otto is operator, an order needs an authoriser$/),
    });
  });

  test('is asked again where the name typed may not order', async () => {
    const { situation, refused } = await situationOf(given, ['somebody', 'vera', 'anne']);
    expect(situation.orderedBy).toBe('anne');
    expect(refused).toEqual([
      "'somebody' is nobody in the runbook",
      'vera is operator and approver, an order needs an authoriser',
    ]);
  });
});
