import type { Change, ResourceRecordSet, Route53Client } from '@aws-sdk/client-route-53';
import {
  ChangeResourceRecordSetsCommand,
  Route53Client as Client,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
} from '@aws-sdk/client-route-53';
import http from 'node:http';
import https from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { DrpError, toError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { DnsChange, DnsProvider, RecordSet } from '../providers.ts';
import { inConsole } from './by-hand.ts';
import type { Sending } from './compare-and-set.ts';
import { sendAndReadBack } from './compare-and-set.ts';
import type { RecordName } from './record-set.ts';
import { recordSet, sameRecord } from './record-set.ts';
import { rightsOf } from './rights.ts';

type Route53 = Extract<DnsZone['provider'], { kind: 'route53' }>;

/** The SDK itself waits for a silent server without end, and tries anew up to `maxAttempts` times. */
const connectMs = 3_000;
const requestMs = 10_000;
const maxAttempts = 5;
/** All tries of one call together. */
const callMs = 30_000;
/** How long INSYNC is waited for; usually seconds. The step then asks the name servers itself, so more is not needed. */
const insyncMs = 60_000;
const insyncEveryMs = 2_000;

/** Answers that another try does not change, and what to look at. */
const refusals: Readonly<Record<string, string>> = {
  AccessDenied:
    'The access key may not do this: its policy must allow ListResourceRecordSets, ChangeResourceRecordSets and GetChange.',
  AccessDeniedException: 'The access key may not do this: look at its policy.',
  ExpiredToken: 'The credentials have run out: recovery needs a static access key.',
  InvalidClientTokenId: 'AWS does not know this accessKeyId: check it in the runbook.',
  InvalidInput: 'AWS cannot read the change: check the records in the runbook.',
  NoSuchHostedZone: 'AWS has no zone of this zoneId under this key: check it in the runbook.',
  SignatureDoesNotMatch:
    'The secret does not fit the accessKeyId, or the clock of this machine is more than 5 minutes off.',
  RequestExpired: 'The clock of this machine is more than 5 minutes off: set it right.',
};

/**
 * AWS Route 53. A batch deletes the exact old record sets (name, type, TTL, values) and creates the new ones, all or nothing:
 * never UPSERT, which would overwrite whatever stands there. Credentials are static; nothing is asked of STS or SSO.
 */
export function route53Provider(zone: DnsZone, provider: Route53, deps: { secret: Secret; clock: Clock }): DnsProvider {
  const client = connect(provider, deps.secret);
  const where = provider.endpoint ?? 'route53.amazonaws.com';

  const call = boundedCalls(zone, where);

  const read = async (names: readonly RecordName[], signal?: AbortSignal): Promise<readonly RecordSet[]> => {
    try {
      const found = await Promise.all(
        names.map((name) => call((inner) => readOne(client, { zoneId: provider.zoneId, record: name }, inner), signal)),
      );
      return found.flat().map((set) => toRecordSet(zone, set));
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof DrpError) throw cause;
      throw new DrpError('dns-unreachable', { zone: zone.zone, where, reason: toError(cause).message }, { cause });
    }
  };

  const send = async (changes: readonly DnsChange[], signal?: AbortSignal): Promise<Sending> => {
    const Changes = changes.flatMap(({ from, to }): Change[] => [
      { Action: 'DELETE', ResourceRecordSet: toAws(from) },
      { Action: 'CREATE', ResourceRecordSet: toAws(to) },
    ]);
    const command = new ChangeResourceRecordSetsCommand({ HostedZoneId: provider.zoneId, ChangeBatch: { Changes } });
    try {
      const { ChangeInfo } = await call((abortSignal) => client.send(command, { abortSignal }), signal);
      await awaitInsync(client, ChangeInfo?.Id, { clock: deps.clock, ...(signal === undefined ? {} : { signal }) });
      return { kind: 'made' };
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof DrpError) throw thrown;
      const error = toError(thrown);
      // Also the answer to our own second try, when the first was carried out and its reply lost: reading back tells.
      const saysNo = error.name === 'InvalidChangeBatch';
      return { kind: 'not-known', reason: `${error.name}: ${error.message}`, saysNo };
    }
  };

  return {
    read,
    compareAndSet: (changes, signal) =>
      // Once: the SDK has tried several times already.
      sendAndReadBack(
        changes,
        {
          tries: 1,
          send: () => send(changes, signal),
          read: () =>
            read(
              changes.map(({ from }) => from),
              signal,
            ),
        },
        signal,
      ),
    mayChange: async (record, signal) => {
      try {
        const [standing] = await read([record], signal);
        const what =
          standing === undefined ? 'the zone can be read, the record is not there' : 'the record can be read';
        return { kind: 'untestable', how: `${what}; whether it may be changed, Route 53 tells only who changes it` };
      } catch (thrown) {
        signal?.throwIfAborted();
        return rightsOf(thrown);
      }
    },
    byHand: inConsole,
  };
}

