import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createTransport } from 'nodemailer';
import type { MailFacts } from './facts.ts';
import { mailLogin, receivedMail, startMail } from './mail.ts';
import { setRelay } from './relay.ts';
import { makeTestLab } from './test-lab.ts';

jest.setTimeout(60_000);
const { lab, end } = makeTestLab();
let facts: MailFacts;

beforeAll(async () => {
  facts = await startMail(lab);
});
afterAll(() => end());

const send = (to: string, options: { user?: string; pass?: string } = {}) =>
  createTransport({
    host: facts.address,
    port: facts.port,
    ignoreTLS: true,
    socketTimeout: 1_000,
    greetingTimeout: 500,
    ...(options.user === undefined ? {} : { auth: { user: options.user, pass: options.pass } }),
  }).sendMail({
    from: 'drp@kyc.test',
    to,
    subject: 'The DRP of gravelines is ready, DNS next – é',
    text: 'run 7f3:abc\n.\nend',
  });

describe('the mail sink', () => {
  test('keeps each message with its envelope', async () => {
    await send('anne@kyc.test, otto@kyc.test');
    const [mail] = receivedMail(facts.mailbox);
    expect(mail).toMatchObject({ from: 'drp@kyc.test', to: ['anne@kyc.test', 'otto@kyc.test'] });
    expect(mail?.text).toMatch(/\r\n\.\r\nend/);
  });

  test('reject@ is refused for good and tempfail@ for now; neither is kept', async () => {
    const before = receivedMail(facts.mailbox).length;
    await expect(send('reject@kyc.test')).rejects.toMatchObject({ responseCode: 550 });
    await expect(send('tempfail@kyc.test')).rejects.toMatchObject({ responseCode: 451 });
    expect(receivedMail(facts.mailbox)).toHaveLength(before);
  });

  test('a login is possible, not needed, and checked', async () => {
    await send('anne@kyc.test', { user: mailLogin.user, pass: mailLogin.password });
    await expect(send('anne@kyc.test', { user: mailLogin.user, pass: 'wrong' })).rejects.toMatchObject({
      responseCode: 535,
    });
  });

  test('behind a frozen door nothing is received, and starting again changes nothing', async () => {
    await setRelay(lab, 'smtp', { kind: 'freeze' });
    await expect(send('anne@kyc.test')).rejects.toThrow(/[Gg]reeting|[Tt]imeout/);
    await setRelay(lab, 'smtp', { kind: 'pass' });
    expect(await startMail(lab)).toEqual(facts);
  });
});
