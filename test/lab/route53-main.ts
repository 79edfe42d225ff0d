import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { ChangeInfo } from './route53-provider.ts';
import { createProvider } from './route53-provider.ts';
import { Route53Refusal } from './route53-refusal.ts';
import { verifySignature } from './route53-signature.ts';
import type { XmlElement, XmlNode } from './route53-xml.ts';
import { parseXml, renderXml } from './route53-xml.ts';
import type { Change, RecordSet } from './route53-zone.ts';
import { absolute, compareNames, parseChanges } from './route53-zone.ts';
import type { Route53Call, Route53Configuration } from './route53.ts';
import { readFaults } from './route53.ts';

/** The Route 53 endpoint, API of 2013-04-01: `node route53-main.ts CONFIGURATION.json`. One zone, simple records, five calls a second. */
const configuration = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Route53Configuration;
const zone = absolute(configuration.zone);
const provider = createProvider(configuration);
const callsPerSecond = 5;
let recentCalls: number[] = [];

interface Call {
  readonly operation: string;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  /** Filled in by a change, for the log. */
  changes?: readonly Change[];
}

const operations: Record<string, (call: Call) => Promise<XmlNode>> = {
  ListHostedZonesByName: (call) => listZones(call),
  GetHostedZone: (call) => getZone(call),
  ListResourceRecordSets: (call) => listRecordSets(call),
  ChangeResourceRecordSets: (call) => changeRecordSets(call),
  GetChange: ({ id }) => Promise.resolve(['GetChangeResponse', [changeInfoNode(provider.changeInfo(id))]]),
};

function operationOf(method: string, path: string): { operation: string; id: string } | undefined {
  const match = /^\/2013-04-01\/(hostedzonesbyname|hostedzone|change)(?:\/([^/]+))?(\/rrset)?\/?$/.exec(path);
  const id = decodeURIComponent(match?.[2] ?? '');
  switch (`${method} ${match?.[1] ?? ''}${id === '' ? '' : '/ID'}${match?.[3] ?? ''}`) {
    case 'GET hostedzonesbyname':
      return { operation: 'ListHostedZonesByName', id };
    case 'GET hostedzone/ID':
      return { operation: 'GetHostedZone', id };
    case 'GET hostedzone/ID/rrset':
      return { operation: 'ListResourceRecordSets', id };
    case 'POST hostedzone/ID/rrset':
      return { operation: 'ChangeResourceRecordSets', id };
    case 'GET change/ID':
      return { operation: 'GetChange', id };
    default:
      return undefined;
  }
}

function pageSize(query: URLSearchParams, most: number): number {
  const text = query.get('maxitems');
  if (text === null) return most;
  if (!/^[1-9]\d*$/.test(text)) throw new Route53Refusal('InvalidInput', `Invalid maxitems: ${text}`);
  return Math.min(Number(text), most);
}

