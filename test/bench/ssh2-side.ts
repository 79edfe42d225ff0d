/**
 * The least that a script over ssh2 can do: `node ssh2-side.ts HOSTS.json`, hosts logged in to side by side with Nagle off before the
 * handshake, command lines one after another, each exit code looked at. Says the ms from the first login to the last end.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import ssh2 from 'ssh2';

interface Work {
  readonly hosts: readonly {
    readonly address: string;
    readonly port: number;
    readonly user: string;
    readonly keyFile: string;
  }[];
  /** `until`: said again as long as its answer holds none of these words. */
  readonly lines: readonly {
    readonly host: number;
    readonly line: string;
    readonly stdin?: string;
    readonly until?: string;
  }[];
}

const { hosts, lines } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Work;
// Logins are part of what drp's record spans, too.
const began = performance.now();
const clients = await Promise.all(
  hosts.map(async ({ address, port, user, keyFile }) => {
    const client = new ssh2.Client();
    await new Promise<void>((resolve, reject) => {
      const sock = connect({ host: address, port, noDelay: true });
      client.on('ready', resolve).on('error', reject);
      client.connect({ sock, username: user, privateKey: readFileSync(keyFile), hostVerifier: () => true });
    });
    return client;
  }),
);
for (const { host, line, stdin, until } of lines) {
  for (;;) {
    const { code, text } = await runLine(host, line, stdin);
    if (code !== 0) throw new Error(`exit ${String(code)}: ${line}`);
    if (until === undefined || text.includes(until)) break;
  }
}
console.log(performance.now() - began);
for (const client of clients) client.end();

function runLine(
  host: number,
  line: string,
  stdin?: string,
): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    clients[host]?.exec(line, (error, channel) => {
      if (error !== undefined) return reject(error);
      let code = -1;
      let text = '';
      channel
        .on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
        .on('exit', (status: number) => (code = status));
      channel.stderr.on('data', () => undefined);
      channel.on('close', () => resolve({ code, text }));
      channel.end(stdin);
    });
  });
}
