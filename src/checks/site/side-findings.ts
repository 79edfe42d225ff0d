import { formatDuration } from '../../base/duration.ts';
import type { WebReply } from '../../providers/web/request-at.ts';
import type { Page } from '../../runbook/schema/world.ts';
import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import type { SideName } from './live-side.ts';

const dayMs = 86_400_000;
/** Automatic renewal comes 30 days before the end: at three weeks it has failed for a while, at one it is urgent. */
const certificateWarnDays = 21;
const certificateFailDays = 7;

/** An answer, and what was wrong with the certificate where that alone stood in the way. */
export interface PageLook {
  readonly reply: WebReply;
  readonly certificateWrong?: string;
}

/** The certificate a side shows for the real name. Undefined: nobody answered, or without encryption. */
export function certificateFinding(side: SideName, look: PageLook, nowMs: number): Finding | undefined {
  const say = findingFor('site.certificate', side);
  const until = look.reply.kind === 'answered' ? look.reply.certificateUntil : undefined;
  if (look.certificateWrong !== undefined) {
    const end = until === undefined ? '' : ` (ends ${until})`;
    const advice = `Put a good certificate on ${side}, with its whole chain: users would be turned away by their browsers.`;
    return say.fail(`${look.certificateWrong}${end}`, { advice });
  }
  if (until === undefined) return undefined;
  const days = Math.floor((Date.parse(until) - nowMs) / dayMs);
  const words = {
    threshold: `${String(certificateWarnDays)} days left (${String(certificateFailDays)}: red)`,
    metrics: [
      { name: 'left_days', value: days, warn: certificateWarnDays, fail: certificateFailDays, least: true as const },
    ],
  };
  const found = `${String(days)} days left, until ${until}`;
  if (days >= certificateWarnDays) return say.ok(found, words);
  const advice = `Renew it on ${side}, and see why that did not happen by itself.`;
  return days >= certificateFailDays ? say.warn(found, { ...words, advice }) : say.fail(found, { ...words, advice });
}

/** The side users are not on: closed, and able to say so itself. */
export function standbyFinding(side: SideName, reply: WebReply): Finding {
  const say = findingFor('site.standby', side);
  const threshold = 'closed: status 503';
  if (reply.kind === 'failed') {
    const advice = `Start the web server on ${side}: on the day there is no time to find out why it does not.`;
    return say.fail(`it does not answer under the real name: ${reply.reason}`, { threshold, advice, outOfReach: true });
  }
  const shown = `status ${String(reply.status)} in ${String(reply.durationMs)} ms`;
  if (reply.status === 503) return say.ok(`in maintenance: ${shown}`, { threshold });
  if (reply.status < 400) {
    const advice = `Close it (maintenance on): who reaches ${side} by its address works on a copy that will be overwritten.`;
    return say.fail(`it serves users: ${shown}`, { threshold, advice });
  }
  return say.warn(`neither closed nor serving: ${shown}`, { threshold, advice: `Switch maintenance on at ${side}.` });
}

/** One page of a side that serves: whether it answers, how fast, with what, and how fresh. Pure. */
export function liveFindings(
  side: SideName,
  { page, reply, nowMs }: { readonly page: Page; readonly reply: WebReply; readonly nowMs: number },
): readonly Finding[] {
  const subject = `${side} ${pathOf(page.url)}`;
  const answer = findingFor('site.answer', subject);
  const threshold = `status ${String(page.status)}`;
  if (reply.kind === 'failed') {
    const advice = `Users on ${side} get no answer: look at it now.`;
    return [answer.fail(reply.reason, { threshold, advice, outOfReach: true })];
  }
  const { status, durationMs } = reply;
  if (status !== page.status) {
    const advice =
      status === 503
        ? `Users see a maintenance page on ${side}: open it, or finish what it was closed for.`
        : `Look at the service on ${side}: it answers, and not as it should.`;
    return [answer.fail(`status ${String(status)}`, { threshold, advice })];
  }
  const delay = findingFor('site.delay', subject);
  const words = {
    threshold: formatDuration(page.withinMs),
    metrics: [{ name: 'answer_ms', value: durationMs, warn: page.withinMs }],
  };
  const slow = `Look at the load of ${side}: users wait this long, too.`;
  return [
    answer.ok(`status ${String(status)}`, { threshold }),
    durationMs <= page.withinMs
      ? delay.ok(`${String(durationMs)} ms`, words)
      : delay.warn(`${String(durationMs)} ms`, { ...words, advice: slow }),
    ...contentFindings(subject, page, reply.body),
    ...freshFindings(subject, page, { body: reply.body, nowMs }),
  ];
}

function contentFindings(subject: string, page: Page, body: string): readonly Finding[] {
  if (page.contains.length === 0) return [];
  const say = findingFor('site.content', subject);
  const missing = page.contains.filter((text) => !body.includes(text));
  if (missing.length === 0) return [say.ok(`holds ${page.contains.map((text) => `'${text}'`).join(', ')}`)];
  const advice = 'Look at the page: it answers well and says something else.';
  return [say.fail(`does not hold ${missing.map((text) => `'${text}'`).join(', ')}`, { advice })];
}

function freshFindings(
  subject: string,
  { newest }: Page,
  { body, nowMs }: { readonly body: string; readonly nowMs: number },
): readonly Finding[] {
  if (newest === undefined) return [];
  const say = findingFor('site.fresh', subject);
  const value = valueAt(body, newest.json);
  const atMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  const threshold = `${newest.json} within ${formatDuration(newest.age)}`;
  if (Number.isNaN(atMs)) {
    const advice = `Check 'json' of this page in the runbook: its value must be an instant.`;
    return [say.fail(`${newest.json} is no instant`, { threshold, advice })];
  }
  const ageMs = nowMs - atMs;
  const words = {
    threshold,
    metrics: [{ name: 'age_seconds', value: Math.round(ageMs / 1000), fail: newest.age / 1000 }],
  };
  const found = `${newest.json} is ${formatDuration(Math.max(0, ageMs))} old`;
  if (ageMs <= newest.age) return [say.ok(found, words)];
  const advice = 'See whether anything is still written there: a copy that stands still answers 200, too.';
  return [say.fail(found, { ...words, advice })];
}

function valueAt(body: string, path: string): unknown {
  let at: unknown;
  try {
    at = JSON.parse(body);
  } catch {
    return undefined; // judged by the caller: no instant there
  }
  for (const key of path.split('.')) {
    at = typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[key] : undefined;
  }
  return at;
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}
