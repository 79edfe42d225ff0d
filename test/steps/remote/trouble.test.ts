import { describe, expect, test } from '@jest/globals';
import { catalog, type ErrorCode } from '../../../src/base/error-catalog.ts';
import { DrpError } from '../../../src/base/errors.ts';
import { troubleItem } from '../../../src/steps/remote/trouble.ts';

const base = { id: 'backup:files', title: 'backup files' };

describe('what could not be had for a gate', () => {
  test('says what to do where its reader stands: at the gate, not before a shell without a driver', () => {
    const item = troubleItem(base, new DrpError('connection-lost', { host: 'h', reason: 'reset' }));
    expect(item.severity).toBe('red');
    expect(item.lines).toEqual([
      "lost contact with host 'h': reset",
      "When it answers again, renew this gate: 'renew' at its prompt, or drp decide renew GATE --reason TEXT.",
    ]);
  });

  test.each([
    'host-unreachable',
    'connection-lost',
    'job-script-incomplete',
    'database-unreachable',
    'dns-unreachable',
    'secret-unreadable',
  ] satisfies ErrorCode[])('%s never sends the reader of a gate to drp resume', (code) => {
    expect(catalog[code].hint).toContain('drp resume');
    expect(troubleItem(base, new DrpError(code)).lines.join(' ')).not.toMatch(/drp resume|decide retry/);
  });
});
