import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WebhookFacts } from './facts.ts';
import type { LabContext } from './process.ts';
import { launch, processState } from './process.ts';
import { addRelay } from './relay.ts';
import { waitForService } from './service.ts';

/** accept: recorded, 200. error500: recorded, 500. silent: recorded, no answer. */
export type WebhookAnswer = 'accept' | 'error500' | 'silent';

/** One line of the received file. */
export interface ReceivedHook {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly answered: WebhookAnswer;
}

/** An HTTP server that writes down what it is sent. Its door is the relay `webhook`. */
export async function startWebhook(lab: LabContext): Promise<WebhookFacts> {
  const folder = folderOf(lab);
  const behind = { address: `${lab.net}.46`, port: 18_082 };
  mkdirSync(folder, { recursive: true });
  if (!existsSync(answerFile(folder))) await setWebhook(lab, 'accept');
  if (processState(lab, 'webhook') !== 'running') {
    const main = fileURLToPath(new URL('./webhook-main.ts', import.meta.url));
    await launch(lab, { name: 'webhook', argv: [process.execPath, main, JSON.stringify({ ...behind, folder })] });
  }
  await addRelay(lab, { name: 'webhook', listen: { address: `${lab.net}.46`, port: 8082 }, target: behind });
  await waitForService(lab, 'webhook', async () => {
    const { ok } = await fetch(`http://${behind.address}:${String(behind.port)}/`);
    return ok ? true : undefined;
  });
  return { url: `http://${lab.net}.46:8082/hook`, received: receivedFile(folder) };
}

/** In force for the next request. */
export function setWebhook(lab: LabContext, answer: WebhookAnswer): Promise<void> {
  const file = answerFile(folderOf(lab));
  writeFileSync(`${file}.new`, answer);
  renameSync(`${file}.new`, file);
  return Promise.resolve();
}

/** Everything posted so far, oldest first. */
export function receivedHooks(file: string): readonly ReceivedHook[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReceivedHook);
}

export const receivedFile = (folder: string): string => join(folder, 'received.jsonl');
export const readAnswer = (folder: string): WebhookAnswer => readFileSync(answerFile(folder), 'utf8') as WebhookAnswer;

const folderOf = (lab: LabContext): string => join(lab.dir, 'webhook');
const answerFile = (folder: string): string => join(folder, 'answer');
