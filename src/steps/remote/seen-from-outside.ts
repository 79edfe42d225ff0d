import { requestAt, type WebReply } from '../../providers/web/request-at.ts';
import type { StepContext } from '../step-kind.ts';

/** How a side shows itself to somebody who asks its address for the service. */
export type Sight =
  /** It answers users. */
  | { readonly kind: 'serves'; readonly text: string }
  /** 503: users are told to wait. */
  | { readonly kind: 'maintenance'; readonly text: string; readonly retryAfter: boolean }
  /** It answers, but neither way. */
  | { readonly kind: 'broken'; readonly text: string }
  | { readonly kind: 'silent'; readonly text: string };

const lookTimeoutMs = 5_000;

/** Asks the side's own address, under the service's real name in TLS and Host; no name is looked up. Never throws but for an abort. */
export async function seenFromOutside(context: StepContext, side: 'production' | 'recovery'): Promise<Sight> {
  const { service } = context.world;
  const { address, port } = service[side];
  const reply = await requestAt({
    url: service.url,
    address,
    ...(port === undefined ? {} : { port }),
    ...(service.caFile === undefined ? {} : { caFile: service.caFile }),
    timeoutMs: lookTimeoutMs,
    signal: context.signal,
  });
  return judgeSight(reply, `${address}${port === undefined ? '' : `:${port}`}`);
}

/** The pure half of `seenFromOutside`. */
export function judgeSight(reply: WebReply, where: string): Sight {
  if (reply.kind === 'failed') {
    const kind = reply.why === 'certificate' ? 'broken' : 'silent';
    return {
      kind,
      text: `${where} ${reply.why === 'certificate' ? 'shows a wrong certificate' : 'does not answer'} (${reply.reason})`,
    };
  }
  const retryAfter = reply.headers['retry-after'];
  if (reply.status === 503) {
    const text = `${where} answers 503${retryAfter === undefined ? ' without Retry-After' : `, Retry-After ${retryAfter}`}`;
    return { kind: 'maintenance', text, retryAfter: retryAfter !== undefined };
  }
  const kind = reply.status >= 200 && reply.status < 400 ? 'serves' : 'broken';
  return { kind, text: `${where} answers ${reply.status}` };
}
