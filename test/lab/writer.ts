/** The client process that inserts rows; see clients.ts. Each row carries a token of its own, since ids of two sites can meet. */
import { randomBytes } from 'node:crypto';
import { readFacts } from './facts.ts';
import { runClient, type ClientSettings } from './site-client.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as ClientSettings;
const series = randomBytes(6).toString('hex');
runClient(
  settings,
  (n) => {
    const token = `writer-${series}-${String(n)}`;
    return { method: 'POST', path: '/write', body: JSON.stringify({ token }), token };
  },
  readFacts(settings.dir),
);
