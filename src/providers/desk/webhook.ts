import { createHmac } from 'node:crypto';
import type { Secret } from '../../base/secret.ts';
import type { Desk } from '../../runbook/schema/world.ts';
import type { TicketDesk } from '../providers.ts';
import { askDesk, askDeskFreely } from './desk-web.ts';

type Webhook = Extract<Desk, { kind: 'webhook' }>;

/**
 * A POST of JSON: `{key, subject, text, answers?}`. `Idempotency-Key` holds the key, so a receiver that honours it takes a
 * second sending for the first; with a secret, `X-Drp-Signature: sha256=HEX` is the HMAC-SHA-256 of the body.
 */
export function webhookDesk(desk: Webhook, secret: Secret | undefined): TicketDesk {
  return {
    find: () => Promise.resolve(undefined),
    inspect: async (signal) => {
      const reply = await askDeskFreely(desk, { method: 'GET' }, signal);
      if (reply.kind === 'failed') return { kind: 'silent', reason: reply.reason };
      const status = `status ${String(reply.status)}`;
      if (reply.status >= 500) return { kind: 'silent', reason: `it answers with ${status}` };
      return {
        kind: 'untestable',
        how: `it answers (${status}); whether it takes a message shows only when one is sent`,
      };
    },
    send: async ({ key, subject, text, answers }, signal) => {
      const body = JSON.stringify({ key, subject, text, ...(answers === undefined ? {} : { answers }) });
      const signature = secret === undefined ? {} : { 'x-drp-signature': `sha256=${hmac(secret, body)}` };
      const headers = { 'content-type': 'application/json', 'idempotency-key': key, ...signature };
      const reply = await askDesk(desk, { method: 'POST', headers, body }, signal);
      return { id: idIn(reply.body) ?? key };
    },
  };
}

const hmac = (secret: Secret, body: string): string =>
  createHmac('sha256', secret.reveal().trim()).update(body).digest('hex');

/** The receiver's own id of the message, where it names one. */
function idIn(body: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer !== 'object' || answer === null || !('id' in answer)) return undefined;
    return typeof answer.id === 'string' || typeof answer.id === 'number' ? String(answer.id) : undefined;
  } catch {
    return undefined; // a receiver may answer anything; 2xx is what counts
  }
}
