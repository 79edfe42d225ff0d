import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('a watch begun before there is a journal takes up the run that makes it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drp-watch-'));
  const env = {
    ...process.env,
    DRP_JOURNAL: `sqlite:${join(folder, 'journal.sqlite')}`,
    DRP_RUNBOOKS: join(root, 'runbooks'),
  };
  const watch = spawn(join(root, 'bin/drp'), ['status', '--watch', '--json'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => watch.once('exit', () => resolve()));
  let practice: { readonly kill: () => boolean; readonly exit: Promise<unknown> } | undefined;
  const seen: unknown[] = [];
  try {
    // Ends where the watch does: a watch that gives up fails below, it is not waited for.
    for await (const line of createInterface({ input: watch.stdout })) {
      const { run } = JSON.parse(line) as { run: { procedure: string } | null };
      seen.push(run?.procedure ?? 'none');
      if (practice !== undefined) break;
      const args = ['--disable-warning=ExperimentalWarning', 'test/cli/practice-run.ts', folder, 'activation'];
      const child = spawn(process.execPath, args, { cwd: root, stdio: 'ignore' });
      practice = { kill: () => child.kill(), exit: new Promise((resolve) => child.once('exit', resolve)) };
    }
    expect(seen).toEqual(['none', 'activation']);
    // Nobody can be asked here: it parks.
    expect(await practice?.exit).toBe(75);
  } finally {
    practice?.kill();
    watch.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
