import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SMTPServerAddress, SMTPServerSession } from 'smtp-server';
import { SMTPServer } from 'smtp-server';

/** The mail sink: `node mail-main.ts CONFIGURATION`, a JSON text. */
interface Configuration {
  readonly address: string;
  readonly port: number;
  readonly mailbox: string;
  readonly startTls: boolean;
  readonly login: { readonly user: string; readonly password: string };
}

const configuration = JSON.parse(process.argv[2] ?? '') as Configuration;
let received = 0;

function keep(session: SMTPServerSession, message: Buffer): string {
  received += 1;
  const at = new Date().toISOString();
  const name = `${at.replace(/[:.]/g, '-')}-${String(received).padStart(5, '0')}`;
  const { mailFrom, rcptTo } = session.envelope;
  const envelope = [
    `X-Envelope-From: ${mailFrom === false ? '' : mailFrom.address}`,
    `X-Envelope-To: ${rcptTo.map((recipient) => recipient.address).join(', ')}`,
    `X-Received-At: ${at}`,
    '',
  ].join('\r\n');
  const file = join(configuration.mailbox, `${name}.eml`);
  writeFileSync(`${file}.new`, Buffer.concat([Buffer.from(envelope), message]));
  renameSync(`${file}.new`, file);
  return name;
}

const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode });

function checkRecipient({ address }: SMTPServerAddress): Error | undefined {
  if (address.startsWith('reject@')) return refusal(550, `5.1.1 <${address}>: no such mailbox`);
  if (address.startsWith('tempfail@')) return refusal(451, `4.3.0 <${address}>: try again later`);
  return undefined;
}

const server = new SMTPServer({
  banner: 'practice mail sink',
  authOptional: true,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  disabledCommands: configuration.startTls ? [] : ['STARTTLS'],
  onAuth: (login, _session, callback) => {
    const { user, password } = configuration.login;
    if (login.username === user && login.password === password) callback(null, { user });
    else callback(refusal(535, '5.7.8 authentication failed'));
  },
  onRcptTo: (recipient, _session, callback) => {
    callback(checkRecipient(recipient));
  },
  onData: (stream, session, callback) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      callback(null, `queued as ${keep(session, Buffer.concat(chunks))}`);
    });
  },
});
server.on('error', (error: Error & { code?: string }) => {
  console.error(error.message); // a client that went away is no reason to end
  if (error.code === 'EADDRINUSE') process.exit(1);
});
server.listen(configuration.port, configuration.address);