type Call = <T>(ask: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Calls that end in time, with refusals told by name. */
function boundedCalls(zone: DnsZone, where: string): Call {
  return async (ask, signal) => {
    const deadline = AbortSignal.timeout(callMs);
    try {
      return await ask(signal === undefined ? deadline : AbortSignal.any([signal, deadline]));
    } catch (thrown) {
      signal?.throwIfAborted();
      const error = toError(thrown);
      const advice = refusals[error.name];
      if (advice === undefined)
        throw deadline.aborted ? new Error(`no answer within ${String(callMs / 1000)} s`) : error;
      const reason = `${error.name}: ${error.message}`;
      throw new DrpError('dns-refused', { zone: zone.zone, where, reason, advice }, { cause: error });
    }
  };
}

function connect(provider: Route53, secret: Secret): Route53Client {
  const { address } = provider;
  return new Client({
    region: 'us-east-1',
    ...(provider.endpoint === undefined ? {} : { endpoint: provider.endpoint }),
    credentials: { accessKeyId: provider.accessKeyId, secretAccessKey: secret.reveal().trim() },
    maxAttempts,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: requestMs,
      throwOnRequestTimeout: true,
      ...(address === undefined
        ? {}
        : {
            httpAgent: new http.Agent({ lookup: always(address) }),
            httpsAgent: new https.Agent({ lookup: always(address) }),
          }),
    },
  });
}

/** Answers every name with the address in the plan; TLS still checks the name. */
function always(address: string): LookupFunction {
  const family = isIPv6(address) ? 6 : 4;
  return (_, options, callback) => {
    if (options.all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

async function readOne(
  client: Route53Client,
  { zoneId, record }: { readonly zoneId: string; readonly record: RecordName },
  abortSignal: AbortSignal,
): Promise<readonly ResourceRecordSet[]> {
  // The list starts at the name: several sets of one name (weighted ones) follow each other.
  const command = new ListResourceRecordSetsCommand({
    HostedZoneId: zoneId,
    StartRecordName: record.name,
    StartRecordType: record.type,
    MaxItems: 10,
  });
  const { ResourceRecordSets } = await client.send(command, { abortSignal });
  return (ResourceRecordSets ?? []).filter(
    ({ Name, Type }) =>
      Name !== undefined && Type === record.type && sameRecord({ name: Name, type: record.type }, record),
  );
}

function toRecordSet(zone: DnsZone, set: ResourceRecordSet): RecordSet {
  const what =
    set.AliasTarget === undefined
      ? set.SetIdentifier === undefined
        ? undefined
        : 'a weighted or failover record'
      : 'an alias record';
  if (what !== undefined || set.TTL === undefined) {
    throw new DrpError('dns-unsupported', {
      zone: zone.zone,
      what: `${what ?? 'a record without TTL'} at ${set.Name ?? '?'}`,
    });
  }
  const values = (set.ResourceRecords ?? []).flatMap(({ Value }) => Value ?? []);
  return recordSet({ name: set.Name ?? '', type: set.Type as RecordSet['type'] }, { ttlSeconds: set.TTL, values });
}

function toAws(set: RecordSet): ResourceRecordSet {
  return {
    Name: set.name,
    Type: set.type,
    TTL: set.ttlSeconds,
    ResourceRecords: set.values.map((Value) => ({ Value })),
  };
}

/** INSYNC: every Route 53 server has the change. The change is made either way, so nothing here can fail. */
async function awaitInsync(
  client: Route53Client,
  changeId: string | undefined,
  options: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<void> {
  const endMs = options.clock.nowMs() + insyncMs;
  while (options.clock.nowMs() < endMs) {
    const state = await client
      .send(new GetChangeCommand({ Id: changeId }), options.signal === undefined ? {} : { abortSignal: options.signal })
      .then(({ ChangeInfo }) => ChangeInfo?.Status)
      .catch(() => undefined); // the name servers are asked afterwards in any case
    options.signal?.throwIfAborted();
    if (state !== 'PENDING') return;
    await options.clock.sleep(insyncEveryMs, options.signal);
  }
}
