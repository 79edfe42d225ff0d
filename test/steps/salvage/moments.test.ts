import { describe, expect, test } from '@jest/globals';
import { salvageMoments } from '../../../src/steps/salvage/moments.ts';

const timestamps = { orders: 'created_at', notes: 'at' };

describe('the moments a salvage counts from', () => {
  test('are the newest restored row of each table, else the dump, and the oldest restored backup of files', () => {
    const activation = {
      run: 'old',
      beganAt: '2026-11-21T10:00:00.000Z',
      outputs: {
        import: {
          database: 'kyc_drp_x',
          takenAt: '2026-11-21T08:00:00.000Z',
          newestBy: { orders: '2026-11-21T07:59:00.000Z' },
        },
      },
      choices: {
        'backup:users': { takenAt: '2026-11-21T08:00:00.000Z', files: 1 },
        'backup:www': { takenAt: '2026-11-20T00:00:00.000Z', files: 300 },
      },
    };
    expect(salvageMoments({ outputs: {}, choices: {}, activation }, { timestamps })).toEqual({
      rows: {
        orders: { column: 'created_at', at: '2026-11-21T07:59:00.000Z' },
        notes: { column: 'at', at: '2026-11-21T08:00:00.000Z' },
      },
      filesSinceAt: '2026-11-20T00:00:00.000Z',
    });
  });

  test('are the beginning of time where no activation is known: everything is set aside', () => {
    const { rows, filesSinceAt } = salvageMoments({ outputs: {}, choices: {} }, { timestamps });
    expect([rows['orders']?.at, filesSinceAt]).toEqual(['1970-01-01T00:00:01.000Z', '1970-01-01T00:00:01.000Z']);
  });
});
