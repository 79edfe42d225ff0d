import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { RelayDoor } from './relay-door.ts';
import { openDoor } from './relay-door.ts';
import type { RelayAnswer, RelayRequest, RelayState } from './relay.ts';
import { controlSocket, relayStateFile } from './relay.ts';

/** The relay process of one lab: `node relay-main.ts DIR`. Takes one JSON line a connection on its control socket. */
const dir = process.argv[2] ?? '';
const doors = new Map<string, RelayDoor>();
let last: Promise<unknown> = Promise.resolve();

async function obey(request: RelayRequest): Promise<void> {
  if (request.do === 'list') return;
  if (request.do === 'add') {
    const { relay } = request;
    const known = doors.get(relay.name);
    if (known !== undefined) {
      if (JSON.stringify(known.state().relay) === JSON.stringify(relay)) return;
      throw new Error(`relay ${relay.name} exists with other ends`);
    }
    doors.set(relay.name, await openDoor(relay));
  } else {
    const door = doors.get(request.name);
    if (door === undefined)
      throw new Error(`no relay is called ${request.name}; there are: ${[...doors.keys()].join(', ')}`);
    await door.set(request.mode);
  }
  save();
}

const states = (): RelayState[] => [...doors.values()].map((door) => door.state());

function save(): void {
  const file = relayStateFile(dir);
  writeFileSync(`${file}.new`, JSON.stringify(states()));
  renameSync(`${file}.new`, file);
}

async function restore(): Promise<void> {
  const file = relayStateFile(dir);
  if (!existsSync(file)) return;
  for (const { relay, mode } of JSON.parse(readFileSync(file, 'utf8')) as RelayState[]) {
    const door = await openDoor(relay);
    await door.set(mode);
    doors.set(relay.name, door);
  }
}

/** Orders are carried out one after another, in the order they came. */
function answer(line: string): Promise<RelayAnswer> {
  const turn = last.then(async (): Promise<RelayAnswer> => {
    try {
      await obey(JSON.parse(line) as RelayRequest);
      return { ok: true, relays: states() };
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  });
  last = turn;
  return turn;
}

await restore();
const control = createServer((socket) => {
  let received = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    received += chunk;
    const end = received.indexOf('\n');
    if (end < 0) return;
    void answer(received.slice(0, end)).then((reply) => socket.end(JSON.stringify(reply)));
  });
});
rmSync(controlSocket(dir), { force: true });
control.listen(controlSocket(dir));
