import { describe, expect, test } from '@jest/globals';
import { compareEvidence, evidenceDigest, statementDigest, statementText } from '../../src/gates/statement.ts';
import { evidence, gateOf, statementOf } from './fixtures.ts';

describe('the statement of a gate', () => {
  test('expires after the time its policy gives', () => {
    expect(statementOf(gateOf({ expiresMs: 1_800_000 })).expiresAt).toBe('2026-11-21T03:30:00.000Z');
  });

  test('another choice or severity is another evidence; newer facts and wording are not', () => {
    const [item] = evidence;
    if (item === undefined) throw new Error('fixture');
    expect(compareEvidence([item], [{ ...item }])).toBe('same');
    expect(compareEvidence([item], [{ ...item, facts: { newest: '2026-11-22' } }])).toBe('facts');
    expect(compareEvidence([item], [{ ...item, lines: ['newer candidates'] }])).toBe('facts');
    expect(compareEvidence([item], [{ ...item, severity: 'attention' }])).toBe('changed');
    expect(compareEvidence([item], [{ ...item, choice: 'other' }])).toBe('changed');
    expect(compareEvidence([item], [])).toBe('changed');
    expect(evidenceDigest([])).not.toBe(evidenceDigest([item]));
  });

  test('every change of it changes its digest', () => {
    const digest = statementDigest(statementOf(gateOf()));
    expect(statementDigest(statementOf(gateOf()))).toBe(digest);
    expect(statementDigest(statementOf(gateOf(), { nonce: '1'.repeat(32) }))).not.toBe(digest);
    expect(statementDigest(statementOf(gateOf(), { attempt: 2 }))).not.toBe(digest);
  });

  test('people read what is chosen, what is lost, what cannot be taken back, who may pass and the word', () => {
    const red = { id: 'room', title: 'Room', severity: 'red' as const, lines: ['1.2 GB free'], overridable: false };
    const gate = gateOf({ approvals: 2, notTheStarter: true, strength: 'ssh-key' });
    expect(statementText(statementOf(gate, { evidence: [...evidence, red] }))).toMatchInlineSnapshot(`
     "GATE switchover: Send users to gravelines
     activation of gravelines, run k3f9-2a7m, attempt 1

     ok         Files
                2026-11-20 on backup-odd, file loss 14 h 00 min
     RED        Room (cannot be overridden)
                1.2 GB free

     Cannot be taken back once this is approved:
       - users see the restored data

     May approve: 2 different people, each with the role authoriser, not who started
       the run, signed by an SSH key.
     Word to approve: gravelines
     Opened 2026-11-21T03:00:00.000Z, expires 2026-11-21T04:00:00.000Z.
     Plan dddddddddddd, journal 41:aaaaaaaaaaaa, statement 03436930d7bb.
     "
    `);
  });
});
