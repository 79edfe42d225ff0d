import { hostOf } from '../remote/host-path.ts';
import { callHost, shellArgv } from '../remote/read-host.ts';
import { scriptText } from '../remote/script-text.ts';
import { sourceRoute } from '../remote/source-route.ts';
import type { StepContext } from '../step-kind.ts';
import { copyNames, type CopySpec, type Place } from './copy-plan.ts';

/** What a copy takes out of use: entries of the tree in use that its source does not hold. */
export interface Vanishing {
  /** -1: they could not be counted. */
  readonly entries: number;
  /** The first of them, by name. */
  readonly names: readonly string[];
}

/** Walking both trees. */
const walkTimeoutMs = 600_000;

/**
 * A dry run of the removal that the last pass brings: both trees are listed and compared, on the target's host, read-only.
 * Throws what callHost throws; a source that the target's host cannot read is a value.
 */
export async function readVanishing(context: StepContext, spec: CopySpec, source: Place): Promise<Vanishing> {
  const { target } = copyNames(spec, { world: context.world, run: context.run.id });
  const { identity } = hostOf(context.world, source.host);
  const result = await callHost(context, spec.to.host, {
    argv: shellArgv(scriptText('remote/script-opening.sh', 'remote/source-link.sh', 'copy/vanish.sh'), [
      ...sourceRoute(context.world, source.host, spec.to.host),
      identity.file,
      identity.text,
      source.path,
      target,
      spec.exclude.join('\n'),
      scriptText('remote/script-opening.sh', 'remote/tree-find.sh', 'remote/tree-names.sh'),
    ]),
    timeoutMs: walkTimeoutMs,
  });
  return parseVanishing(result.exitCode === 0 ? result.stdout : '');
}

/** The lines of vanish.sh. */
export function parseVanishing(text: string): Vanishing {
  const lines = text.split('\n');
  const count = Number(lines.find((line) => line.startsWith('gone '))?.slice(5) ?? Number.NaN);
  const names = lines.flatMap((line) => (line.startsWith('name ') ? [line.slice(5).replaceAll(/\p{Cc}/gu, '?')] : []));
  return Number.isSafeInteger(count) ? { entries: count, names } : { entries: -1, names: [] };
}
