import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { backup, desk } from '../../../src/runbook/schema/world.ts';
import { ticketStep } from '../../../src/steps/ticket/ticket-step.ts';
import type { MailFacts, TicketFacts, WebhookFacts } from '../../lab/facts.ts';
import { receivedMail, startMail } from '../../lab/mail.ts';
import { setRelay } from '../../lab/relay.ts';
import { makeTestLab } from '../../lab/test-lab.ts';
import { startTickets, ticketsMissing } from '../../lab/tickets.ts';
import { receivedHooks, setWebhook, startWebhook } from '../../lab/webhook.ts';
import { plannedStep, specOf, stepContext } from '../step-context.ts';

jest.setTimeout(120_000);

const { lab, end } = makeTestLab();
const withTickets = ticketsMissing() === undefined;
if (!withTickets) console.warn(`SKIPPED: ${ticketsMissing() ?? ''}`);
let mail: MailFacts;
let webhook: WebhookFacts;
let tickets: TicketFacts | undefined;
beforeAll(async () => {
  [mail, webhook, tickets] = await Promise.all([
    startMail(lab),
    startWebhook(lab),
    withTickets ? startTickets(lab) : undefined,
  ]);
});
afterAll(() => end());

const kind = ticketStep();
let runs = 0;
/** A run of its own, so that no key was used before. */
const contextOf = (
  options: {
    mode?: 'real' | 'drill' | 'dry-run';
    run?: string;
    outputs?: Record<string, unknown>;
    to?: string[];
    mailPort?: number;
  } = {},
) => {
  runs += 1;
  const desks = {
    mail: desk.parse({
      kind: 'smtp',
      address: mail.address,
      port: options.mailPort ?? mail.port,
      from: 'drp@kyc.test',
      to: options.to ?? ['crisis@kyc.test'],
    }),
    hook: desk.parse({ kind: 'webhook', url: webhook.url, secret: { file: 'hook' } }),
    ...(tickets === undefined
      ? {}
      : {
          tickets: desk.parse({
            kind: 'request-tracker',
            url: tickets.url,
            queue: tickets.queue,
            token: { file: 'token' },
          }),
        }),
  };
  const backups = {
    db: backup.parse({ kind: 'database', every: '2h', sources: [{ host: 'b', folder: 'x', pattern: '{time}' }] }),
  };
  return stepContext({
    world: { desks, backups },
    secrets: { hook: 'shared', token: tickets === undefined ? '' : readFileSync(tickets.tokenFile, 'utf8') },
    facts: {
      outputs: options.outputs ?? {},
      situation: {
        what: 'fire',
        sinceAt: '2026-11-21T14:30:00Z',
        lost: ['limburg'],
        orderedBy: 'Anne',
        orderedHow: 'call',
      },
      choices: { 'backup:db': { backup: 'db', takenAt: '2026-11-21T14:00:00Z' } },
    },
    over: {
      run: { id: options.run ?? `k3f9-${String(1000 + runs)}`, site: 'gravelines', mode: options.mode ?? 'real' },
    },
  });
};
type Context = ReturnType<typeof contextOf>;
const tell = async (desks: string[], context: Context, over: Record<string, unknown> = {}) => {
  const spec = specOf({
    kind: 'ticket',
    desks,
    milestone: 'ready',
    subject: 'DRP {site}: ready',
    text: 'Loss {databaseLoss}, lost {lost}. Run {run}.\n',
    ...over,
  });
  const outcome = await kind.run(plannedStep(spec), spec, context);
  if (outcome.kind !== 'done') throw new Error(outcome.kind);
  return outcome as typeof outcome & { output: { desks: Record<string, string> } };
};

