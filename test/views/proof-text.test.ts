import { expect, test } from '@jest/globals';
import { proofText, type ProofView } from '../../src/views/proof-text.ts';
import { plainStyle } from '../../src/views/style.ts';

const safe = (name: string): ProofView => ({
  name,
  safe: true,
  states: 813,
  transitions: 2792,
  ms: 139,
  breaches: [],
  lanes: [{ phase: 'restoration', groups: [['files'], ['database']], reduced: true }],
  points: [
    {
      gate: 'restoration',
      undoable: [
        { step: 'copy-files', undo: 'mv -T /srv/www.before-<run> /srv/www', expectMs: 9_000_000 },
        { step: 'copy-configuration', undo: 'mv -T /srv/config.before-<run> /srv/config', expectMs: 300_000 },
      ],
      irreversible: [],
      lasting: [],
      unsaid: ['fetch-database'],
      finalSoFar: [],
    },
  ],
});
const unsafe: ProofView = {
  ...safe('return'),
  safe: false,
  breaches: [{ law: 'dns-after-restoration', sentence: 'DNS moves too early', story: ['one', 'two'] }],
};
const text = (proofs: readonly ProofView[], width = 80): string =>
  proofText('gravelines', proofs, { width, style: plainStyle });

test('all verdicts stand together on top, a line each, and short at the end', () => {
  const lines = text([safe('activation'), safe('return'), safe('drill')])
    .trimEnd()
    .split('\n');
  expect(lines.slice(0, 5)).toEqual([
    'Site gravelines: SAFE',
    '  activation  SAFE  813 states, 2792 transitions, 139 ms',
    '  return      SAFE  813 states, 2792 transitions, 139 ms',
    '  drill       SAFE  813 states, 2792 transitions, 139 ms',
    '',
  ]);
  expect(lines.at(-1)).toBe('Site gravelines: SAFE  activation SAFE · return SAFE · drill SAFE');
});

test('one unsafe procedure makes the site unsafe: its law on top, its story before the maps of the others', () => {
  const said = text([safe('activation'), unsafe]);
  expect(said).toMatch(/^Site gravelines: UNSAFE\n/);
  expect(said).toContain(
    '  return      UNSAFE  813 states, 2792 transitions, 139 ms\n    breaks dns-after-restoration\n',
  );
  expect(said.indexOf('The shortest way there:')).toBeGreaterThan(0);
  expect(said.indexOf('The shortest way there:')).toBeLessThan(said.indexOf('\nACTIVATION\n'));
  expect(said.trimEnd().split('\n').at(-1)).toBe('Site gravelines: UNSAFE  activation SAFE · return UNSAFE');
});

test('what taking back costs is said once in words and then as a time without idle zeros', () => {
  const said = text([safe('activation')]);
  expect(said.match(/work lost/g)).toHaveLength(1);
  expect(said).toContain('/srv/www (about 2 h 30');
  expect(said).toContain('copy-configuration: mv -T /srv/config.before-<run>');
  expect(said).toContain('(about 5 min)');
  expect(said).toContain('all of it (about 2 h 35 min)');
});

test('no line of it is wider than the terminal', () => {
  for (const width of [60, 80, 120]) {
    const widest = Math.max(
      ...text(
        [
          safe('activation'),
          { ...unsafe, breaches: [{ law: 'l', sentence: 's '.repeat(90), story: ['w '.repeat(90)] }] },
        ],
        width,
      )
        .split('\n')
        .map((line) => line.length),
    );
    expect(widest).toBeLessThanOrEqual(width);
  }
});
