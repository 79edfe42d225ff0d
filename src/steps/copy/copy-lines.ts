import { formatDuration } from '../../base/duration.ts';
import type { Json } from '../../events/event.ts';
import { factNumber } from '../remote/job-outcome.ts';
import type { CopyWay } from './choose-copy.ts';
import type { CopyNames, CopySpec } from './copy-plan.ts';

type Facts = Readonly<Record<string, string>>;

/** Walking, comparing and switching take about this beside the last pass itself, ms. */
const besideMs = 5_000;

/** What a login that is not root cannot make. */
export const withoutRoot = (host: string): string =>
  `owners were not kept, and pipes, sockets and devices are not brought: the login on ${host} is not root`;

/** What a copy said of itself, for people: how it went about it, what was compared, what was kept. */
export function copyLines(
  spec: CopySpec,
  at: { readonly facts: Facts; readonly names: CopyNames; readonly way: CopyWay },
): readonly string[] {
  const { facts, names, way } = at;
  const kept = facts['kept'] ?? '';
  const carried = factNumber(facts, 'carried');
  return [
    spec.switch
      ? `both sides compared by checksum (${(facts['manifest'] ?? '').slice(0, 12)}…) and switched in as ${names.target}`
      : `waits beside the target as ${names.staging}; compared when it is switched in`,
    ...(facts['warm'] === undefined ? [] : ['it went on with the tree that drp sync had kept warm']),
    ...passesLines(spec, facts),
    ...changesLines(facts),
    ...way.why,
    ...(kept === '' ? [] : [`what was there before is kept as ${kept}`]),
    ...carriedLines(carried),
  ];
}

/** Passes over a living source and the frozen window they promise, as part of a step's output. */
export function passesOutput(facts: Facts): { readonly [key: string]: Json } {
  const passes = passesOf(facts);
  if (passes.length === 0) return {};
  return { passesMs: passes, expectedWindowMs: expectedWindowMs(facts), keptChecksums: factNumber(facts, 'ledger') };
}

/** Where the time of a copy went, ms: for estimates, and for whoever wants it faster. */
export function tookOutput(facts: Facts): { readonly [key: string]: Json } {
  const parts = ['measure', 'fill', 'compare', 'switch'].map((part) => [`${part}Ms`, factNumber(facts, `${part}Ms`)]);
  const thereMs = factNumber(facts, 'there');
  return {
    ...(Object.fromEntries(parts) as { readonly [key: string]: Json }),
    // By the target's own clock.
    ...(thereMs === 0 ? {} : { thereAt: new Date(thereMs).toISOString() }),
  };
}

function passesLines(spec: CopySpec, facts: Facts): readonly string[] {
  const passes = passesOf(facts);
  if (passes.length === 0) return [];
  const kept = factNumber(facts, 'ledger');
  const checksums = kept === 0 ? 'no checksums could be kept: ' : `${kept} checksums are kept: `;
  if ('backup' in spec.from)
    return [
      `${checksums}an activation from this very backup reads ${kept === 0 ? 'both sides whole' : 'only what changed'}`,
    ];
  return [
    `gone over ${passes.length === 1 ? 'once' : `${passes.length} times`}: ${passes.map((ms) => formatDuration(ms)).join(', ')}; another pass would gain little`,
    kept === 0
      ? `${checksums}in the frozen window both sides are read whole`
      : `freezing is worth it now: the last copy of these files should take about ${formatDuration(expectedWindowMs(facts))}; ${checksums}only what changes is read again`,
  ];
}

function changesLines(facts: Facts): readonly string[] {
  if (facts['changed'] === undefined) return [];
  return [
    `${factNumber(facts, 'changed')} entries had changed since checksums were kept, ${factNumber(facts, 'removed')} were gone: those were sent, removed and read; all others are as they were read before`,
  ];
}

const passesOf = (facts: Facts): readonly number[] =>
  (facts['passes'] ?? '')
    .split(' ')
    .filter((text) => /^\d+$/.test(text))
    .map((text) => Number(text) * 1000);

const expectedWindowMs = (facts: Facts): number => factNumber(facts, 'last') * 1000 + besideMs;

function carriedLines(count: number): readonly string[] {
  if (count === 0) return [];
  return [`${count === 1 ? '1 entry is' : `${count} entries are`} the target's own and carried over`];
}