function requireZone(id: string): void {
  if (id !== configuration.zoneId)
    throw new Route53Refusal('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);
}

async function zoneNode(): Promise<XmlNode> {
  const count = (await provider.list()).length;
  const settings: XmlNode = [
    'Config',
    [
      ['Comment', 'practice'],
      ['PrivateZone', false],
    ],
  ];
  return [
    'HostedZone',
    [
      ['Id', `/hostedzone/${configuration.zoneId}`],
      ['Name', zone],
      ['CallerReference', 'practice'],
      settings,
      ['ResourceRecordSetCount', count],
    ],
  ];
}

async function listZones({ query }: Call): Promise<XmlNode> {
  const from = query.get('dnsname');
  if (query.has('hostedzoneid') && from === null)
    throw new Route53Refusal('InvalidInput', 'hostedzoneid requires dnsname');
  const size = pageSize(query, 100);
  const zones = from === null || compareNames(zone, from) >= 0 ? [await zoneNode()] : [];
  const echo: XmlNode[] = from === null ? [] : [['DNSName', absolute(from)]];
  return [
    'ListHostedZonesByNameResponse',
    [['HostedZones', zones], ...echo, ['IsTruncated', false], ['MaxItems', size]],
  ];
}

async function getZone({ id }: Call): Promise<XmlNode> {
  requireZone(id);
  const apex = (await provider.list()).find((set) => set.name === zone && set.type === 'NS');
  const servers = (apex?.values ?? []).map((value): XmlNode => ['NameServer', value.replace(/\.$/, '')]);
  return ['GetHostedZoneResponse', [await zoneNode(), ['DelegationSet', [['NameServers', servers]]]]];
}

async function listRecordSets({ id, query }: Call): Promise<XmlNode> {
  requireZone(id);
  const [name, type] = [query.get('name'), query.get('type')];
  if (name === null && type !== null)
    throw new Route53Refusal('InvalidInput', 'The record type may not be specified without a record name.');
  const size = pageSize(query, 300);
  const sets = (await provider.list()).filter((set) => {
    const order = name === null ? 1 : compareNames(set.name, name);
    return order > 0 || (order === 0 && (type === null || set.type >= type));
  });
  const next = sets[size];
  const more: XmlNode[] =
    next === undefined
      ? []
      : [
          ['NextRecordName', next.name],
          ['NextRecordType', next.type],
        ];
  const page = sets.slice(0, size).map(recordSetNode);
  return [
    'ListResourceRecordSetsResponse',
    [['ResourceRecordSets', page], ['IsTruncated', next !== undefined], ...more, ['MaxItems', size]],
  ];
}

function recordSetNode(set: RecordSet): XmlNode {
  const records = set.values.map((value): XmlNode => ['ResourceRecord', [['Value', value]]]);
  return [
    'ResourceRecordSet',
    [
      ['Name', set.name.replaceAll('*', '\\052')],
      ['Type', set.type],
      ['TTL', set.ttlSeconds],
      ['ResourceRecords', records],
    ],
  ];
}

async function changeRecordSets(call: Call): Promise<XmlNode> {
  requireZone(call.id);
  let root: XmlElement;
  try {
    root = parseXml(call.body.toString('utf8'));
  } catch {
    throw new Route53Refusal(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  const batch = parseChanges(root);
  call.changes = batch.changes;
  return ['ChangeResourceRecordSetsResponse', [changeInfoNode(await provider.change(batch))]];
}

function changeInfoNode(info: ChangeInfo): XmlNode {
  const comment: XmlNode[] = info.comment === undefined ? [] : [['Comment', info.comment]];
  return [
    'ChangeInfo',
    [['Id', `/change/${info.id}`], ['Status', info.status], ['SubmittedAt', info.submittedAt], ...comment],
  ];
}

function checkRate(): void {
  const now = performance.now();
  recentCalls = recentCalls.filter((at) => now - at < 1_000);
  if (recentCalls.length >= callsPerSecond || readFaults(configuration.folder).throttled)
    throw new Route53Refusal('Throttling', 'Rate exceeded');
  recentCalls.push(now);
}

function checkPermission(operation: string): void {
  if (!readFaults(configuration.folder).denied.includes(operation)) return;
  const user = 'arn:aws:iam::000000000000:user/practice';
  throw new Route53Refusal(
    'AccessDenied',
    `User: ${user} is not authorized to perform: route53:${operation} on resource: arn:aws:route53:::hostedzone/${configuration.zoneId}`,
    403,
  );
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = request.url ?? '/';
  const [path = '/', query = ''] = url.split('?', 2);
  const body = Buffer.concat(chunks);
  const found = operationOf(request.method ?? '', path);
  const call: Call = {
    operation: found?.operation ?? 'unknown',
    id: found?.id ?? '',
    query: new URLSearchParams(query),
    body,
  };
  const faults = readFaults(configuration.folder);
  if (faults.answer === 'silent') {
    log({ operation: call.operation, status: 0 });
    return;
  }
  try {
    if (faults.answer === 'error500')
      throw new Route53Refusal('InternalFailure', 'We encountered an internal error. Please try again.', 500);
    verifySignature({ method: request.method ?? '', url, headers: request.headers, body }, configuration, new Date());
    checkRate();
    checkPermission(call.operation);
    const operate = operations[call.operation];
    if (operate === undefined)
      throw new Route53Refusal('UnknownOperationException', `no such operation: ${request.method ?? ''} ${path}`, 404);
    const node = await operate(call);
    log({ operation: call.operation, status: 200, ...changesOf(call) });
    if (faults.answer === 'lost-reply') request.socket.resetAndDestroy();
    else send(response, 200, node);
  } catch (error) {
    if (!(error instanceof Route53Refusal)) console.error(error);
    const refusal =
      error instanceof Route53Refusal ? error : new Route53Refusal('ServiceUnavailable', 'Service Unavailable', 503);
    log({ operation: call.operation, status: refusal.status, code: refusal.code, ...changesOf(call) });
    send(response, refusal.status, errorNode(refusal));
  }
}

const requestId = (): XmlNode => ['RequestId', randomUUID()];

function errorNode(refusal: Route53Refusal): XmlNode {
  const type = refusal.status >= 500 ? 'Receiver' : 'Sender';
  return [
    'ErrorResponse',
    [
      [
        'Error',
        [
          ['Type', type],
          ['Code', refusal.code],
          ['Message', refusal.message],
        ],
      ],
      requestId(),
    ],
  ];
}

function send(response: ServerResponse, status: number, node: XmlNode): void {
  response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() });
  response.end(renderXml(node));
}

const changesOf = (call: Call): Pick<Route53Call, 'changes'> =>
  call.changes === undefined ? {} : { changes: call.changes.map(({ action, name, type }) => ({ action, name, type })) };

function log(call: Omit<Route53Call, 'at'>): void {
  appendFileSync(
    join(configuration.folder, 'calls.jsonl'),
    `${JSON.stringify({ at: new Date().toISOString(), ...call })}\n`,
  );
}

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    request.socket.destroy();
  });
}).listen(configuration.listen.port, configuration.listen.address);
