import { hostOf } from '../remote/host-path.ts';
import { jobScript, scriptText } from '../remote/script-text.ts';
import { sourceRoute } from '../remote/source-route.ts';
import type { StepContext } from '../step-kind.ts';
import type { CopyWay } from './choose-copy.ts';
import { leastSize, type CopyNames, type CopySpec, type Place } from './copy-plan.ts';

/** Passes over a living source at most, the first among them. */
const passesMax = 5;

const onTree = ['remote/script-opening.sh', 'remote/tree-find.sh'];

/** The job of a copy. */
export function copyScript(): string {
  return jobScript(
    'remote/source-link.sh',
    'remote/tree-find.sh',
    'remote/manifest-from.sh',
    'copy/measure.sh',
    'copy/transfer.sh',
    'copy/straight.sh',
    'copy/compare.sh',
    'copy/ledger.sh',
    'copy/copy.sh',
  );
}

/** Its arguments, and the scripts it runs on either side. Only what the journal and the attempt's probe say. */
export function copyArgs(
  spec: CopySpec,
  at: {
    readonly context: StepContext;
    readonly source: Place;
    readonly names: CopyNames;
    readonly way: CopyWay;
  },
): readonly string[] {
  const { context, source, names, way } = at;
  const { identity } = hostOf(context.world, source.host);
  const least = leastSize(spec, context);
  return [
    ...sourceRoute(context.world, source.host, spec.to.host),
    identity.file,
    identity.text,
    source.path,
    names.target,
    names.staging,
    names.kept,
    spec.switch ? '1' : '0',
    spec.exclude.join('\n'),
    String(least.files),
    String(least.bytes),
    way.mode,
    way.cipher,
    String(way.streams),
    wayFlags(way),
    limitLines(spec.bandwidth),
    String(passesMax),
    scriptText(...onTree, 'remote/tree-size.sh'),
    scriptText(
      ...onTree,
      'remote/tree-list.sh',
      'remote/tree-sums.sh',
      'remote/manifest-from.sh',
      'remote/tree-manifest.sh',
    ),
    ledgerScript(),
    scriptText(...onTree, 'copy/pack.sh'),
    scriptText(...onTree, 'copy/shares.sh'),
    names.warm,
    context.run.site,
    scriptText(...onTree, 'copy/large.sh'),
    scriptText(...onTree, 'copy/one-file.sh'),
  ];
}

/** What lists a tree on its own host, for a list of checksums and beside it. */
export function ledgerScript(): string {
  return scriptText(
    ...onTree,
    'remote/tree-list.sh',
    'remote/tree-attributes.sh',
    'remote/tree-sums.sh',
    'remote/tree-ledger.sh',
  );
}

function wayFlags({ acls, xattrs, wholeFile, sparse, compress, straight }: CopyWay): string {
  const flags: readonly (readonly [boolean, string])[] = [
    [acls, 'A'],
    [xattrs, 'X'],
    [wholeFile, 'W'],
    [sparse, 'S'],
    [compress, 'Z'],
    [straight, 'L'],
  ];
  return `-${flags.flatMap(([set, letter]) => (set ? [letter] : [])).join('')}`;
}

/** `FROM TO BYTES_A_SECOND` a line, instants of the day as HHMM. */
export function limitLines(bandwidth: CopySpec['bandwidth']): string {
  const clock = (time: string): string => time.replace(':', '');
  return bandwidth.map(({ from, to, atMost }) => `${clock(from)} ${clock(to)} ${atMost}`).join('\n');
}
