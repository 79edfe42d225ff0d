import { formatDuration, formatSize } from '../../base/duration.ts';
import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { linesOf, type HostFacts } from './facts.ts';
import type { HostNeeds } from './needs.ts';

// Load, processors, memory, swap, uptime: how a host is. Pure.

export function strainFindings(facts: HostFacts, needs: HostNeeds): readonly Finding[] {
  return [load(facts, needs), processors(facts, needs), ...memory(facts, needs), uptime(facts, needs)];
}

function load(facts: HostFacts, { host, limits }: HostNeeds): Finding {
  const say = findingFor('host.load', host);
  const [, five] = linesOf(facts.fact('loadavg'))[0]?.split(' ').map(Number) ?? [];
  const cores = Number(linesOf(facts.fact('cores'))[0]);
  const advice = `See what runs there (top): a restoration would be slower than planned.`;
  if (five === undefined || Number.isNaN(five) || !(cores > 0)) {
    return say.unknown(why(facts, 'loadavg', 'its load could not be read'), { advice });
  }
  const most = limits.load * cores;
  const found = `${five.toFixed(2)} over five minutes on ${cores} ${cores === 1 ? 'processor' : 'processors'}`;
  const words = { threshold: `limit ${most}`, metrics: [{ name: 'five_minutes', value: five, warn: most }] };
  return five > most ? say.warn(found, { ...words, advice }) : say.ok(found, words);
}

function processors(facts: HostFacts, { host, limits }: HostNeeds): Finding {
  const say = findingFor('host.cpu', host);
  const before = times(facts, 'stat');
  const after = times(facts, 'stat2');
  const advice = 'See what runs there: top.';
  if (before === undefined || after === undefined) {
    return say.unknown(why(facts, 'stat', 'its processors could not be read'), { advice });
  }
  const all = after.all - before.all;
  if (all <= 0) return say.skipped('no time passed between two looks at its processors');
  const busy = Math.max(0, Math.min(100, Math.round(100 * (1 - (after.idle - before.idle) / all))));
  const words = {
    threshold: `limit ${limits.cpu} %`,
    metrics: [{ name: 'busy_percent', value: busy, warn: limits.cpu }],
  };
  const found = `${busy} % busy`;
  // A moment's work is no finding: only where the load of a minute says the same is it one.
  const [minute = 0] = linesOf(facts.fact('loadavg'))[0]?.split(' ').map(Number) ?? [];
  const strained = busy > limits.cpu && minute >= Number(linesOf(facts.fact('cores'))[0] ?? 1);
  return strained ? say.warn(found, { ...words, advice }) : say.ok(found, words);
}

/** Jiffies since the host began: of all kinds, and idle ones (waiting for disks counts as idle). */
function times(facts: HostFacts, name: string): { readonly all: number; readonly idle: number } | undefined {
  const line = linesOf(facts.fact(name)).find((one) => /^cpu\s/.test(one));
  const numbers = line?.trim().split(/\s+/).slice(1, 9).map(Number);
  if (numbers === undefined || numbers.length < 4 || numbers.some(Number.isNaN)) return undefined;
  const [, , , idle = 0, wait = 0] = numbers;
  return { all: numbers.reduce((sum, one) => sum + one, 0), idle: idle + wait };
}

function memory(facts: HostFacts, { host, limits }: HostNeeds): readonly Finding[] {
  const kilobytes = new Map(
    linesOf(facts.fact('meminfo')).map((line) => {
      const [name = '', value = ''] = line.split(':');
      return [name, Number.parseInt(value, 10)] as const;
    }),
  );
  const total = kilobytes.get('MemTotal');
  // Kernels before 3.14 do not say what is available: free memory and caches come near to it.
  const plain = (kilobytes.get('MemFree') ?? NaN) + (kilobytes.get('Buffers') ?? 0) + (kilobytes.get('Cached') ?? 0);
  const available = kilobytes.get('MemAvailable') ?? plain;
  const sayMemory = findingFor('host.memory', host);
  const advice = `See what takes it: on ${host}: ps -eo rss,args --sort -rss. An import needs memory, too.`;
  if (total === undefined || !(total > 0) || Number.isNaN(available)) {
    return [sayMemory.unknown(why(facts, 'meminfo', 'its memory could not be read'), { advice })];
  }
  const used = Math.round(100 * (1 - available / total));
  const words = {
    threshold: `limit ${limits.memory} %`,
    metrics: [{ name: 'used_percent', value: used, fail: limits.memory }],
  };
  const found = `${used} % of ${formatSize(total * 1024)} used`;
  return [
    used > limits.memory ? sayMemory.fail(found, { ...words, advice }) : sayMemory.ok(found, words),
    swap({ host, limits }, kilobytes.get('SwapTotal') ?? 0, kilobytes.get('SwapFree') ?? 0),
  ];
}

function swap({ host, limits }: Pick<HostNeeds, 'host' | 'limits'>, total: number, free: number): Finding {
  const say = findingFor('host.swap', host);
  if (total <= 0) return say.ok('none, and none is needed');
  const used = Math.round(100 * (1 - free / total));
  const words = {
    threshold: `limit ${limits.swap} %`,
    metrics: [{ name: 'used_percent', value: used, warn: limits.swap }],
  };
  const found = `${used} % of ${formatSize(total * 1024)} used`;
  const advice = `Memory is short or was; see the columns si and so of vmstat 1 5 on ${host}.`;
  return used > limits.swap ? say.warn(found, { ...words, advice }) : say.ok(found, words);
}

function uptime(facts: HostFacts, { host, limits }: HostNeeds): Finding {
  const say = findingFor('host.uptime', host);
  const seconds = Number(linesOf(facts.fact('uptime'))[0]?.split(' ')[0]);
  if (!(seconds >= 0)) return say.unknown(why(facts, 'uptime', 'its uptime could not be read'), advised(host));
  const words = {
    threshold: `at least ${formatDuration(limits.uptimeMs)}`,
    metrics: [{ name: 'up_seconds', value: Math.floor(seconds), warn: limits.uptimeMs / 1000, least: true as const }],
  };
  const found = `up for ${formatDuration(seconds * 1000)}`;
  if (seconds * 1000 >= limits.uptimeMs) return say.ok(found, words);
  return say.warn(found, { ...words, ...advised(host) });
}

function advised(host: string): { readonly advice: string } {
  return { advice: `It restarted a moment ago: find out why. On ${host}: last -x reboot, journalctl -b -1 -e.` };
}

function why(facts: HostFacts, name: string, otherwise: string): string {
  const fact = facts.fact(name);
  return 'absent' in fact ? `${otherwise}: ${fact.absent}` : otherwise;
}
