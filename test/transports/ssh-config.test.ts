import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSshConfig, readSshConfig } from '../../src/transports/ssh-config.ts';

describe("the operator's SSH configuration", () => {
  test('fills in address, port, user, keys and the way there', () => {
    const text = [
      'host gravelines',
      'hostname 10.1.2.3',
      'port 2222',
      'user drp',
      'identityfile ~/.ssh/id_drp',
      'identityfile ~/.ssh/second',
      'proxyjump bastion',
      'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2',
      'identityagent none',
    ].join('\n');
    expect(parseSshConfig(text)).toEqual({
      hostName: '10.1.2.3',
      port: 2222,
      user: 'drp',
      identityFiles: ['~/.ssh/id_drp', '~/.ssh/second'],
      proxyJump: 'bastion',
      userKnownHostsFiles: ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'],
    });
  });

  test('is read by ssh itself, included files and all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drp-config-'));
    writeFileSync(join(folder, 'more'), 'Host gravelines\n  HostName 10.9.9.9\n  Port 2022\n');
    writeFileSync(join(folder, 'config'), `Include ${folder}/more\nHost *\n  User night\n`);
    const found = await readSshConfig('gravelines', join(folder, 'config'));
    // Where there is no ssh at all there is nothing to ask.
    if (found !== undefined) expect(found).toMatchObject({ hostName: '10.9.9.9', port: 2022, user: 'night' });
    rmSync(folder, { recursive: true });
  });

  test('is not asked about names that ssh or a shell could misread', async () => {
    for (const name of ['-oProxyCommand=id', 'a;b', '', 'a b', '$(id)']) {
      expect(await readSshConfig(name)).toBeUndefined();
    }
  });
});
