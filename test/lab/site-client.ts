import { createWriteStream, readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { LabFacts } from './facts.ts';
import { createResolver } from './resolver.ts';

/** One line of a timeline: a request at its tick, as a user's browser saw it. */
export interface Tick {
  readonly n: number;
  /** When the tick was due, ISO. */
  readonly at: string;
  readonly tookMs: number;
  /** Where the name led; absent when it could not be resolved. */
  readonly address?: string;
  readonly status?: number;
  /** Which site said it answers. */
  readonly site?: string;
  /** `dns`, `maintenance`, `status 500`, or the connection's error code; absent when served. */
  readonly error?: string;
  readonly orders?: number;
  readonly newest?: string | null;
  readonly filesRelease?: string | null;
  /** Writer only: what marks the row, and the id the site acknowledged. */
  readonly token?: string;
  readonly id?: number;
}

export interface SiteRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

/** Settings of a client process; JSON in its argv. */
export interface ClientSettings {
  readonly kind: 'probe' | 'writer';
  /** The lab's folder. */
  readonly dir: string;
  /** The timeline to append to. */
  readonly file: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

type Answer = Omit<Tick, 'n' | 'at' | 'tookMs' | 'token'>;

/** Makes the client of one lab: resolves the site's name by the lab's servers, then asks over TLS, a new connection each time. */
export function createSiteClient(facts: LabFacts, timeoutMs: number): (asked: SiteRequest) => Promise<Answer> {
  const { web, dns } = facts;
  if (web === undefined || dns === undefined) throw new Error('this lab has no website or no name servers');
  const resolver = createResolver(dns.name, dns.servers);
  const ca = readFileSync(web.limburg.caFile);

  return async (asked) => {
    let address: string;
    try {
      address = await resolver.resolve();
    } catch {
      return { error: 'dns' };
    }
    return new Promise((resolve) => {
      const headers = { host: dns.name, 'content-type': 'application/json' };
      const options = {
        host: address,
        port: web.limburg.tlsPort,
        servername: dns.name,
        ca,
        agent: false,
        timeout: timeoutMs,
        headers,
      };
      let responded = false;
      const message = request({ ...options, method: asked.method, path: asked.path }, (response) => {
        responded = true;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ address, ...readAnswer(response.statusCode ?? 0, text) });
        });
        response.on('error', (error: NodeJS.ErrnoException) => {
          resolve({ address, error: error.code ?? error.message });
        });
        response.on('close', () => {
          resolve({ address, error: 'closed' }); // first resolve counts: this is a response that broke off
        });
      });
      const deadline = setTimeout(
        () => message.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })),
        timeoutMs,
      );
      message.on('close', () => {
        clearTimeout(deadline);
        // The connection ended without a word. Where there is a response, its end may come after the connection's.
        if (!responded) resolve({ address, error: 'closed' });
      });
      message.on('error', (error: NodeJS.ErrnoException) => {
        resolve({ address, error: error.code ?? error.message });
      });
      message.end(asked.body);
    });
  };
}

/** Runs a client process for ever: one request a tick, whether or not the last one is answered, one line each. */
export function runClient(
  settings: ClientSettings,
  makeRequest: (n: number) => SiteRequest & { readonly token?: string },
  facts: LabFacts,
): void {
  const ask = createSiteClient(facts, settings.timeoutMs);
  const out = createWriteStream(settings.file, { flags: 'a' });
  const startedAt = Date.now();
  let n = 0;
  const tick = (): void => {
    const number = n++;
    const due = startedAt + number * settings.everyMs;
    const { token, ...asked } = makeRequest(number);
    const began = performance.now();
    void ask(asked).then((answer) => {
      const line: Tick = {
        n: number,
        at: new Date(due).toISOString(),
        tookMs: Math.round(performance.now() - began),
        ...answer,
        ...(token === undefined ? {} : { token }),
      };
      out.write(`${JSON.stringify(line)}\n`);
    });
    setTimeout(tick, Math.max(0, startedAt + n * settings.everyMs - Date.now()));
  };
  process.on('SIGTERM', () => {
    out.end(() => process.exit(0));
  });
  tick();
}

function readAnswer(status: number, text: string): Omit<Answer, 'address'> {
  let body: Partial<Answer> & { maintenance?: boolean };
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    body = {};
  }
  const { site, orders, newest, filesRelease, id } = body;
  const told = {
    ...(site === undefined ? {} : { site }),
    ...(orders === undefined ? {} : { orders }),
    ...(newest === undefined ? {} : { newest }),
    ...(filesRelease === undefined ? {} : { filesRelease }),
    ...(id === undefined ? {} : { id }),
  };
  if (status === 200 || status === 201) return { status, ...told };
  return {
    status,
    ...told,
    error: status === 503 && body.maintenance === true ? 'maintenance' : `status ${String(status)}`,
  };
}
