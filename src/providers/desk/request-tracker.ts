import { DrpError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Desk } from '../../runbook/schema/world.ts';
import type { DeskRights, TicketDesk, TicketMessage } from '../providers.ts';
import { askDesk, askDeskFreely } from './desk-web.ts';

type RequestTracker = Extract<Desk, { kind: 'request-tracker' }>;

/**
 * Request Tracker over REST 2. It knows no idempotency keys, so each message carries a marker in its subject, and is looked
 * for by it before it is sent. What was created is read back: some refusals come with status 200.
 */
export function requestTrackerDesk(desk: RequestTracker, token: Secret): TicketDesk {
  const headers = { authorization: `token ${token.reveal().trim()}`, accept: 'application/json' };
  const ask = async (path: string, body?: object, signal?: AbortSignal): Promise<unknown> => {
    const reply = await askDesk(
      desk,
      {
        path: `/REST/2.0${path}`,
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      signal,
    );
    return parse(reply.body);
  };

  const find = async (key: string, signal?: AbortSignal): Promise<{ readonly id: string } | undefined> => {
    const tickets = await ask(`/tickets?${query(desk.queue, markerOfRun(key))}`, undefined, signal);
    for (const ticket of itemsOf(tickets)) {
      const id = textOf(ticket, 'id');
      if (subjectOf(ticket).includes(markerOf(key))) return { id };
      // An answer to a ticket keeps its subject on its attachment alone.
      const attachments = await ask(`/ticket/${id}/attachments?fields=Subject&per_page=100`, undefined, signal);
      if (itemsOf(attachments).some((one) => subjectOf(one).includes(markerOf(key)))) return { id };
    }
    return undefined;
  };

  return {
    find,
    inspect: async (signal) => {
      const reply = await askDeskFreely(
        desk,
        { path: `/REST/2.0/queue/${encodeURIComponent(desk.queue)}`, headers },
        signal,
      );
      if (reply.kind === 'failed') return { kind: 'silent', reason: reply.reason };
      return rightsIn(desk.queue, reply);
    },
    send: async (message, signal) => {
      const { answers } = message;
      const content = {
        Subject: markedSubject(message),
        Content: message.text,
        ContentType: 'text/plain',
      };
      if (answers !== undefined) await ask(`/ticket/${encodeURIComponent(answers)}/correspond`, content, signal);
      else await ask('/ticket', { Queue: desk.queue, ...content }, signal);
      const found = await readBack(message, () => find(message.key, signal));
      if (found !== undefined) return found;
      throw new DrpError('ticket-unknown', { desk: desk.url, reason: 'it took the message and does not show it' });
    },
  };
}

/** RT offers a link to make a ticket to those who may (CreateTicket), and the queue itself to those who may see it. */
function rightsIn(queue: string, reply: { readonly status: number; readonly body: string }): DeskRights {
  const { status, body } = reply;
  if (status === 401) return { kind: 'refused', what: 'login', reason: 'it does not take the token (status 401)' };
  if (status === 403 || status === 404) {
    return {
      kind: 'refused',
      what: 'queue',
      reason: `there is no queue '${queue}' that this token may see (status ${String(status)})`,
    };
  }
  if (status < 200 || status >= 300) return { kind: 'silent', reason: `it answers with status ${String(status)}` };
  const page = parse(body);
  const links =
    typeof page === 'object' && page !== null && '_hyperlinks' in page && Array.isArray(page._hyperlinks)
      ? (page._hyperlinks as readonly unknown[])
      : [];
  const offered = links.some(
    (link) =>
      typeof link === 'object' &&
      link !== null &&
      textOf(link, 'ref') === 'create' &&
      textOf(link, 'type') === 'ticket',
  );
  if (!offered) {
    return {
      kind: 'refused',
      what: 'queue',
      reason: `the token may see queue '${queue}' and may make no ticket in it`,
    };
  }
  return { kind: 'proven', how: `the token may make tickets in queue '${queue}'` };
}

async function readBack<T>(message: TicketMessage, find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (cause) {
    throw new DrpError(
      'ticket-unknown',
      { desk: message.key, reason: 'sent, then it could not be read back' },
      { cause },
    );
  }
}

/** RT keeps this much of a subject, and cuts the rest off without a word. */
const subjectBytesMax = 200;

/** The subject with its marker at the end, shortened before the marker where both would not fit. */
function markedSubject(message: TicketMessage): string {
  const marker = markerOf(message.key);
  let subject = message.subject.replaceAll(/\s+/g, ' ').trim();
  while (Buffer.byteLength(`${subject} ${marker}`) > subjectBytesMax) subject = [...subject].slice(0, -1).join('');
  return `${subject} ${marker}`;
}

/** RT folds long subjects of answers as mail headers are folded, in the middle of a marker where it must. */
const subjectOf = (item: object): string => textOf(item, 'Subject').replaceAll(/\s+/g, ' ');

/** Keys hold lower-case letters, digits, hyphens and one colon: safe inside a quoted TicketSQL text. */
const markerOf = (key: string): string => `[drp ${key.replaceAll(/[^\w:-]/g, '-')}]`;
const markerOfRun = (key: string): string => `[drp ${(key.split(':')[0] ?? '').replaceAll(/[^\w-]/g, '-')}:`;

function query(queue: string, marker: string): string {
  const sql = `Queue = '${queue.replaceAll(/['\\]/g, '')}' AND Subject LIKE '${marker}'`;
  return new URLSearchParams({ query: sql, fields: 'Subject', per_page: '50' }).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an answer without JSON holds nothing to find; what was sent is read back anyway
  }
}

function itemsOf(page: unknown): readonly object[] {
  if (typeof page !== 'object' || page === null || !('items' in page) || !Array.isArray(page.items)) return [];
  return (page.items as unknown[]).filter((item): item is object => typeof item === 'object' && item !== null);
}

function textOf(item: object, key: string): string {
  const value = (item as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
