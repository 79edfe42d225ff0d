import type { PlannedWorld, StepDescription } from '../../plan/plan.ts';
import { absolutePath } from '../remote/host-path.ts';
import { routeInWords } from '../remote/source-route.ts';
import { copyNames, type CopySpec } from './copy-plan.ts';

/** The flags and the way itself follow from a probe of both hosts, the line and the tree; the step's lines say why. */
const orWhole =
  'or, into a fresh tree, many small files by tar -c | ssh | tar -x, large ones by ssh cat: rsync brings what is lacking';

/** What a copy reads, writes and runs, for the plan. Pure. */
export function describeCopy(spec: CopySpec, world: PlannedWorld): StepDescription {
  const { host } = spec.to;
  const { target, staging, kept } = copyNames(spec, { world, run: '<run>' });
  const from =
    'host' in spec.from
      ? `${spec.from.host}:${absolutePath(world, spec.from.host, spec.from.path)}`
      : `<chosen backup '${spec.from.backup}'>${spec.from.path === undefined ? '' : `/${spec.from.path}`}`;
  const route = 'host' in spec.from ? routeInWords(world, spec.from.host, host) : 'ssh <to its host>';
  const excludes = spec.exclude.map((pattern) => ` --exclude=${pattern}`).join('');
  const copy = `rsync -aHAX --numeric-ids -S --delete --partial-dir=.drp-partial${excludes}${route === '' ? '' : ` -e '${route}'`} ${from}/ ${staging}/`;
  const reads =
    'host' in spec.from
      ? `files:${spec.from.host}:${absolutePath(world, spec.from.host, spec.from.path)}`
      : `backup:${spec.from.backup}`;
  return {
    title: spec.title ?? `copy ${from} to ${host}:${target}${spec.switch ? '' : ' (beside it, not in use yet)'}`,
    hosts: [host],
    reads: [reads],
    writes: spec.switch ? [`files:${host}:${staging}`, `files:${host}:${target}`] : [`files:${host}:${staging}`],
    commands: spec.switch
      ? [
          copy,
          orWhole,
          'compare both trees: type, mode, owner, size, time, links, SHA-256',
          `mv -T ${target} ${kept}`,
          `mv -T ${staging} ${target}`,
        ]
      : [copy, orWhole],
    verifies: spec.switch
      ? 'both sides listed with checksums and compared before the switch'
      : 'rsync ended without an error; compared by the final copy',
    ...(spec.switch ? { undo: `mv -T ${target} ${staging} && mv -T ${kept} ${target}` } : { undo: `rm -r ${staging}` }),
    irreversible: false,
    idempotent: true,
  };
}
