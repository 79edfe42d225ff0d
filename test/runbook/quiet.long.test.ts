import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { parseRunbook } from '../../src/runbook/parse.ts';

// Found by the fuzz campaign: the YAML reader wrote a warning of its own to the operator's terminal.
test('reading a runbook with a map as a key prints nothing, and names the place', () => {
  const module = new URL('../../src/runbook/parse.ts', import.meta.url).href;
  const script = `
    const { parseRunbook } = await import(${JSON.stringify(module)});
    const { problems } = parseRunbook('site: x\\n{ a: b }: c\\n', { file: 'f.yaml' });
    process.stdout.write(JSON.stringify(problems.length > 0 && problems.every(({ line }) => line > 0)));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'true', stderr: '' });
});

// Found beside the fuzz campaign: every wrong key was looked for among all of them, minutes for a long list.
test('reading thousands of wrong keys takes no longer a key than reading some hundreds, and each is at its place', () => {
  const read = (keys: number) => {
    const text = Array.from({ length: keys }, (_, line) => `wrong${line}: 1`).join('\n');
    const before = process.cpuUsage().user;
    const { problems } = parseRunbook(text, { file: 'f.yaml' });
    return { problems, spentUs: process.cpuUsage().user - before };
  };
  read(300);
  const few = read(300);
  const many = read(2_400);
  // Eight times the keys: eight times the work; looked for among all, it would be sixty-four times.
  expect(many.spentUs / few.spentUs).toBeLessThan(20);
  expect(many.problems.some(({ line, message }) => line === 2_400 && message.includes('wrong2399'))).toBe(true);
});
