import { describe, expect, test } from '@jest/globals';
import type { PlannedWorld } from '../../../src/plan/plan.ts';
import { copyNames, copySource, leastSize } from '../../../src/steps/copy/copy-plan.ts';
import { roomFault, sourceFault } from '../../../src/steps/copy/precheck.ts';
import { parseTarget } from '../../../src/steps/copy/trees.ts';
import type { RunFacts } from '../../../src/steps/step-kind.ts';
import { specOf } from '../lab-steps.ts';

const world = { hosts: { a: { base: '/srv/' }, b: { base: '/data' } } } as unknown as PlannedWorld;
const facts = (more: Partial<RunFacts> = {}): RunFacts => ({ outputs: {}, choices: {}, ...more });
const fromBackup = specOf('copy', {
  id: 'c',
  from: { backup: 'files', path: '/www/' },
  to: { host: 'a', path: 'www/' },
});
const fromHost = specOf('copy', {
  id: 'd',
  from: { host: 'b', path: 'www' },
  to: { host: 'a', path: '/x' },
  staging: 'back',
});
const chosen = { 'backup:files': { host: 'o', path: '/backups/2026-11-21', takenAt: '2026-11-21T00:00:00.000Z' } };

describe('the plan of a copy', () => {
  test('takes the folder inside the chosen backup, and refuses without a choice', () => {
    expect(copySource(fromBackup, { world, facts: facts({ choices: chosen }) })).toEqual({
      host: 'o',
      path: '/backups/2026-11-21/www',
    });
    expect(() => copySource(fromBackup, { world, facts: facts() })).toThrow(/no approved gate has chosen one/);
  });

  test('grows beside its target under a hidden name, which a staging name shares', () => {
    expect(copyNames(fromBackup, { world, run: 'r1' })).toEqual({
      target: '/srv/www',
      staging: '/srv/.www.drp-c',
      kept: '/srv/www.before-r1',
      warm: '/srv/.www.drp-warm',
    });
    expect(copyNames(fromHost, { world, run: 'r1' }).staging).toBe('/.x.drp-back');
  });

  test('expects a share of what the gate saw, else of what the last activation brought there', () => {
    expect(leastSize(fromBackup, { world, facts: facts() })).toEqual({ files: 1, bytes: 0 });
    expect(
      leastSize(fromBackup, { world, facts: facts({ choices: { 'source:c': { files: 10, bytes: 1000 } } }) }),
    ).toEqual({ files: 8, bytes: 800 });
    const outputs = { other: 1, copied: { to: { host: 'b', path: '/data/www' }, files: 100, bytes: 50 } };
    const activation = { run: 'old', beganAt: '', outputs, choices: {} };
    expect(leastSize(fromHost, { world, facts: facts({ activation }) })).toEqual({ files: 80, bytes: 40 });
  });

  test('refuses an empty source whatever the limit, and one below it', () => {
    expect(sourceFault({ files: 0, bytes: 0 }, { files: 0, bytes: 0 })).toBe('it is empty');
    expect(sourceFault({ files: 7, bytes: 900 }, { files: 8, bytes: 800 })).toMatch(/has shrunk/);
    expect(sourceFault({ files: 8, bytes: 800 }, { files: 8, bytes: 800 })).toBeUndefined();
  });

  test('counts what the staging tree holds already when it looks for room', () => {
    const target = parseTarget('room 200000000 1000\nstaging 50 100000000\n');
    expect(roomFault({ entries: 100, diskBytes: 200_000_000 }, target)).toBeUndefined();
    expect(roomFault({ entries: 100, diskBytes: 300_000_000 }, target)).toMatch(/are needed/);
    expect(roomFault({ entries: 1050, diskBytes: 1 }, target)).toMatch(/inodes/);
    expect(parseTarget('room 5 -1\ntarget 3 10 1 1000\nfault it is odd\n')).toMatchObject({
      target: { files: 3, newer: 1, newestAt: '1970-01-01T00:16:40.000Z' },
      faults: ['it is odd'],
    });
  });
});
