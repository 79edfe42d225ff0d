import type { Clock } from '../../base/clock.ts';
import { DrpError, toError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { DnsChange, DnsProvider } from '../providers.ts';
import { inConsole } from './by-hand.ts';
import { sendAndReadBack } from './compare-and-set.ts';
import { newMessageId, overTcp } from './exchange.ts';
import { askWithAuthority, recordsAskedFor } from './name-servers.ts';
import type { RecordName } from './record-set.ts';
import { rightsOf } from './rights.ts';
import type { TsigKey } from './tsig.ts';
import { signMessage, verifyReply } from './tsig.ts';
import { decodeReply, encodeEmptyUpdate, encodeUpdate } from './wire.ts';

const readMs = 2_000;
const updateMs = 5_000;
/** Tries of one change whose answer was lost while the zone still stands as before. */
const maxTries = 3;

type Rfc2136 = Extract<DnsZone['provider'], { kind: 'rfc2136' }>;

/**
 * Dynamic updates (RFC 2136) signed with a shared key (RFC 8945), sent to the primary's address over TCP. The old values are a
 * prerequisite inside the same message, so the server itself compares and sets.
 */
export function rfc2136Provider(zone: DnsZone, provider: Rfc2136, deps: { secret: Secret; clock: Clock }): DnsProvider {
  const key = (): TsigKey => readKey(provider, deps.secret);
  const where = `${provider.address}:${String(provider.port)}`;

  const read = async (names: readonly RecordName[], signal?: AbortSignal) => {
    const options = { timeoutMs: readMs, ...(signal === undefined ? {} : { signal }) };
    try {
      const replies = await Promise.all(names.map((name) => askWithAuthority(provider, name, options)));
      return recordsAskedFor(replies, names);
    } catch (cause) {
      signal?.throwIfAborted();
      throw new DrpError('dns-unreachable', { zone: zone.zone, where, reason: toError(cause).message }, { cause });
    }
  };

  const send = async (update: Uint8Array, signal?: AbortSignal): Promise<string> => {
    const nowSeconds = Math.floor(deps.clock.nowMs() / 1000);
    const { signed, mac } = signMessage(update, key(), nowSeconds);
    const reply = await overTcp(provider, signed, {
      timeoutMs: updateMs,
      ...(signal === undefined ? {} : { signal }),
    });
    const { rcode } = decodeReply(reply);
    const verdict = verifyReply(reply, key(), { mac, nowSeconds: Math.floor(deps.clock.nowMs() / 1000) });
    if (verdict.kind === 'refused') throw keyRefused(zone, where, verdict);
    // REFUSED and NOTAUTH may come unsigned; they change nothing, and everything else must prove whose answer it is.
    if (rcode === 'REFUSED' || rcode === 'NOTAUTH' || rcode === 'NOTZONE') throw refused(zone, where, rcode);
    if (verdict.kind === 'unproven') throw new Error(verdict.reason);
    return rcode;
  };

  const names = (changes: readonly DnsChange[]): RecordName[] => changes.map(({ from }) => from);
  return {
    read,
    compareAndSet: (changes, signal) =>
      sendAndReadBack(
        changes,
        {
          tries: maxTries,
          send: async () => {
            const rcode = await send(encodeUpdate(newMessageId(), zone.zone, changes), signal);
            if (rcode === 'NOERROR') return { kind: 'made' };
            return { kind: 'not-known', reason: `the server answered ${rcode}`, saysNo: rcode === 'NXRRSET' };
          },
          read: () => read(names(changes), signal),
        },
        signal,
      ),
    mayChange: async (record, signal) => {
      try {
        const [standing] = await read([record], signal);
        if (standing === undefined) return { kind: 'unknown', reason: `${record.name} ${record.type} is not there` };
        const rcode = await send(encodeEmptyUpdate(newMessageId(), zone.zone, standing), signal);
        if (rcode === 'NOERROR') return { kind: 'proven', how: 'a signed update that changes nothing was accepted' };
        return { kind: 'unknown', reason: `the server answered ${rcode}` };
      } catch (thrown) {
        signal?.throwIfAborted();
        return rightsOf(thrown);
      }
    },
    byHand: (changes) => inConsole(changes),
  };
}

function keyRefused(zone: DnsZone, where: string, verdict: { error: string; serverSeconds?: number }): DrpError {
  const advice: Readonly<Record<string, string>> = {
    BADKEY: 'The server does not know this key: check keyName and algorithm in the runbook.',
    BADSIG: 'The key has another secret on the server: check keySecret in the runbook.',
    BADTIME: 'The clocks of this machine and of the server are more than 5 minutes apart: set this one right.',
  };
  const clock = verdict.serverSeconds === undefined ? '' : `, its clock says ${instant(verdict.serverSeconds)}`;
  return new DrpError('dns-refused', {
    zone: zone.zone,
    where,
    reason: `${verdict.error}${clock}`,
    advice: advice[verdict.error] ?? 'Check the key in the runbook.',
  });
}

const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();

function refused(zone: DnsZone, where: string, rcode: string): DrpError {
  const advice =
    rcode === 'REFUSED'
      ? 'The server knows the key and does not let it change these names: widen update-policy for it.'
      : 'This server is not the primary of the zone: check address and port of the provider in the runbook.';
  return new DrpError('dns-refused', { zone: zone.zone, where, reason: rcode, advice });
}

/** The secret as base64, or the text of a BIND key file that holds it. */
function readKey(provider: Rfc2136, secret: Secret): TsigKey {
  const text = secret.reveal();
  const base64 = /secret\s+"([^"]+)"/.exec(text)?.[1] ?? text.trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    const reason = 'it is neither base64 nor a BIND key file';
    throw new DrpError('secret-unreadable', { reference: secret.reference, reason });
  }
  return { name: provider.keyName, algorithm: provider.algorithm, secret: Buffer.from(base64, 'base64') };
}