describe('telling people', () => {
  test('the text is filled from the run; mail carries an id made from the key, and a follow-up answers it', async () => {
    const context = contextOf();
    const first = await tell(['mail'], context);
    const id = first.output.desks['mail'];
    expect(first.obligations).toEqual([]);
    expect(id).toBe(`<drp.${context.run.id}.ready@kyc.test>`);
    await tell(['mail'], contextOf({ run: context.run.id, outputs: { first: first.output } }), {
      milestone: 'served',
      follows: 'ready',
    });
    const [one, two] = receivedMail(mail.mailbox).slice(-2);
    expect(one?.text).toContain('Loss 30 min 00 s, lost limburg.');
    expect(one?.text).toContain(`Message-ID: ${id ?? ''}`);
    expect(two?.text).toContain(`In-Reply-To: ${id ?? ''}`);
  });

  test('a webhook gets the key as header and a signature over the body', async () => {
    const context = contextOf();
    await tell(['hook'], context);
    const hook = receivedHooks(webhook.received).at(-1);
    expect(hook?.headers['idempotency-key']).toBe(`${context.run.id}:ready`);
    expect(hook?.headers['x-drp-signature']).toBe(
      `sha256=${createHmac('sha256', 'shared')
        .update(hook?.body ?? '')
        .digest('hex')}`,
    );
    expect(JSON.parse(hook?.body ?? '')).toMatchObject({ subject: 'DRP gravelines: ready' });
  });

  test('a desk that refuses, is gone or falls silent holds up nothing: its text is owed, the other desk has it', async () => {
    await setRelay(lab, 'smtp', { kind: 'refuse' });
    const gone = await tell(['mail', 'hook'], contextOf());
    await setRelay(lab, 'smtp', { kind: 'pass' });
    expect(gone.output.desks).toHaveProperty('hook');
    expect(gone.obligations).toMatchObject([
      { kind: 'ticket', text: expect.stringContaining('DRP gravelines: ready\n\nLoss 30 min') },
    ]);
    const refused = await tell(['mail'], contextOf({ to: ['reject@kyc.test'] }));
    expect(refused.obligations?.[0]?.text).toContain('refused for good');
    expect((await tell(['mail'], contextOf({ to: ['tempfail@kyc.test'] }))).obligations?.[0]?.text).toContain(
      'not now',
    );
    await setWebhook(lab, 'silent');
    const silent = await tell(['hook'], contextOf());
    await setWebhook(lab, 'accept');
    expect(silent.obligations?.[0]?.text).toContain('It may have arrived');
  });

  test('one recipient refused and one served is said', async () => {
    const outcome = await tell(['mail'], contextOf({ to: ['crisis@kyc.test', 'reject@kyc.test'] }));
    expect(outcome.lines[0]).toContain('not taken for reject@kyc.test');
  });

  test('an exercise says so, and a dry run sends nothing', async () => {
    await tell(['mail'], contextOf({ mode: 'drill' }));
    expect(receivedMail(mail.mailbox).at(-1)?.subject).toBe('EXERCISE: DRP gravelines: ready');
    const before = receivedMail(mail.mailbox).length;
    expect((await tell(['mail'], contextOf({ mode: 'dry-run' }))).lines[0]).toContain('not sent (dry run)');
    expect(receivedMail(mail.mailbox)).toHaveLength(before);
  });
});

(withTickets ? describe : describe.skip)('Request Tracker', () => {
  test('a ticket is created once: looked for by its marker, it is found on every later run of the step', async () => {
    const context = contextOf();
    const first = await tell(['tickets'], context);
    expect(first.lines[0]).toMatch(/^tickets took it as \d+$/);
    const again = await tell(['tickets'], context);
    expect(again.lines[0]).toBe(`tickets has it already as ${first.output.desks['tickets'] ?? ''}`);
  });

  test('a follow-up answers the ticket, once', async () => {
    const context = contextOf();
    const first = await tell(['tickets'], context);
    const later = contextOf({ run: context.run.id, outputs: { first: first.output } });
    const follow = { milestone: 'served', follows: 'ready', subject: 'DRP {site}: served' };
    const second = await tell(['tickets'], later, follow);
    expect(second.output.desks['tickets']).toBe(first.output.desks['tickets']);
    expect(second.lines[0]).toContain('took it');
    expect((await tell(['tickets'], later, follow)).lines[0]).toContain('has it already');
  });

  test('a door that closes leaves an obligation', async () => {
    await setRelay(lab, 'tickets', { kind: 'refuse' });
    const outcome = await tell(['tickets'], contextOf());
    await setRelay(lab, 'tickets', { kind: 'pass' });
    expect(outcome.obligations).toHaveLength(1);
  });
});

describe('when the plan is made', () => {
  const check = (over: Record<string, unknown>, desks: Record<string, unknown> = {}) => {
    const spec = specOf({ kind: 'ticket', desks: ['mail'], milestone: 'ready', subject: 's', text: 't', ...over });
    const context = contextOf();
    return () => kind.describe(spec, { ...context.world, desks: { ...context.world.desks, ...(desks as object) } });
  };
  test('unknown placeholders, unknown desks, names to look up and passwords in the clear are refused', () => {
    expect(check({ text: 'hello {nobody}' })).toThrow('{nobody} stands for nothing');
    expect(check({ desks: ['fax'] })).toThrow("no desk 'fax'");
    expect(
      check({ desks: ['named'] }, { named: desk.parse({ kind: 'webhook', url: 'https://hooks.example/x' }) }),
    ).toThrow('names are not looked up');
    const open = desk.parse({
      kind: 'smtp',
      address: '127.0.0.1',
      from: 'a@b',
      to: ['c@d'],
      user: 'u',
      password: { file: 'p' },
    });
    expect(check({ desks: ['open'] }, { open })).toThrow('in the clear');
    expect(check({})).not.toThrow();
  });
});
