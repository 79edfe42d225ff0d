import { createTransport } from 'nodemailer';
import { DrpError, toError } from '../../base/errors.ts';
import { authorityBytesMax, readAtMostSync } from '../../base/read-at-most.ts';
import type { Secret } from '../../base/secret.ts';
import type { Desk } from '../../runbook/schema/world.ts';
import type { TicketDesk } from '../providers.ts';
import { inspectMailServer } from './smtp-inspection.ts';

type Smtp = Extract<Desk, { kind: 'smtp' }>;

const connectMs = 5_000;
const silenceMs = 10_000;

/**
 * E-mail, handed to one server at its address. A mail cannot be looked for afterwards: its Message-ID comes from the key, so
 * that a second copy after a lost answer is the same message to every mail program. TLS is used where `tlsName` is given.
 */
export function smtpDesk(desk: Smtp, password: Secret | undefined): TicketDesk {
  return {
    find: () => Promise.resolve(undefined),
    inspect: (signal) => inspectMailServer(desk, password, signal),
    send: async (message) => {
      const id = messageId(message.key, desk.from);
      const transport = connect(desk, password);
      try {
        const info = await transport.sendMail({
          from: desk.from,
          to: [...desk.to],
          subject: message.subject,
          text: message.text,
          messageId: id,
          ...(message.answers === undefined ? {} : { inReplyTo: message.answers, references: message.answers }),
          headers: { 'X-Drp-Key': message.key },
        });
        const refused = info.rejected.map(String);
        return refused.length === 0 ? { id } : { id, note: `not taken for ${refused.join(', ')}` };
      } catch (thrown) {
        throw unsent(desk, toError(thrown) as SmtpError);
      } finally {
        transport.close();
      }
    },
  };
}

type SmtpError = Error & { readonly code?: string; readonly command?: string; readonly responseCode?: number };

function connect(desk: Smtp, password: Secret | undefined) {
  const secure = desk.tlsName !== undefined;
  return createTransport({
    host: desk.address,
    port: desk.port,
    secure: secure && desk.port === 465,
    requireTLS: secure,
    ignoreTLS: !secure,
    ...(secure
      ? {
          tls: {
            servername: desk.tlsName,
            ...(desk.caFile === undefined ? {} : { ca: readAtMostSync(desk.caFile, authorityBytesMax) }),
          },
        }
      : {}),
    ...(desk.user === undefined ? {} : { auth: { user: desk.user, pass: password?.reveal().trim() ?? '' } }),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** An answer of the server, whatever its class, says that it did not take the mail; silence after DATA says nothing. */
function unsent(desk: Smtp, error: SmtpError): DrpError {
  const where = `${desk.address}:${String(desk.port)}`;
  const code = error.responseCode;
  if (code !== undefined) {
    const kind = code >= 500 ? 'refused for good' : 'not now';
    return new DrpError('ticket-unsent', { desk: where, reason: `${kind}: ${error.message}` }, { cause: error });
  }
  const atData = error.command === 'DATA' || (error.command === undefined && error.code === 'ETIMEDOUT');
  return new DrpError(
    atData ? 'ticket-unknown' : 'ticket-unsent',
    { desk: where, reason: error.message },
    { cause: error },
  );
}

/** `<drp.RUN.MILESTONE@domain>`. */
function messageId(key: string, from: string): string {
  const domain = /@([\w.-]+)/.exec(from)?.[1] ?? 'drp.invalid';
  return `<drp.${key.replaceAll(/[^\w-]/g, '.')}@${domain}>`;
}
