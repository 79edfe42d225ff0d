import { access, constants } from 'node:fs/promises';
import { requestAt } from '../../providers/web/request-at.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { CheckContext, Finding, Probe } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { decryptProbe } from './decrypt-probe.ts';
import { liveSide, type SideName } from './live-side.ts';
import { certificateFinding, liveFindings, standbyFinding, type PageLook } from './side-findings.ts';

/** Longest time for one answer: what takes longer is as good as down. */
const answerMs = 10_000;
/** Longest answer time of the service's own page that is no finding. */
const pageMs = 2_000;

type Page = NonNullable<Runbook['service']['pages']>[number];

/** Both sides under the real host name, each at its own address; no resolver takes part. */
export function siteProbes(runbook: Runbook): readonly Probe[] {
  return [
    ...(['production', 'recovery'] as const).map((side): Probe => {
      const datacentre = runbook.hosts[runbook.service[side].host]?.datacentre;
      return {
        id: 'site',
        subject: side,
        ...(datacentre === undefined ? {} : { datacentre }),
        run: (context) => lookAtSide(context, side),
      };
    }),
    ...decryptProbe(runbook),
  ];
}

const standardPage = (url: string): Page => ({ url, status: 200, contains: [], withinMs: pageMs });

async function lookAtSide(context: CheckContext, side: SideName): Promise<readonly Finding[]> {
  const { service } = context.runbook;
  const nowMs = context.clock.nowMs();
  const own = service.pages?.find(({ url }) => url === service.url) ?? standardPage(service.url);
  const unread = await unreadableAuthority(context, side);
  if (unread !== undefined) return [unread];
  const first = await askPage(context, side, own);
  const live = await liveSide(context);
  const certificate = certificateFinding(side, first, nowMs);
  const certificates = certificate === undefined ? [] : [certificate];
  if (live !== side && service.standby !== 'open') return [...certificates, standbyFinding(side, first.reply)];
  const pages = await Promise.all(
    (live === side ? (service.pages ?? []) : [])
      .filter((page) => page !== own)
      .map(async (page) => {
        const { reply } = await askPage(context, side, page);
        return liveFindings(side, { page, reply, nowMs });
      }),
  );
  return [...certificates, ...liveFindings(side, { page: own, reply: first.reply, nowMs }), ...pages.flat()];
}

/** A bad certificate is one finding, what lies behind it another: then it is asked again without looking at it. */
async function askPage(context: CheckContext, side: SideName, page: Page): Promise<PageLook> {
  const { caFile, [side]: where } = context.runbook.service;
  const request = {
    url: page.url,
    address: where.address,
    ...(where.port === undefined ? {} : { port: where.port }),
    ...(caFile === undefined ? {} : { caFile }),
    timeoutMs: answerMs,
    signal: context.signal,
  };
  const reply = await requestAt(request);
  if (reply.kind === 'answered' || reply.why !== 'certificate') return { reply };
  return { reply: await requestAt({ ...request, checkCertificate: false }), certificateWrong: reply.reason };
}

/** Without the authority's file no certificate can be judged, here and now as on the day. */
async function unreadableAuthority({ runbook }: CheckContext, side: SideName): Promise<Finding | undefined> {
  const { caFile } = runbook.service;
  if (caFile === undefined) return undefined;
  try {
    await access(caFile, constants.R_OK);
    return undefined;
  } catch {
    const advice = 'Put the file of certificates to trust there: every step that looks at the site needs it.';
    return findingFor('site.authority', side).fail(`${caFile} cannot be read here`, { advice });
  }
}
