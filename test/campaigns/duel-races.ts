import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Failure } from './campaign.ts';

const worker = fileURLToPath(new URL('./race-worker.ts', import.meta.url));
const racers = 4;

/** Several processes begin a run of the same site at the same moment, again and again: exactly one may win each time. */
export async function raceForClaims(races: number): Promise<readonly Failure[]> {
  const place = mkdtempSync(join(tmpdir(), 'drp-race-'));
  const failures: Failure[] = [];
  const children = Array.from({ length: racers }, (_one, index) =>
    fork(worker, [join(place, 'journal.sqlite'), String(index)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    }),
  );
  try {
    await Promise.all(children.map(answer));
    for (let race = 1; race <= races; race += 1) {
      const answers = children.map(answer);
      for (const child of children) child.send(race);
      const said = await Promise.all(answers);
      const won = said.filter((one) => one === 'won').length;
      const odd = said.filter((one) => one !== 'won' && one !== 'lost');
      if (won !== 1 || odd.length > 0)
        failures.push({ case: `race ${String(race)}`, why: `${String(won)} won; ${odd.join('; ')}` });
    }
  } finally {
    for (const child of children) child.disconnect();
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
    rmSync(place, { recursive: true, force: true });
  }
  return failures;
}

function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a racer died'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}
