import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { WebhookFacts } from './facts.ts';
import { makeTestLab } from './test-lab.ts';
import { receivedHooks, setWebhook, startWebhook } from './webhook.ts';

jest.setTimeout(60_000);
const { lab, end } = makeTestLab();
let facts: WebhookFacts;

beforeAll(async () => {
  facts = await startWebhook(lab);
});
afterAll(() => end());

const post = (text: string, waitMs = 3_000) =>
  fetch(facts.url, {
    method: 'POST',
    body: JSON.stringify({ text }),
    headers: { 'idempotency-key': text },
    signal: AbortSignal.timeout(waitMs),
  });

describe('the webhook sink', () => {
  test('writes down what it is sent, and answers 200, 500 or not at all', async () => {
    expect((await post('first')).status).toBe(200);
    await setWebhook(lab, 'error500');
    expect((await post('second')).status).toBe(500);
    await setWebhook(lab, 'silent');
    await expect(post('third', 300)).rejects.toMatchObject({ name: 'TimeoutError' });
    await setWebhook(lab, 'accept');
    expect(await startWebhook(lab)).toEqual(facts);
    const hooks = receivedHooks(facts.received);
    expect(hooks.map((hook) => [hook.path, hook.headers['idempotency-key'], hook.body, hook.answered])).toEqual([
      ['/hook', 'first', '{"text":"first"}', 'accept'],
      ['/hook', 'second', '{"text":"second"}', 'error500'],
      ['/hook', 'third', '{"text":"third"}', 'silent'],
    ]);
  });

  test('a port that another lab has is a clear failure, at once', async () => {
    const other = makeTestLab();
    try {
      const from = performance.now();
      await expect(startWebhook({ ...other.lab, net: lab.net })).rejects.toThrow('EADDRINUSE');
      expect(performance.now() - from).toBeLessThan(5_000);
    } finally {
      await other.end();
    }
  });
});
