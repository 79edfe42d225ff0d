import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';

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
