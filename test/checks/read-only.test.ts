import { expect, test } from '@jest/globals';
import { isReadOnly } from '../../src/checks/read-only.ts';

test.each([
  [['df', '-Pk', '/'], true],
  [['timeout', '5', 'df', '-Pk', '/'], true],
  [['ionice', '-c', '3', 'nice', '-n', '19', 'sha256sum'], true],
  [['systemctl', 'is-active', 'nginx'], true],
  [['systemctl', 'restart', 'nginx'], false],
  [['timeout', '5', 'systemctl', 'restart', 'nginx'], false],
  [['find', '/srv', '-type', 'f', '-printf', '%s'], true],
  [['find', '/srv', '-delete'], false],
  [['find', '/srv', '-exec', 'rm', '{}', '+'], false],
  [['rm', '-rf', '/tmp/tmp.4dS2'], true],
  [['rm', '-rf', '/srv'], false],
  [['rsync', '-a', 'a', 'b'], false],
  [['zstd', '-dc'], true],
  [['gzip', 'dump'], false],
  [['sudo', '-n', '-l', 'systemctl'], true],
  [['sudo', 'systemctl'], false],
  [['touch', 'x'], false],
  [['constructor'], false],
  [[], false],
])('%j: %s', (command, expected) => {
  expect(isReadOnly(command)).toBe(expected);
});
