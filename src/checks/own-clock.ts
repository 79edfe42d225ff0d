import { formatDuration } from '../base/duration.ts';
import type { Finding } from './check.ts';
import { findingFor } from './finding-for.ts';

/** Two hosts that agree may both be wrong; of three or more, the one clock that differs is the wrong one. */
const witnessesMin = 3;

/**
 * Clocks of hosts are compared with that of this machine. Where at least three hosts, and more than half of all, agree
 * with each other and not with this machine, it is this machine that is wrong: said once, and each host is judged against
 * the others. Pure.
 */
export function judgeOwnClock(findings: readonly Finding[]): readonly Finding[] {
  const clocks = findings.flatMap((finding) => {
    const metric = finding.metrics?.find(({ name }) => name === 'offset_ms');
    return finding.probe === 'host.clock' && metric !== undefined
      ? [{ finding, offsetMs: metric.value, limitMs: metric.fail ?? Infinity }]
      : [];
  });
  const sorted = clocks.map(({ offsetMs }) => offsetMs).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) return findings;
  const agree = clocks.filter(({ offsetMs, limitMs }) => Math.abs(offsetMs - middle) <= limitMs);
  const away = agree.filter(({ offsetMs, limitMs }) => Math.abs(offsetMs) > limitMs);
  if (away.length < witnessesMin || away.length * 2 <= clocks.length) return findings;
  const judged = new Map<Finding, Finding>(
    clocks.map(({ finding, offsetMs, limitMs }) => {
      const apartMs = Math.abs(offsetMs - middle);
      const { advice = '', threshold = '', metrics = [] } = finding;
      const say = findingFor('host.clock', finding.subject);
      const found = `${formatDuration(apartMs)} from the other hosts`;
      return [
        finding,
        apartMs <= limitMs ? say.ok(found, { threshold, metrics }) : say.fail(found, { threshold, metrics, advice }),
      ];
    }),
  );
  const own = findingFor('own.clock', 'drp').fail(
    `this machine is ${formatDuration(Math.abs(middle))} ${middle > 0 ? 'behind' : 'ahead of'} ${agree.length} hosts that agree`,
    {
      threshold: 'as the hosts say',
      advice: 'Mend the clock of this machine: approvals, journal and reports carry its time.',
    },
  );
  return [...findings.map((finding) => judged.get(finding) ?? finding), own];
}
