import { connect, isIP, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import { toError } from '../../base/errors.ts';
import { authorityBytesMax, readAtMostSync } from '../../base/read-at-most.ts';
import type { Secret } from '../../base/secret.ts';
import type { Desk } from '../../runbook/schema/world.ts';
import type { DeskRights } from '../providers.ts';

type Smtp = Extract<Desk, { kind: 'smtp' }>;

/** Time for the whole conversation, in milliseconds. */
const talkMs = 15_000;
const replyBytesMax = 64 * 1024;

interface Reply {
  readonly code: number;
  readonly text: string;
}

/** One command out, its reply back. */
interface Talk {
  say(line: string | undefined): Promise<Reply>;
  /** Goes on encrypted on the same connection. */
  encrypt(): Promise<void>;
  end(): void;
}

/**
 * Says everything to a mail server that comes before a message (greeting, TLS, login, sender, every recipient), then takes
 * it back (RSET) and leaves: what would be refused is refused here, and no mail exists.
 */
export async function inspectMailServer(
  desk: Smtp,
  password: Secret | undefined,
  signal?: AbortSignal,
): Promise<DeskRights> {
  const deadline = AbortSignal.timeout(talkMs);
  const talk = open(desk, signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
  try {
    return await converse(talk, desk, password);
  } catch (thrown) {
    signal?.throwIfAborted();
    const reason = deadline.aborted ? `no answer within ${String(talkMs / 1000)} s` : toError(thrown).message;
    return { kind: 'silent', reason };
  } finally {
    talk.end();
  }
}

async function converse(talk: Talk, desk: Smtp, password: Secret | undefined): Promise<DeskRights> {
  const greeting = await talk.say(undefined);
  if (greeting.code !== 220) return { kind: 'silent', reason: `it greets with ${greeting.text}` };
  let hello = await talk.say(`EHLO ${ownName()}`);
  if (desk.tlsName !== undefined && desk.port !== 465) {
    const start = await talk.say('STARTTLS');
    if (start.code !== 220) return { kind: 'silent', reason: `it offers no encryption: ${start.text}` };
    await talk.encrypt();
    hello = await talk.say(`EHLO ${ownName()}`);
  }
  if (hello.code !== 250) return { kind: 'silent', reason: `it answers EHLO with ${hello.text}` };
  if (desk.user !== undefined) {
    const login = Buffer.from(`\0${desk.user}\0${password?.reveal().trim() ?? ''}`).toString('base64');
    const reply = await talk.say(`AUTH PLAIN ${login}`);
    if (reply.code !== 235) return { kind: 'refused', what: 'login', reason: reply.text };
  }
  const sender = await talk.say(`MAIL FROM:<${desk.from}>`);
  if (sender.code !== 250) return { kind: 'refused', what: 'login', reason: `sender ${desk.from}: ${sender.text}` };
  const refused: string[] = [];
  for (const recipient of desk.to) {
    const reply = await talk.say(`RCPT TO:<${recipient}>`);
    if (reply.code !== 250 && reply.code !== 251) refused.push(`${recipient}: ${reply.text}`);
  }
  await talk.say('RSET');
  await talk.say('QUIT');
  if (refused.length > 0) return { kind: 'refused', what: 'recipient', reason: refused.join('; ') };
  return { kind: 'proven', how: `it takes mail from ${desk.from} for ${desk.to.join(', ')}` };
}

/** A name a mail server accepts in EHLO. */
const ownName = (): string => (/^[\w.-]+$/.test(hostname()) ? hostname() : '[127.0.0.1]');

function open(desk: Smtp, signal: AbortSignal): Talk {
  const tls = {
    ...(desk.tlsName === undefined || isIP(desk.tlsName) !== 0 ? {} : { servername: desk.tlsName }),
    ...(desk.caFile === undefined ? {} : { ca: readAtMostSync(desk.caFile, authorityBytesMax) }),
  };
  const where = { host: desk.address, port: desk.port };
  const first: Socket =
    desk.tlsName !== undefined && desk.port === 465 ? connectTls({ ...where, ...tls }) : connect(where);
  let line = lineOf(first, signal);
  return {
    say: async (text) => {
      if (text !== undefined) line.socket.write(`${text}\r\n`);
      return await line.reply();
    },
    encrypt: () => {
      line.leave();
      line = lineOf(connectTls({ socket: first, ...tls }), signal);
      return Promise.resolve();
    },
    end: () => {
      line.leave();
      line.socket.destroy();
      first.destroy();
    },
  };
}

interface Line {
  readonly socket: Socket;
  reply(): Promise<Reply>;
  leave(): void;
}

/** Replies of one connection, in the order they come; a failure or an abort is told to whoever waits, and to all after. */
function lineOf(socket: Socket, signal: AbortSignal): Line {
  let text = '';
  let failure: Error | undefined;
  let wake = (): void => undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    wake();
  };
  const onAbort = (): void => fail(toError(signal.reason));
  const onData = (bytes: Buffer): void => {
    text += bytes.toString('latin1');
    if (text.length > replyBytesMax) fail(new Error('its answer has no end'));
    wake();
  };
  const onEnd = (): void => fail(new Error('it closed the connection'));
  socket.on('data', onData);
  socket.on('error', fail);
  socket.on('close', onEnd);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    socket,
    reply: async () => {
      for (;;) {
        // Lines `250-…` go on, `250 …` is the last.
        const match = /^(?:\d{3}-[^\n]*\n)*(\d{3})(?: [^\n]*)?\r?\n/.exec(text);
        if (match !== null) {
          text = text.slice(match[0].length);
          return {
            code: Number(match[1]),
            text: match[0]
              .trim()
              .replaceAll(/\s*\r?\n/g, ' / ')
              .slice(0, 200),
          };
        }
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    leave: () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData);
      socket.off('close', onEnd);
    },
  };
}
