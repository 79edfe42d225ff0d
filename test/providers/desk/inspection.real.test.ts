import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/base/secret.ts';
import { createProviders } from '../../../src/providers/create-providers.ts';
import { desk } from '../../../src/runbook/schema/world.ts';
import type { MailFacts } from '../../lab/facts.ts';
import { mailLogin, receivedMail, startMail } from '../../lab/mail.ts';
import { setRelay } from '../../lab/relay.ts';
import { makeTestLab } from '../../lab/test-lab.ts';

const { lab, end } = makeTestLab();
let facts: MailFacts;
const inspect = async (change: object = {}, password: string = mailLogin.password) => {
  const { address, port } = facts;
  const mail = desk.parse({ kind: 'smtp', address, port, from: 'drp@kyc.test', to: ['crisis@kyc.test'], ...change });
  const made = await createProviders().desk(mail, () => Promise.resolve(new Secret('env MAIL', password)));
  return await made.inspect();
};
const withLogin = { user: mailLogin.user, password: { env: 'MAIL' } };

describe('a mail server inspected without a mail', () => {
  beforeAll(async () => {
    facts = await startMail(lab);
  });
  afterAll(end);

  test('says that it takes mail, with and without login, and got none', async () => {
    expect(await inspect()).toMatchObject({ kind: 'proven' });
    expect(await inspect(withLogin)).toMatchObject({ kind: 'proven' });
    expect(receivedMail(facts.mailbox)).toEqual([]);
  });

  test('names the recipient it refuses, and the login', async () => {
    expect(await inspect({ to: ['crisis@kyc.test', 'reject@kyc.test'] })).toMatchObject({
      kind: 'refused',
      what: 'recipient',
      reason: expect.stringContaining('reject@kyc.test: 550'),
    });
    expect(await inspect(withLogin, 'wrong')).toMatchObject({ kind: 'refused', what: 'login' });
  });

  test('is silent where it offers no encryption that is wanted, or is not there', async () => {
    expect(await inspect({ tlsName: 'mail.kyc.test' })).toMatchObject({ kind: 'silent' });
    await setRelay(lab, 'smtp', { kind: 'refuse' });
    expect(await inspect()).toMatchObject({ kind: 'silent' });
    await setRelay(lab, 'smtp', { kind: 'pass' });
  });
});
