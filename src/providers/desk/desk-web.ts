import { isIP } from 'node:net';
import { DrpError } from '../../base/errors.ts';
import type { WebReply, WebRequest } from '../web/request-at.ts';
import { requestAt } from '../web/request-at.ts';

/** Time one request to a desk may take. Request Tracker serves one at a time and needs a second or two. */
const deskMs = 10_000;

/** Where a desk's API is. */
export interface DeskAddress {
  readonly url: string;
  readonly address?: string | undefined;
  readonly caFile?: string | undefined;
}

/** The IP address to connect to; undefined where the URL holds a name and the runbook pins no address for it. */
export function addressOfDesk(desk: DeskAddress): string | undefined {
  if (desk.address !== undefined) return desk.address;
  const host = new URL(desk.url).hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
}

type DeskRequest = Pick<WebRequest, 'method' | 'headers' | 'body'> & { readonly path?: string };

/** One request to a desk, whatever it answers. */
export async function askDeskFreely(desk: DeskAddress, request: DeskRequest, signal?: AbortSignal): Promise<WebReply> {
  const address = addressOfDesk(desk);
  const base = desk.url.replace(/\/$/, '');
  if (address === undefined) {
    return { kind: 'failed', why: 'unreachable', reason: 'its URL holds a name and no address is pinned', sent: false };
  }
  const { path = '', ...rest } = request;
  return await requestAt({
    ...rest,
    url: `${base}${path}`,
    address,
    ...(desk.caFile === undefined ? {} : { caFile: desk.caFile }),
    timeoutMs: deskMs,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** One request to a desk. Throws ticket-unsent where it certainly did nothing, ticket-unknown where it may have. */
export async function askDesk(
  desk: DeskAddress,
  request: DeskRequest,
  signal?: AbortSignal,
): Promise<Extract<WebReply, { kind: 'answered' }>> {
  const base = desk.url.replace(/\/$/, '');
  const reply = await askDeskFreely(desk, request, signal);
  if (reply.kind === 'failed') {
    const mayHave = reply.sent && request.method !== undefined && request.method !== 'GET';
    throw new DrpError(mayHave ? 'ticket-unknown' : 'ticket-unsent', { desk: base, reason: reply.reason });
  }
  if (reply.status >= 200 && reply.status < 300) return reply;
  const said = reply.body.replaceAll(/\s+/g, ' ').slice(0, 200);
  // A refusal (4xx) did nothing; after an inner failure (5xx) nobody can tell.
  const code = reply.status >= 500 && request.method === 'POST' ? 'ticket-unknown' : 'ticket-unsent';
  throw new DrpError(code, { desk: base, reason: `status ${String(reply.status)} ${said}` });
}
