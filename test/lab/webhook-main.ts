import { appendFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { ReceivedHook } from './webhook.ts';
import { readAnswer, receivedFile } from './webhook.ts';

/** The webhook sink: `node webhook-main.ts CONFIGURATION`, a JSON text. GET is a sign of life and leaves no trace. */
const configuration = JSON.parse(process.argv[2] ?? '') as { address: string; port: number; folder: string };

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    response.end('ok\n');
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answered = readAnswer(configuration.folder);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
  const hook: ReceivedHook = {
    at: new Date().toISOString(),
    method: request.method ?? '',
    path: request.url ?? '',
    headers,
    body: Buffer.concat(chunks).toString('utf8'),
    answered,
  };
  appendFileSync(receivedFile(configuration.folder), `${JSON.stringify(hook)}\n`);
  if (answered === 'silent') return;
  response.writeHead(answered === 'accept' ? 200 : 500, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ok: answered === 'accept' }));
}

createServer((request, response) => {
  receive(request, response).catch((error: unknown) => {
    console.error(error);
    request.socket.destroy();
  });
}).listen(configuration.port, configuration.address);
