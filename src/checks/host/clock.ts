import { formatDuration } from '../../base/duration.ts';
import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import type { HostFacts } from './facts.ts';
import type { HostNeeds } from './needs.ts';

/** How far a clock is from this machine's, and how sure that is; positive: the host's is ahead. */
export interface ClockOffset {
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/**
 * The offset from four moments, as NTP has it (RFC 5905, part 8): asked and answered here, began and ended there. What
 * the way took is halved, since nobody knows which direction took it; that half is the uncertainty. Pure.
 */
function clockOffset(facts: HostFacts): ClockOffset | undefined {
  const began = stampOf(facts, 'began');
  const ended = stampOf(facts, 'ended');
  if (began === undefined || ended === undefined) return undefined;
  const wayMs = Math.max(0, facts.answeredAtMs - facts.askedAtMs - (ended.ms - began.ms));
  return {
    offsetMs: (began.ms - facts.askedAtMs + (ended.ms - facts.answeredAtMs)) / 2,
    uncertaintyMs: wayMs / 2 + began.coarseMs,
  };
}

export function clockFindings(facts: HostFacts, { host, limits }: HostNeeds): readonly Finding[] {
  const say = findingFor('host.clock', host);
  const offset = clockOffset(facts);
  const advice = `Compare with: date -u, on ${host} and here. Mend its time service (chronyc tracking, timedatectl).`;
  if (offset === undefined) return [say.unknown('its clock could not be read', { advice })];
  const { offsetMs, uncertaintyMs } = offset;
  const awayMs = Math.abs(offsetMs);
  const threshold = `limit ${formatDuration(limits.clockMs)}`;
  const metrics = [{ name: 'offset_ms', value: Math.round(offsetMs), fail: limits.clockMs }];
  const found =
    awayMs < 100
      ? 'as on this machine, to 0.1 s'
      : `${formatDuration(awayMs)} ${offsetMs < 0 ? 'behind' : 'ahead of'} this machine`;
  // Within the uncertainty it may be right: only what is surely beyond the limit is a fault.
  if (awayMs - uncertaintyMs > limits.clockMs) return [say.fail(found, { threshold, metrics, advice })];
  if (uncertaintyMs > limits.clockMs) {
    const slow = `${found}, give or take ${formatDuration(uncertaintyMs)}: the way there is too slow to tell`;
    return [say.unknown(slow, { threshold, metrics, advice: `Look again when ${host} answers faster.` })];
  }
  return [say.ok(found, { threshold, metrics })];
}

function stampOf(facts: HostFacts, name: string): { readonly ms: number; readonly coarseMs: number } | undefined {
  const fact = facts.fact(name);
  const match = 'text' in fact ? /^(\d{9,11})(?:\.(\d{1,9}))?/.exec(fact.text) : null;
  if (match === null) return undefined;
  const [, seconds = '', fraction] = match;
  // A date without fractions says a second: the middle of it, and half a second either way.
  if (fraction === undefined) return { ms: Number(seconds) * 1000 + 500, coarseMs: 500 };
  return { ms: Number(seconds) * 1000 + Number(`0.${fraction}`) * 1000, coarseMs: 0 };
}
