import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, readFileSync } from 'node:fs';
import { Secret } from '../../../src/base/secret.ts';
import { requestTrackerDesk } from '../../../src/providers/desk/request-tracker.ts';
import type { TicketDesk } from '../../../src/providers/providers.ts';
import { startMail } from '../../lab/mail.ts';
import { makeTestLab, type TestLab } from '../../lab/test-lab.ts';
import { startTickets, ticketsMissing } from '../../lab/tickets.ts';

const missing = ticketsMissing();

(missing === undefined ? describe : describe.skip)(`Request Tracker (${missing ?? 'installed'})`, () => {
  let made: TestLab;
  let desk: TicketDesk;
  beforeAll(async () => {
    made = makeTestLab();
    chmodSync(made.lab.dir, 0o755);
    await startMail(made.lab);
    const { url, queue, tokenFile } = await startTickets(made.lab);
    const token = new Secret('token', readFileSync(tokenFile, 'utf8'));
    desk = requestTrackerDesk(
      { kind: 'request-tracker', url, queue, token: { file: tokenFile }, datacentre: 'roubaix' },
      token,
    );
  });
  afterAll(async () => {
    await made.end();
  });

  test('messages with short, folded and overlong subjects are found again under their keys, as one ticket', async () => {
    const first = await desk.send({ key: 'k3f9-2a7m:ready', subject: 'ready, DNS next', text: 'hello\n' });
    const subjects = {
      short: 'users are served',
      folded: 'DRP gravelines: users are served from production again, and every one of them',
      overlong: `${'é'.repeat(120)} ${'word '.repeat(40)}`,
    };
    for (const [milestone, subject] of Object.entries(subjects)) {
      const key = `k3f9-2a7m:${milestone}`;
      expect(await desk.find(key)).toBeUndefined();
      expect(await desk.send({ key, subject, text: 'and on\n', answers: first.id })).toEqual(first);
      expect(await desk.find(key)).toEqual(first);
    }
    const alone = await desk.send({ key: 'k3f9-2a7m:alone', subject: subjects.overlong, text: 'one\n' });
    expect(alone).not.toEqual(first);
    expect(await desk.find('k3f9-2a7m:alone')).toEqual(alone);
  });
});
