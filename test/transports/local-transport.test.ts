import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransportPool } from '../../src/transports/pool.ts';
import { argv } from '../../src/transports/quote.ts';
import type { HostTarget, Transport } from '../../src/transports/transport.ts';

const local: HostTarget = {
  name: 'local',
  address: '127.0.0.1',
  port: 0,
  user: '',
  base: '/',
  hostKeys: [],
  identity: { file: '/etc/machine-id', text: '' },
  transport: 'local',
};

const connect = (): Promise<Transport> => createTransportPool([local]).connect('local');

describe('a command on this machine', () => {
  test('gives exit code, output and stderr, and begins in the home folder', async () => {
    const transport = await connect();
    const command = argv('sh', '-c', 'pwd; cat; printf "%s|" "$@"; echo no >&2; exit 7', 'x', "it's", '$(id)', '');
    expect(await transport.exec(command, { timeoutMs: 5_000, stdin: 'in\n' })).toMatchObject({
      kind: 'exited',
      exitCode: 7,
      stdout: `${homedir()}\nin\nit's|$(id)||`,
      stderr: 'no\n',
    });
  });

  test('that does not exist ends with 127, as in a shell', async () => {
    expect(await (await connect()).exec(argv('/nonexistent/program'), { timeoutMs: 5_000 })).toMatchObject({
      kind: 'exited',
      exitCode: 127,
    });
  });

  test('that runs too long is ended with all its children', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drp-local-'));
    const pid = join(folder, 'pid');
    const command = argv('sh', '-c', 'sleep 30 & echo $! >"$1"; wait', 'x', pid);
    expect(await (await connect()).exec(command, { timeoutMs: 300 })).toMatchObject({ kind: 'timed-out' });
    const state = execFileSync('sh', [
      '-c',
      'cat "/proc/$1/stat" 2>/dev/null || true',
      'x',
      readFileSync(pid, 'utf8').trim(),
    ]);
    expect(state.toString()).not.toMatch(/\) [SR] /);
    rmSync(folder, { recursive: true });
  });

  test('that a signal ended, or that was aborted, says so', async () => {
    const transport = await connect();
    expect(await transport.exec(argv('sh', '-c', 'kill -KILL $$'), { timeoutMs: 5_000 })).toMatchObject({
      kind: 'signalled',
      signalName: 'SIGKILL',
    });
    const abort = new AbortController();
    const running = transport.exec(argv('sleep', '30'), { timeoutMs: 60_000, signal: abort.signal });
    abort.abort(new Error('enough'));
    expect(await running).toMatchObject({ kind: 'lost', cause: { message: 'enough' } });
  });

  test('keeps bytes when asked to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drp-local-'));
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    writeFileSync(join(folder, 'bytes'), bytes);
    const result = await (
      await connect()
    ).exec(argv('cat', join(folder, 'bytes')), { timeoutMs: 5_000, stdoutAs: 'latin1' });
    expect(result.kind === 'exited' && Buffer.from(result.stdout, 'latin1').equals(bytes)).toBe(true);
    rmSync(folder, { recursive: true });
  });

  test('of a host that is not in the plan is a fault of drp', async () => {
    await expect(createTransportPool([local]).connect('elsewhere')).rejects.toMatchObject({ code: 'internal' });
  });
});
