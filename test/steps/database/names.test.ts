import { describe, expect, test } from '@jest/globals';
import { freshName, leftoverPrefix } from '../../../src/steps/database/names.ts';

describe('the fresh database of an import', () => {
  test('has the number of its attempt in its name, after an adoption the lineage too', () => {
    expect(freshName('kyc', 'k3f9-2a7m.41.import')).toBe('kyc_drp_k3f92a7m_41');
    expect(freshName('kyc', 'k3f9-2a7m.41a0f3a9c2b7d51.import')).toBe('kyc_drp_k3f92a7m_41a0f3a9c2b7d51');
  });

  test('is never longer than PostgreSQL keeps, and two attempts never meet under what is left', () => {
    const database = 'a'.repeat(41);
    const names = [41, 42].map((seq) => freshName(database, `k3f9-2a7m.${seq}a0f3a9c2b7d51.import`));
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(63);
      expect(name.startsWith(leftoverPrefix(database, 'k3f9-2a7m'))).toBe(true);
    }
    expect(new Set(names).size).toBe(2);
  });
});
