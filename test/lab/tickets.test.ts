import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { MailFacts, TicketFacts } from './facts.ts';
import { receivedMail, startMail } from './mail.ts';
import { endProcess, waitFor } from './process.ts';
import { setRelay } from './relay.ts';
import { makeTestLab } from './test-lab.ts';
import { startTickets, ticketsMissing } from './tickets.ts';

jest.setTimeout(90_000);
const missing = ticketsMissing();
if (missing !== undefined) console.warn(`SKIPPED: ${missing}`);
const { lab, end } = makeTestLab();
let facts: TicketFacts;
let mail: MailFacts;

const ask = async (
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: object,
): Promise<{ status: number; json: unknown }> => {
  const response = await fetch(`${facts.url}/REST/2.0/${path}`, {
    method,
    headers: {
      authorization: `token ${readFileSync(facts.tokenFile, 'utf8').trim()}`,
      'content-type': 'application/json',
    },
    signal: AbortSignal.timeout(15_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
};

(missing === undefined ? describe : describe.skip)('Request Tracker', () => {
  beforeAll(async () => {
    [mail, facts] = await Promise.all([startMail(lab), startTickets(lab)]);
  });
  afterAll(() => end());

  const create = (Subject: string) =>
    ask('POST', 'ticket', {
      Queue: facts.queue,
      Subject,
      Content: 'gravelines: the DRP is ready, DNS next',
      ContentType: 'text/plain',
      Requestor: 'anne@kyc.test',
    });

  test('a ticket is made, found again by its marker and continued; people get mail', async () => {
    const made = await create('DRP gravelines [drp 7f3:info]');
    expect(made).toMatchObject({ status: 201, json: { id: expect.anything() } });
    const id = String((made.json as { id: string }).id);
    const found = await ask(
      'GET',
      `tickets?query=${encodeURIComponent("Queue = 'DRP' AND Subject LIKE 'drp 7f3:info'")}`,
    );
    expect(found.json).toMatchObject({ total: 1, items: [{ id }] });
    expect(
      (await ask('POST', `ticket/${id}/correspond`, { Content: 'users are on gravelines', ContentType: 'text/plain' }))
        .status,
    ).toBe(201);
    const mails = await waitFor('mail to the crisis team and the requestor', () => {
      const recipients = receivedMail(mail.mailbox).flatMap((message) => message.to);
      return Promise.resolve(
        recipients.includes('crisis@kyc.test') && recipients.includes('anne@kyc.test')
          ? receivedMail(mail.mailbox)
          : undefined,
      );
    });
    expect(mails.map((message) => message.subject).join('\n')).toContain(
      `[kyc.test #${id}] DRP gravelines [drp 7f3:info]`,
    );
  });

  test('another queue and a wrong token are refused', async () => {
    expect((await ask('POST', 'ticket', { Queue: 'None', Subject: 'x' })).status).toBe(403);
    expect(
      (await fetch(`${facts.url}/REST/2.0/ticket/1`, { headers: { authorization: 'token 1-31-wrong' } })).status,
    ).toBe(401);
  });

  test('it can be down and come back with its tickets and its token', async () => {
    await setRelay(lab, 'tickets', { kind: 'refuse' });
    await expect(ask('GET', 'ticket/1')).rejects.toThrow('fetch failed');
    await setRelay(lab, 'tickets', { kind: 'pass' });
    await endProcess(lab, 'tickets');
    expect(await startTickets(lab)).toEqual(facts);
    expect((await ask('GET', 'ticket/1')).json).toMatchObject({ Subject: 'DRP gravelines [drp 7f3:info]' });
  });
});
