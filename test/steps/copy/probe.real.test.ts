import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptText } from '../../../src/steps/remote/script-text.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-probe-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a line that dies while it is looked at is not known then, and the look itself comes to its end', () => {
  // Every session to the source is gone as soon as it was begun.
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'ssh'), '#!/bin/sh\nexit 255\n');
  chmodSync(join(programs, 'ssh'), 0o755);
  const script = scriptText(
    'remote/script-opening.sh',
    'remote/source-link.sh',
    'remote/tree-attributes.sh',
    'copy/probe-host.sh',
    'copy/probe.sh',
  );
  const route = ['192.0.2.1', '22', 'root', '', '', '', 'ssh-ed25519 AAAA'];
  const source = ['/identity', 'store', '/source'];
  const rest = [join(folder, 'staging'), '', 'run.1.copy', '', 'exit 1', join(folder, 'warm'), '0', ''];
  for (let look = 0; look < 5; look += 1) {
    rmSync(join(folder, '.drp'), { recursive: true, force: true });
    const { status, signal, stdout } = spawnSync('sh', ['-c', script, 'drp', ...route, ...source, ...rest], {
      env: { HOME: folder, PATH: `${programs}:${process.env['PATH'] ?? ''}` },
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([status, signal]).toEqual([0, null]);
    expect(stdout).toMatch(/^warm 0$[^]*^took \d+$/m);
    expect(stdout).not.toMatch(/^round/m);
  }
});
