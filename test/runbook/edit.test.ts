import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { editRunbook, setHostPins } from '../../src/runbook/edit.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import { renderForWorld } from '../lab/runbook.ts';
import { labFactsAt } from './lab-facts-fixture.ts';

const text = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
const parse = (source: string) => parseRunbook(source, { file: 'gravelines.yaml' });
const comments = (source: string) => source.match(/#.*/g)?.length;

describe('pinning a host', () => {
  const identity = { file: '/etc/machine-id', text: 'abc: def # not a comment' };
  const pinned = setHostPins(text, 'limburg', { hostKeys: ['ssh-ed25519 AAAA', 'ecdsa-sha2-nistp256 BBBB'], identity });

  test('changes its keys and marker, and nothing else', () => {
    const changed = pinned.split('\n').filter((line) => !text.split('\n').includes(line));
    expect(changed).toEqual([
      '    hostKeys: [ssh-ed25519 AAAA, ecdsa-sha2-nistp256 BBBB] # pinned with: drp hosts pin limburg',
      '    identity: { file: /etc/machine-id, text: "abc: def # not a comment" }',
    ]);
    expect(parse(pinned).runbook?.hosts['limburg']).toMatchObject({
      hostKeys: ['ssh-ed25519 AAAA', 'ecdsa-sha2-nistp256 BBBB'],
      identity,
    });
  });

  test('adds the keys where the host has none yet', () => {
    const bare = text.replace(/^ {4}hostKeys: .*\n/m, '');
    const { runbook, problems } = parse(setHostPins(bare, 'limburg', { hostKeys: ['ssh-ed25519 AAAA'] }));
    expect(problems).toEqual([]);
    expect(runbook?.hosts['limburg']?.hostKeys).toEqual(['ssh-ed25519 AAAA']);
  });

  test('replaces keys written as a list of lines', () => {
    const listed = text.replace(
      /^ {4}hostKeys: .*$/m,
      '    hostKeys:\n      - ssh-ed25519 OLD1 # first\n      - ssh-ed25519 OLD2',
    );
    const { runbook, problems } = parse(setHostPins(listed, 'limburg', { hostKeys: ['ssh-ed25519 NEW'] }));
    expect(problems).toEqual([]);
    expect(runbook?.hosts['limburg']).toMatchObject({
      hostKeys: ['ssh-ed25519 NEW'],
      identity: parse(text).runbook?.hosts['limburg']?.identity,
    });
  });

  test('of a host the runbook does not have is refused', () => {
    expect(() => setHostPins(text, 'brussels', { hostKeys: ['ssh-ed25519 AAAA'] })).toThrow(/problem/);
  });
});

describe('edits', () => {
  test('take a whole entry away, its lines only', () => {
    const without = editRunbook(text, [{ path: ['desks', 'tickets'], remove: true }]);
    expect(without).not.toContain('request-tracker');
    expect(comments(without)).toBe(comments(text));
  });

  test.each([
    'yes: no',
    '- x',
    '#x',
    '',
    ' padded ',
    "it's",
    '1',
    'true',
    '~',
    'null',
    '{a}',
    'a, b',
    'new\nline',
    '*x',
    '&x',
    'é',
    'a]',
  ])('write %j so that it reads back the same, beside its key and inside brackets', (value) => {
    const edited = editRunbook(text, [
      { path: ['title'], value },
      { path: ['people', 'otto', 'keys'], value: [value, value] },
    ]);
    expect(parse(edited).runbook).toMatchObject({ title: value, people: { otto: { keys: [value, value] } } });
  });
});

describe('the shipped runbook', () => {
  test('is the one for a lab at its standard place', () => {
    const rendered = renderForWorld(text, labFactsAt({ dir: '/tmp/drp-lab', net: '127.0.77', user: 'root' }));
    expect(parse(rendered).runbook).toEqual(parse(text).runbook);
  });

  test('can be made for a lab at any other place, comments kept, nothing of the old place left', () => {
    const rendered = renderForWorld(text, labFactsAt({ dir: '/tmp/other lab', net: '127.0.99', user: 'postgres' }));
    expect(rendered).not.toMatch(/\/tmp\/drp-lab|127\.0\.77/);
    expect(comments(rendered)).toBe(comments(text));
    expect(parse(rendered).runbook?.hosts['limburg']).toMatchObject({
      address: '127.0.99.10',
      user: 'postgres',
      base: '/tmp/other lab/hosts/limburg/srv',
    });
  });

  test('loses the desks a lab could not start', () => {
    const { tickets: _, ...facts } = labFactsAt({ dir: '/tmp/drp-lab', net: '127.0.77', user: 'root' });
    const { runbook } = parse(renderForWorld(text, facts));
    expect(Object.keys(runbook?.desks ?? {})).toEqual(['mail']);
  });
});
