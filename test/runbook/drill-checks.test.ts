import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { editRunbook, type EditValue } from '../../src/runbook/edit.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';

const text = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');

function problemsWith(path: string, value: EditValue): readonly string[] {
  const edited = editRunbook(text, [{ path: path.split('.'), value }]);
  return parseRunbook(edited, { file: 'gravelines.yaml' }).problems.map(({ message }) => message);
}

describe('what a runbook says about drills', () => {
  test.each<readonly [string, string, EditValue, RegExp]>([
    [
      'a word that stands for nothing',
      'drill.serve.start',
      ['serve', '{rot}'],
      /\{rot\} stands for nothing: expected \{root\}/,
    ],
    [
      'a database that is not there',
      'drill.serve.start',
      ['serve', '{database:recovry}'],
      /'recovry' is none of databases: did you mean 'recovery'/,
    ],
    ['the port of the site', 'drill.serve.port', 8443, /8443 is the port of the recovery site/],
    ['the port of a database', 'drill.serve.port', 5432, /the port of database 'recovery'/],
    ['the port of SSH', 'drill.serve.port', 2222, /the port of SSH/],
    [
      'a datacentre that is not there',
      'drill.scenarios.fire.lost',
      ['limbourg'],
      /'limbourg' is none of datacentres: did you mean 'limburg'/,
    ],
    ['a path that is no path', 'drill.paths', ['health'], /./],
  ])('%s is a problem, named where it stands', (...[, path, value, message]) => {
    expect(problemsWith(path, value)).toEqual([expect.stringMatching(message)]);
  });

  test('all of it may be left out', () => {
    const bare = editRunbook(text, [{ path: ['drill'], remove: true }]);
    expect(parseRunbook(bare, { file: 'gravelines.yaml' }).problems).toEqual([]);
  });
});
