import type { ClientRequest, IncomingMessage } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import { toError } from '../../base/errors.ts';
import { authorityBytesMax, readAtMostSync } from '../../base/read-at-most.ts';

/** One HTTP exchange with one machine. The URL gives scheme, Host and TLS name; the address says where to connect. */
export interface WebRequest {
  readonly url: string;
  /** IP address: no name is ever looked up. */
  readonly address: string;
  /** Port where it differs from the URL's. */
  readonly port?: number;
  /** PEM file of the authority to trust instead of the system's. */
  readonly caFile?: string;
  /** false: any certificate will do (it is still shown). */
  readonly checkCertificate?: boolean;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Deadline of the whole exchange, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** How it ended. Redirects are answers like any other: they are not followed. */
export type WebReply =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** At most 1 MiB. */
      readonly body: string;
      readonly durationMs: number;
      /** End of the certificate's validity, ISO; absent on plain HTTP. */
      readonly certificateUntil?: string;
      /** Who made it: organisation, else common name; absent on plain HTTP. */
      readonly certificateIssuer?: string;
    }
  | {
      readonly kind: 'failed';
      /** `certificate`: it does not prove the name; nothing was sent. */
      readonly why: 'unreachable' | 'certificate' | 'timed-out' | 'cut';
      readonly reason: string;
      /** The request may have been read at the other end. */
      readonly sent: boolean;
    };

const maxBodyBytes = 1024 * 1024;
const certificateCodes = /^(CERT_|DEPTH_ZERO|UNABLE_TO_|SELF_SIGNED|ERR_TLS_CERT|ERR_SSL|HOSTNAME_MISMATCH)/;

/** Never throws for what the network does; throws the signal's reason when it aborts. */
export async function requestAt(request: WebRequest): Promise<WebReply> {
  const startedMs = performance.now();
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
  let sent = false;
  try {
    const { outgoing, incoming } = open(request, signal, () => {
      sent = true;
    });
    outgoing.end(request.body);
    const response = await incoming;
    const certificate = response.socket instanceof TLSSocket ? response.socket.getPeerCertificate() : undefined;
    const issuer = certificate === undefined ? undefined : issuerOf(certificate);
    const body = await readBody(response);
    return {
      kind: 'answered',
      status: response.statusCode ?? 0,
      headers: plainHeaders(response),
      body,
      durationMs: Math.round(performance.now() - startedMs),
      ...(certificate === undefined ? {} : { certificateUntil: new Date(certificate.valid_to).toISOString() }),
      ...(issuer === undefined ? {} : { certificateIssuer: issuer }),
    };
  } catch (thrown) {
    request.signal?.throwIfAborted();
    if (deadline.aborted) {
      return {
        kind: 'failed',
        why: 'timed-out',
        reason: `no whole answer within ${String(request.timeoutMs)} ms`,
        sent,
      };
    }
    const error = toError(thrown) as NodeJS.ErrnoException;
    if (certificateCodes.test(error.code ?? '')) {
      return { kind: 'failed', why: 'certificate', reason: error.message, sent: false };
    }
    return { kind: 'failed', why: sent ? 'cut' : 'unreachable', reason: error.message, sent };
  }
}

/** The types say that an issuer is always there; some hold several values of a kind, and some nothing at all. */
function issuerOf({ issuer }: PeerCertificate): string | undefined {
  const names = issuer as Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  return [names?.['O'], names?.['CN']].flat().find((name) => name !== undefined && name !== '');
}

function open(
  request: WebRequest,
  signal: AbortSignal,
  onSent: () => void,
): { outgoing: ClientRequest; incoming: Promise<IncomingMessage> } {
  const url = new URL(request.url);
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const options = {
    host: request.address,
    port: request.port ?? (url.port === '' ? (secure ? 443 : 80) : Number(url.port)),
    path: `${url.pathname}${url.search}`,
    method: request.method ?? 'GET',
    headers: { host: url.host, 'user-agent': 'drp', ...request.headers, ...lengthOf(request.body) },
    // No keep-alive, and no proxy from the environment: this very machine is asked, anew.
    agent: false,
    signal,
  } as const;
  const tls = {
    servername: isIP(name) === 0 ? name : '',
    rejectUnauthorized: request.checkCertificate !== false,
    ...(request.caFile === undefined ? {} : { ca: readAtMostSync(request.caFile, authorityBytesMax) }),
  };
  const outgoing = secure ? https.request({ ...options, ...tls }) : http.request(options);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', onSent));
  outgoing.on('response', resolve);
  outgoing.on('error', reject);
  return { outgoing, incoming: promise };
}

function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > maxBodyBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8');
}

function plainHeaders(response: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(response.headers).map(([key, value]) => [key, [value].flat().join(', ')]));
}
