import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoint, MailFacts } from './facts.ts';
import type { LabContext } from './process.ts';
import { launch, processState } from './process.ts';
import { addRelay } from './relay.ts';
import { waitForService } from './service.ts';

export interface ReceivedMail {
  readonly file: string;
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** Headers and body as they came, after the three headers of the sink. */
  readonly text: string;
}

/** Who may log in, where a sender wants to; nobody has to. */
export const mailLogin = { user: 'drp', password: 'practice' } as const;

/**
 * An SMTP server that keeps every message as a file and sends none on. Recipients named reject@ are refused (550), tempfail@ put off (451).
 * Its door is the relay `smtp`. Messages lie under the mailbox folder as .eml, oldest first by name.
 */
export async function startMail(lab: LabContext, options: { readonly startTls?: boolean } = {}): Promise<MailFacts> {
  const mailbox = join(lab.dir, 'mail');
  const door = { address: `${lab.net}.45`, port: 2525 };
  const behind = hiddenMail(lab);
  mkdirSync(mailbox, { recursive: true });
  if (processState(lab, 'mail') !== 'running') {
    const main = fileURLToPath(new URL('./mail-main.ts', import.meta.url));
    const configuration = { ...behind, mailbox, startTls: options.startTls ?? false, login: mailLogin };
    await launch(lab, { name: 'mail', argv: [process.execPath, main, JSON.stringify(configuration)] });
  }
  await addRelay(lab, { name: 'smtp', listen: door, target: behind });
  await waitForService(lab, 'mail', () => greeting(behind));
  return { ...door, mailbox };
}

/** The sink itself, past its door: where the ticket system delivers. */
export const hiddenMail = (lab: LabContext): Endpoint => ({ address: `${lab.net}.45`, port: 12_525 });

/** Everything received so far, oldest first. */
export function receivedMail(mailbox: string): readonly ReceivedMail[] {
  if (!existsSync(mailbox)) return [];
  const names = readdirSync(mailbox).filter((name) => name.endsWith('.eml'));
  return names.sort().map((name) => {
    const text = readFileSync(join(mailbox, name), 'utf8');
    const header = (field: string): string =>
      new RegExp(`^${field}: (.*(?:\\r?\\n[ \\t].*)*)`, 'im')
        .exec(text)?.[1]
        ?.replace(/\r?\n\s+/g, ' ')
        .trim() ?? '';
    return {
      file: join(mailbox, name),
      from: header('X-Envelope-From'),
      to: header('X-Envelope-To').split(', '),
      subject: header('Subject'),
      text,
    };
  });
}

function greeting(server: Endpoint): Promise<true | undefined> {
  const socket = connect({ host: server.address, port: server.port });
  return new Promise<true | undefined>((resolve, reject) => {
    socket.once('data', (bytes) => {
      resolve(bytes.toString().startsWith('220') ? true : undefined);
    });
    socket.once('error', reject);
  }).finally(() => socket.destroy());
}
