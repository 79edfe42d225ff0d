import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from './facts.ts';
import type { LabContext } from './process.ts';
import { launch, processState } from './process.ts';
import { waitForService } from './service.ts';

/** One door of the lab: what connects to `listen` is carried to `target`, and can be disturbed on the way. */
export interface Relay {
  readonly name: string;
  readonly listen: Endpoint;
  readonly target: Endpoint;
  /** Carry UDP on the same address and port too. */
  readonly udp?: boolean;
}

/**
 * - `pass`: carry everything.
 * - `refuse`: the port is closed: open connections are reset, new ones refused at once, datagrams answered by ICMP.
 * - `blackhole`: the host is gone: SYNs and datagrams are dropped, open connections hang.
 * - `freeze`: the host hangs: connections are accepted, and nothing moves on new or old ones. Later modes let them go on.
 * - `cut`: once: open connections are reset, at once or when afterBytes more (both ways together) have passed. The mode stays.
 * - `slow`: each piece arrives delayMs later, and each connection moves at most bytesPerSecond each way.
 */
export type RelayMode =
  | { readonly kind: 'pass' | 'refuse' | 'blackhole' | 'freeze' }
  | { readonly kind: 'cut'; readonly afterBytes?: number }
  | { readonly kind: 'slow'; readonly delayMs?: number; readonly bytesPerSecond?: number };

export interface RelayState {
  readonly relay: Relay;
  readonly mode: Exclude<RelayMode, { kind: 'cut' }>;
  readonly connections: number;
  readonly bytes: number;
}

export type RelayRequest =
  | { readonly do: 'add'; readonly relay: Relay }
  | { readonly do: 'set'; readonly name: string; readonly mode: RelayMode }
  | { readonly do: 'list' };

export type RelayAnswer =
  { readonly ok: true; readonly relays: readonly RelayState[] } | { readonly ok: false; readonly error: string };

const processName = 'relay';

/** Where the relay process of a lab takes its orders. */
export const controlSocket = (dir: string): string => join(dir, 'relay', 'control.sock');
/** What a restarted relay process takes up again. */
export const relayStateFile = (dir: string): string => join(dir, 'relay', 'relays.json');

/** Opens a door; starts the lab's relay process where none runs. The same door twice is one; listening when this resolves. */
export async function addRelay(lab: LabContext, relay: Relay): Promise<void> {
  await ensureRelayProcess(lab);
  await ask(lab, { do: 'add', relay });
}

/** Changes what a door does; in force when this resolves. */
export async function setRelay(lab: LabContext, name: string, mode: RelayMode): Promise<void> {
  await ask(lab, { do: 'set', name, mode });
}

/** All doors of the lab with their modes, open connections and bytes carried so far. */
export async function listRelays(lab: LabContext): Promise<readonly RelayState[]> {
  return (await ask(lab, { do: 'list' })).relays;
}

const starting = new Map<string, Promise<void>>();

/** Services start side by side in one process: the first one starts the relay, the others wait for it. */
function ensureRelayProcess(lab: LabContext): Promise<void> {
  const known = starting.get(lab.dir);
  if (known !== undefined) return known;
  const start = startRelayProcess(lab).finally(() => starting.delete(lab.dir));
  starting.set(lab.dir, start);
  return start;
}

async function startRelayProcess(lab: LabContext): Promise<void> {
  mkdirSync(join(lab.dir, 'relay'), { recursive: true });
  const socket = controlSocket(lab.dir);
  if (Buffer.byteLength(socket) > 107)
    throw new Error(`the lab's folder has too long a name for a UNIX socket: ${socket}`);
  if (processState(lab, processName) !== 'running') {
    const main = fileURLToPath(new URL('./relay-main.ts', import.meta.url));
    await launch(lab, { name: processName, argv: [process.execPath, main, lab.dir] });
  }
  await waitForService(lab, processName, async () => {
    await ask(lab, { do: 'list' });
    return true;
  });
}

async function ask(lab: LabContext, request: RelayRequest): Promise<Extract<RelayAnswer, { ok: true }>> {
  const text = await new Promise<string>((resolve, reject) => {
    let received = '';
    const socket = connect(controlSocket(lab.dir));
    socket.setEncoding('utf8');
    socket.setTimeout(10_000, () => socket.destroy(new Error('the relay process does not answer')));
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => (received += chunk));
    socket.on('end', () => {
      resolve(received);
    });
    socket.on('error', reject);
  });
  const answer = JSON.parse(text) as RelayAnswer;
  if (!answer.ok) throw new Error(answer.error);
  return answer;
}
