import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

function run(command: string, ...args: readonly string[]) {
  const main = join(import.meta.dirname, command, 'main.ts');
  const argv = ['--disable-warning=ExperimentalWarning', main, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 30_000 });
  return { code: status, out: stdout, err: stderr };
}

test.each([
  ['campaigns', 'Usage: npm run campaign -- NAME', 'tamper'],
  ['bench', 'Usage: npm run bench', 'start'],
])('%s --help: the usage on stdout, with every name, and exit code 0', (command, usage, name) => {
  const { code, out, err } = run(command, '--help');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(usage);
  expect(out).toContain(name);
});

test.each([
  ['campaigns', [], 'A campaign must be named'],
  ['campaigns', ['nonsense'], "There is no campaign 'nonsense'"],
  ['campaigns', ['quote', 'tamper'], 'not also tamper'],
  ['campaigns', ['quote', '--sede', '1'], "Unknown option '--sede'"],
  ['campaigns', ['quote', '--seed', 'x'], "'x' is no seed"],
  ['campaigns', ['quote', '--shard', '5/4'], "'5/4' is no shard"],
  ['bench', ['nonsense'], "There is no bench 'nonsense'"],
  ['bench', ['start', '--nope'], "Unknown option '--nope'"],
  ['bench', ['start', '--rounds', '0'], "'0' is no number of rounds"],
] as const)('%s %j: what is wrong, then the usage, no stack trace, and exit code 2', (command, args, what) => {
  const { code, out, err } = run(command, ...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(what);
  expect(err).toContain('Usage: npm run ');
  expect(err).not.toMatch(/^ +at /m);
});
