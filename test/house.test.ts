import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

describe('the house', () => {
  test('the folders of src/ are those its README lists, in the order data flows', () => {
    const listed = [...readFileSync(join(root, 'src/README.md'), 'utf8').matchAll(/^\| `(\w+)\/`\s*\|/gm)].map(
      (match) => match[1],
    );
    const there = readdirSync(join(root, 'src')).filter((name) => statSync(join(root, 'src', name)).isDirectory());
    expect([...listed].sort()).toEqual(there.sort());
  });

  test('imports point the way of the flow, there are no circles, and each package has one door', () => {
    const cruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const run = () =>
      execFileSync(
        process.execPath,
        [cruise, '--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'src', 'machines'],
        {
          cwd: root,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
    expect(run).not.toThrow();
  }, 60_000);

  test('no file is named for what it is not', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|managers?|misc|tasks?|flows?)([-./]|$)/;
    expect([...sources('src'), ...sources('machines'), ...sources('test')].filter((file) => vague.test(file))).toEqual(
      [],
    );
  });

  test('no source file is longer than 400 lines', () => {
    const long = [...sources('src'), ...sources('machines')].filter(
      (file) => readFileSync(join(root, file), 'utf8').split('\n').length > 401,
    );
    expect(long).toEqual([]);
  });

  test('machines hold names only: no function is written into a configuration', () => {
    for (const file of ['activation.ts', 'return.ts', 'step.ts', 'gate.ts']) {
      const text = readFileSync(join(root, 'machines', file), 'utf8');
      expect(text).not.toMatch(/(entry|exit|actions|guard|src):\s*(async\s*)?\(/);
    }
  });

  test('every package is pinned to one exact version', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const version of Object.values(manifest[group] ?? {})) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});
