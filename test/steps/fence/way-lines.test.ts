import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../../src/base/errors.ts';
import type { PlannedWorld } from '../../../src/plan/plan.ts';
import { fenceStep } from '../../../src/steps/fence/fence-step.ts';
import { failedLines, wayLines } from '../../../src/steps/fence/way-lines.ts';
import { failedWay } from '../../../src/steps/fence/ways.ts';
import { specOf } from '../lab-steps.ts';

const silent = new DrpError('host-unreachable', {
  host: 'limburg',
  address: '192.0.2.1',
  port: 22,
  reason: 'no TCP connection within 10000 ms',
});
const results = [
  failedWay({ way: 'host limburg', act: 'stop on the host' }, silent),
  { way: 'cut its power on pdu', act: 'cut its power', holds: true, text: 'done and checked' },
  failedWay({ way: 'database production', act: 'database production' }, silent),
  failedWay({ way: 'backup rotation on limburg', act: 'backup rotation' }, silent),
];

describe('what a fence came to', () => {
  test('names a host that cannot be reached once, with all that could not be done there', () => {
    const once =
      'limburg cannot be reached: no TCP connection within 10000 ms; so not: stop on the host, database production, backup rotation';
    expect(wayLines(results)).toEqual([once, 'holds: cut its power on pdu: done and checked']);
    expect(failedLines(results)).toEqual([once]);
  });

  test('is planned with titles, and with commands as a shell would take them', () => {
    const side = { host: 'limburg', address: '192.0.2.1', port: 443 };
    const world = { service: { production: side, recovery: side }, databases: {} } as unknown as PlannedWorld;
    const moved = ['sh', '-c', 'test ! -e "$1" || mv "$1" "$1.paused"', 'pause', '/etc/cron.d/rotate'];
    const spec = specOf('fence', {
      id: 'fence-production',
      side: 'production',
      ways: [{ way: 'command', title: 'cut its power', host: 'pdu', run: ['outlet', 'off'], check: ['true'] }],
      pause: [
        { title: 'backup rotation', host: 'limburg', run: moved },
        { host: 'limburg', run: ['crontab', '-r'] },
      ],
    });
    expect(fenceStep.describe(spec, world).commands).toEqual([
      'pdu: cut its power: outlet off',
      `limburg: backup rotation: sh -c 'test ! -e "$1" || mv "$1" "$1.paused"' pause /etc/cron.d/rotate`,
      'limburg: crontab -r',
    ]);
  });
});
