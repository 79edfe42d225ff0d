import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stragglers, waitFor, type LabContext } from './process.ts';

/** A process that makes a lab with one service in it, says where, and waits. */
const owner = `
import { makeTestLab } from ${JSON.stringify(join(import.meta.dirname, 'test-lab.ts'))};
import { launch } from ${JSON.stringify(join(import.meta.dirname, 'process.ts'))};
const { lab, end } = makeTestLab();
await launch(lab, { name: 'sleeper', argv: ['sleep', '600'] });
process.stdin.once('data', () => void end());
console.log(JSON.stringify({ dir: lab.dir, net: lab.net }));
`;

async function ownedLab() {
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', owner];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  const lab: LabContext = { ...(JSON.parse(String(said.value)) as { dir: string; net: string }), log: () => undefined };
  expect(stragglers(lab)).toHaveLength(1);
  return { child, lab };
}

const gone = (lab: LabContext) =>
  waitFor('the lab to be gone', () =>
    Promise.resolve(!existsSync(lab.dir) && stragglers(lab).length === 0 ? true : undefined),
  );

test('a lab whose test is killed is ended all the same: processes and folder', async () => {
  const { child, lab } = await ownedLab();
  child.kill('SIGKILL');
  await expect(gone(lab)).resolves.toBe(true);
});

test('a lab that is ended in good order needs no guard, and its owner is not held up by one', async () => {
  const { child, lab } = await ownedLab();
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stdin.end('end\n');
  expect(await ended).toBe(0);
  await expect(gone(lab)).resolves.toBe(true);
});
