import { hostOf } from '../remote/host-path.ts';
import { callHost, shellArgv } from '../remote/read-host.ts';
import { scriptText } from '../remote/script-text.ts';
import { sourceRoute } from '../remote/source-route.ts';
import type { StepContext } from '../step-kind.ts';
import type { CopyEnd, CopyFacts, Found } from './choose-copy.ts';
import { ledgerScript } from './copy-args.ts';
import { copyNames, copySource, type CopySpec } from './copy-plan.ts';

/** Walking both trees, as long as measuring them may take. */
const probeTimeoutMs = 600_000;

/**
 * Finds out what a copy is chosen by, on its target's host: both processors, the line between them, the shape of the
 * tree. The answer is kept there under the attempt's token, so that whoever takes the copy up again chooses the same.
 * A `drp sync` that fills the tree kept warm gives way to it. Throws what callHost and RemoteJobs throw; what cannot be
 * found out counts as not known.
 */
export async function probeCopy(spec: CopySpec, context: StepContext): Promise<CopyFacts> {
  const source = copySource(spec, context);
  let answer = await askProbe(spec, context, { anyway: false });
  if (answer.trim() === 'busy') {
    await stopSync(spec.to.host, context);
    answer = await askProbe(spec, context, { anyway: true });
  }
  return parseProbe(answer, source.host === spec.to.host);
}

/** What the tokens of a site's syncs begin with, in place of a run. */
export function syncTokens(site: string): string {
  return `sync-${site}`;
}

async function stopSync(host: string, context: StepContext): Promise<void> {
  const claim = context.claim === undefined ? {} : { claim: context.claim };
  for (const { token, state } of await context.jobs.find(host, syncTokens(context.run.site), context.signal)) {
    if (state === 'running' || state === 'accepted') await context.jobs.cancel(host, token, claim);
  }
}

async function askProbe(spec: CopySpec, context: StepContext, at: { readonly anyway: boolean }): Promise<string> {
  const { host } = spec.to;
  const source = copySource(spec, context);
  const { staging, warm } = copyNames(spec, { world: context.world, run: context.run.id });
  const { identity } = hostOf(context.world, source.host);
  const result = await callHost(context, host, {
    argv: shellArgv(
      scriptText(
        'remote/script-opening.sh',
        'remote/source-link.sh',
        'remote/tree-attributes.sh',
        'copy/probe-host.sh',
        'copy/probe.sh',
      ),
      [
        ...sourceRoute(context.world, source.host, host),
        identity.file,
        identity.text,
        source.path,
        staging,
        spec.exclude.join('\n'),
        context.token,
        scriptText('remote/script-opening.sh', 'remote/tree-find.sh', 'copy/probe-sample.sh'),
        scriptText(
          'remote/script-opening.sh',
          'remote/tree-find.sh',
          'remote/tree-attributes.sh',
          'copy/probe-host.sh',
          'copy/probe-source.sh',
        ),
        warm,
        at.anyway ? '1' : '0',
        spec.switch ? ledgerScript() : '',
      ],
    ),
    timeoutMs: probeTimeoutMs,
    ...(context.claim === undefined ? {} : { claim: context.claim }),
  });
  return result.stdout;
}

/** The lines of probe.sh as facts; what is missing or no number counts as not known. */
function parseProbe(text: string, sameHost: boolean): CopyFacts {
  const lines = new Map(
    text.split('\n').flatMap((line) => {
      const match = /^(.*\S) (\S+)$/.exec(line);
      return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
    }),
  );
  const number = (key: string, otherwise: number): number => {
    const value = Number(lines.get(key) ?? Number.NaN);
    return Number.isFinite(value) ? value : otherwise;
  };
  const end = (side: string): CopyEnd => ({
    cores: number(`${side} cores`, 1),
    aes: number(`${side} aes`, 0) > 0,
    zstd: number(`${side} zstd`, 0) > 0,
  });
  const attributes = worse(foundOf(lines.get('here attributes')), foundOf(lines.get('there attributes')));
  const round = number('round', -1);
  return {
    sameHost,
    roundTripMs: round < 0 ? -1 : round / 1000,
    lineBytesPerSecond: number('rate', 0),
    here: end('here'),
    there: sameHost ? end('here') : end('there'),
    files: number('there files', 0),
    bytes: number('there bytes', 0),
    links: number('there links', 1),
    sparse: number('there sparse', 1),
    specials: number('there specials', 1),
    // One look finds both: to the kernel an ACL is an extended attribute.
    acls: attributes,
    xattrs: attributes,
    warmEntries: number('warm', 1),
    samplePercent: number('there sample', 100),
    units: number('there units', 0),
    large: number('there large', 0),
    tookMs: number('took', 0),
  };
}

const worse = (one: Found, other: Found): Found =>
  one === 'some' || other === 'some' ? 'some' : one === 'unknown' ? one : other;

function foundOf(text: string | undefined): Found {
  return text === 'none' || text === 'some' ? text : 'unknown';
}
