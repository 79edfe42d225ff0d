import { describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { catalog, type CatalogEntry } from '../../src/base/error-catalog.ts';
import { DrpError } from '../../src/base/errors.ts';

const folder = join(import.meta.dirname, '../../src/base/errors');

describe('the error catalog', () => {
  test('holds each code of each area once', async () => {
    const codes: string[] = [];
    for (const file of readdirSync(folder).filter((name) => name !== 'entry.ts')) {
      const area = (await import(join(folder, file))) as Record<string, Record<string, CatalogEntry>>;
      codes.push(...Object.values(area).flatMap((entries) => Object.keys(entries)));
    }
    expect(codes.sort()).toEqual(Object.keys(catalog).sort());
  });

  test('says what happened without a capital or full stop, and what to type in a sentence', () => {
    for (const [code, { message, hint }] of Object.entries(catalog)) {
      // Names of products keep their capital.
      expect([code, message]).toEqual([code, expect.not.stringMatching(/^[A-Z](?![A-Z]|ode\.js|ostgreSQL)|\.$/)]);
      expect([code, hint]).toEqual([code, expect.stringMatching(/\.$|^\{\w+\}$|!$|\)$/)]);
    }
  });

  test('fills what was wrong into message and hint', () => {
    const error = new DrpError('host-key-not-pinned', { host: 'limburg' });
    expect(error.message).toBe("host 'limburg' has no pinned host key");
    expect(error.hint).toContain('drp hosts pin limburg');
    expect(error.exitCode).toBe(3);
  });
});
