import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Route53Refusal } from './route53-refusal.ts';

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secret: string;
}

const allowedSkewMs = 5 * 60_000;

/** Verifies a Signature Version 4 for route53 in us-east-1. Throws Route53Refusal with the code and status AWS answers. */
export function verifySignature(request: SignedRequest, credentials: Credentials, now: Date): void {
  const header = request.headers.authorization;
  if (header === undefined) throw new Route53Refusal('MissingAuthenticationToken', 'Missing Authentication Token', 403);
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  const stamp = request.headers['x-amz-date'];
  if (match === null || typeof stamp !== 'string') {
    throw new Route53Refusal(
      'IncompleteSignature',
      "Authorization header requires 'Credential', 'SignedHeaders', 'Signature' parameters and 'X-Amz-Date'",
      400,
    );
  }
  const [, keyId = '', day = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  if (keyId !== credentials.accessKeyId)
    throw new Route53Refusal('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
  if (region !== 'us-east-1') throw mismatch(`Credential should be scoped to a valid region, not '${region}'.`);
  if (service !== 'route53') throw mismatch(`Credential should be scoped to correct service: 'route53'.`);
  checkTime(stamp, day, now);
  const names = signedHeaders.split(';');
  if (!names.includes('host') || !names.includes('x-amz-date'))
    throw mismatch("'Host' and 'X-Amz-Date' must be signed headers.");

  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonicalRequest(request, names))].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (secret, part) => hmac(secret, part),
    Buffer.from(`AWS4${credentials.secret}`),
  );
  if (!timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))) {
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
}

const mismatch = (message: string): Route53Refusal => new Route53Refusal('SignatureDoesNotMatch', message, 403);

function checkTime(stamp: string, day: string, now: Date): void {
  const at = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(at) || !stamp.startsWith(day))
    throw mismatch('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.');
  const word = at < now.getTime() ? 'expired' : 'not yet current';
  if (Math.abs(at - now.getTime()) > allowedSkewMs)
    throw mismatch(`Signature ${word}: ${stamp} is more than 5 min. away from ${now.toISOString()}`);
}

function canonicalRequest(request: SignedRequest, names: readonly string[]): string {
  const [path = '/', query = ''] = request.url.split('?', 2);
  const canonicalPath = path.split('/').map(encode).join('/');
  const canonicalQuery = [...new URLSearchParams(query)]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = names
    .map((name) => `${name}:${[request.headers[name] ?? ''].flat().join(',').trim().replace(/ +/g, ' ')}\n`)
    .join('');
  return [request.method, canonicalPath, canonicalQuery, headers, names.join(';'), sha256(request.body)].join('\n');
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
