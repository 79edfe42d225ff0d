import { describe, expect, test } from '@jest/globals';
import { standardLimits } from '../../src/transports/connection-limits.ts';
import {
  controlName,
  execCommand,
  knownHostsText,
  markedExitCode,
  masterCommand,
  withoutMark,
} from '../../src/transports/openssh-command.ts';
import type { HostTarget } from '../../src/transports/transport.ts';

const target: HostTarget = {
  name: 'gravelines',
  address: '10.0.0.1',
  port: 2222,
  user: 'drp',
  base: '/srv',
  hostKeys: ['ssh-ed25519 AAAA', 'ssh-rsa BBBB'],
  identity: { file: '/x', text: 'x' },
  transport: 'openssh',
  keyFile: '/keys/100%/id',
};
const files = { controlPath: '/run/c', knownHosts: '/run/c.hosts', log: '/run/c.log' };
const master = (interactive: boolean, more = {}) =>
  masterCommand(target, { ...files, ...more }, { limits: standardLimits, interactive, keepIdleS: 300 });

describe('the command that opens the connection', () => {
  test('believes the pinned keys only, and only of their types', () => {
    expect(master(false)).toEqual(
      expect.arrayContaining([
        'StrictHostKeyChecking=yes',
        'UserKnownHostsFile=/run/c.hosts',
        'GlobalKnownHostsFile=/dev/null',
        'HostKeyAlgorithms=ssh-ed25519,rsa-sha2-512,rsa-sha2-256',
        `HostKeyAlias=drp-${controlName(target)}`,
      ]),
    );
    expect(knownHostsText(target)).toBe(
      `drp-${controlName(target)} ssh-ed25519 AAAA\ndrp-${controlName(target)} ssh-rsa BBBB\n`,
    );
  });

  test('asks nothing unless a person is there, offers one key, and forwards nothing', () => {
    expect(master(false)).toEqual(
      expect.arrayContaining(['BatchMode=yes', 'IdentitiesOnly=yes', 'IdentityFile=/keys/100%%/id', 'ForwardAgent=no']),
    );
    expect(master(true)).toEqual(expect.arrayContaining(['BatchMode=no']));
  });

  test('notices a silent host after 5 s x 3', () => {
    expect(master(false)).toEqual(expect.arrayContaining(['ServerAliveInterval=5', 'ServerAliveCountMax=3']));
  });

  test('goes through the master of the jump host, or through nothing', () => {
    expect(master(false)).toContain('ProxyCommand=none');
    const jump = master(false, { viaControlPath: "/run/it's" }).find((part) => part.startsWith('ProxyCommand='));
    expect(jump).toMatch(/^ProxyCommand=ssh -F \/dev\/null -S '\/run\/it'\\''s' .* -W \[%h\]:%p -- drp$/);
  });

  test('takes the address for nothing but an address', () => {
    expect(master(false).slice(-2)).toEqual(['--', '10.0.0.1']);
  });
});

describe('the exit code of a command', () => {
  test('is read from the mark at the end of stderr alone', () => {
    expect(markedExitCode(Buffer.from('noise\ndrp1 abc exit 255\n'), 'abc')).toBe(255);
    expect(markedExitCode(Buffer.from('drp1 abc exit 0\nmore'), 'abc')).toBeUndefined();
    expect(markedExitCode(Buffer.from('drp1 other exit 0\n'), 'abc')).toBeUndefined();
    expect(withoutMark('noise\ndrp1 abc exit 255\n', 'abc')).toBe('noise\n');
  });

  test('never comes from a connection of its own', () => {
    expect(execCommand(files, ['true'], 'abc')).toEqual(
      expect.arrayContaining(['ControlMaster=no', 'ProxyCommand=false', 'BatchMode=yes']),
    );
  });
});
