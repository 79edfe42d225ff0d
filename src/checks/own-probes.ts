import { toError } from '../base/errors.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import type { Own } from '../runbook/schema/world.ts';
import { absolutePath } from '../steps/remote/host-path.ts';
import { isOutOfReach } from '../steps/remote/reachability.ts';
import { callHost, lastWords } from '../steps/remote/read-host.ts';
import type { Argv } from '../transports/transport.ts';
import type { CheckContext, Finding, PastRuns, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';

type Copy = Own['copies'][number];

const readMs = 30_000;
/** What drp cannot work without, in the order people look for it. */
const ownParts: readonly Copy['what'][] = ['program', 'runbook', 'journal', 'keys'];

/** drp itself: whether it outlives production, and whether its copies are what they should be. */
export function ownProbes(runbook: Runbook): readonly Probe[] {
  return [
    { id: 'own.place', subject: 'drp', run: ({ runbook: now }) => Promise.resolve([ownPlace(now)]) },
    { id: 'own.journal', subject: 'drp', run: ({ past }) => Promise.resolve([journalFinding(past)]) },
    ...(runbook.own?.copies ?? []).flatMap((copy): readonly Probe[] => {
      if (copy.host === undefined || copy.path === undefined) return [];
      const datacentre = runbook.hosts[copy.host]?.datacentre;
      const place = { host: copy.host, path: copy.path };
      return [
        {
          id: 'own.copy',
          subject: `${copy.what}@${copy.host}`,
          ...(datacentre === undefined ? {} : { datacentre }),
          run: async (context) => [
            await copyFinding(context, copy, place).catch((thrown: unknown) => {
              context.signal.throwIfAborted();
              if (!isOutOfReach(thrown)) throw thrown;
              const advice = `Look at ${place.host} first.`;
              return findingFor('own.copy', `${copy.what}@${place.host}`).unknown(toError(thrown).message, { advice });
            }),
          ],
        },
      ];
    }),
  ];
}

/** Parts of drp that only lie in these datacentres. Pure. */
export function partsOnlyIn(runbook: Pick<Runbook, 'own' | 'hosts'>, lost: readonly string[]): readonly Copy['what'][] {
  const { own } = runbook;
  if (own?.datacentre === undefined || !lost.includes(own.datacentre)) return [];
  const placeOf = ({ datacentre, host }: Copy): string | undefined =>
    datacentre ?? (host === undefined ? undefined : runbook.hosts[host]?.datacentre);
  const elsewhere = own.copies.filter((copy) => !lost.includes(placeOf(copy) ?? '')).map(({ what }) => what);
  return ownParts.filter((part) => !elsewhere.includes(part));
}

/** The tool against the fire must not stand in the house. Pure. */
export function ownPlace(runbook: Runbook): Finding {
  const say = findingFor('own.place', 'drp');
  const production = runbook.hosts[runbook.service.production.host]?.datacentre ?? '';
  const place = runbook.own?.datacentre;
  const threshold = `not in ${production} alone, where production is`;
  if (place === undefined) {
    const advice = 'Say where the machine stands that drp runs on, with its journal: own.datacentre.';
    return say.warn('the runbook does not say where drp runs', { threshold, advice });
  }
  const missing = partsOnlyIn(runbook, [production]);
  if (missing.length === 0) return say.ok(place === production ? `in ${place}, with copies elsewhere` : `in ${place}`);
  const advice = `Keep copies elsewhere (own.copies), or run drp from a machine outside ${production}.`;
  return say.fail(`${missing.join(', ')} only in ${place}, with production`, { threshold, advice });
}

/** A journal that cannot be read is found out before a run needs it. Pure. */
export function journalFinding(past: PastRuns | undefined): Finding {
  const say = findingFor('own.journal', 'drp');
  if (past === undefined) return say.skipped('there is none yet: the first run makes it');
  if (past.trouble === undefined) return say.ok('it can be read, every run of this site');
  return say.fail(past.trouble, { advice: 'Mend it, or put it where it can be read, before a run needs it.' });
}

async function copyFinding(
  context: CheckContext,
  { what }: Copy,
  { host, path }: { readonly host: string; readonly path: string },
): Promise<Finding> {
  const say = findingFor('own.copy', `${what}@${host}`);
  const file = absolutePath(context.runbook, host, path);
  const argv: Argv = what === 'runbook' ? ['sha256sum', '--', file] : ['ls', '-d', '--', file];
  const ended = await callHost(context, host, { argv, timeoutMs: readMs });
  const advice = `Bring it there again: ${what} to ${host}:${file}.`;
  if (ended.exitCode !== 0) return say.fail(lastWords(ended.stderr), { advice });
  // sha256sum begins the line of a name that it had to escape with a backslash.
  const sha256 = ended.stdout.replace(/^\\/, '').slice(0, 64);
  const expected = context.plans?.[0]?.runbook.sha256;
  if (what !== 'runbook' || expected === undefined) return say.ok(`${file} is there`);
  if (sha256 === expected) return say.ok(`${file} is this runbook`);
  return say.fail(`${file} is another version of the runbook`, {
    threshold: `sha256 ${expected.slice(0, 12)}`,
    advice,
  });
}
