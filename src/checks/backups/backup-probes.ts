import { formatDuration } from '../../base/duration.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { CheckContext, Finding, Probe } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { sourceFindings } from './source-findings.ts';
import { sourcesOf, surveyPatienceMs, type SourceName } from './surveys.ts';

/** A source nobody restored from for so long is not proven. */
const testedWithinMs = 183 * 86_400_000;

/** Every source of every backup, and of each backup where its copies lie. */
export function backupProbes(runbook: Runbook): readonly Probe[] {
  return [
    ...sourcesOf(runbook.backups).map((source) => sourceProbe(runbook, source)),
    ...Object.keys(runbook.backups).flatMap((name): readonly Probe[] => [
      {
        id: 'backup.places',
        subject: name,
        run: (context) => Promise.resolve([places(context.runbook, name)]),
      },
      {
        id: 'backup.rhythm',
        subject: name,
        run: (context) => Promise.resolve([rhythm(context.runbook, name)]),
      },
    ]),
  ];
}

function objectiveOf({ objectives }: Runbook, kind: 'files' | 'database'): number {
  return kind === 'files' ? objectives.filesLossMs : objectives.databaseLossMs;
}

/** Copies that are made less often than what may be lost cannot keep the promise, however well they are made. Pure. */
function rhythm(runbook: Runbook, name: string): Finding {
  const say = findingFor('backup.rhythm', name);
  const backup = runbook.backups[name];
  if (backup === undefined) return say.skipped('the runbook has no such backup');
  const objectiveMs = objectiveOf(runbook, backup.kind);
  const threshold = `${formatDuration(objectiveMs)} may be lost`;
  const found = `one every ${formatDuration(backup.everyMs)}`;
  if (backup.everyMs <= objectiveMs) return say.ok(found, { threshold });
  const advice = 'Make copies as often as the objective says, or promise less.';
  return say.fail(`${found}: more is lost even when all goes well`, { threshold, advice });
}

function sourceProbe(runbook: Runbook, source: SourceName): Probe {
  const host = runbook.backups[source.backup]?.sources[source.index]?.host ?? '';
  const datacentre = runbook.hosts[host]?.datacentre;
  return {
    id: 'backup',
    subject: `${source.backup}@${host}`,
    ...(datacentre === undefined ? {} : { datacentre }),
    patienceMs: surveyPatienceMs,
    run: async (context) => {
      const backup = context.runbook.backups[source.backup];
      if (backup === undefined) return [];
      const survey = await context.surveys.of(source, context.signal);
      const objectiveMs = objectiveOf(context.runbook, backup.kind);
      const nowMs = context.clock.nowMs();
      const question = { name: source.backup, backup, index: source.index, objectiveMs, nowMs };
      return [...sourceFindings(survey, question), restoreTested(context, source.backup, host)];
    },
  };
}

/** A backup that was never restored is a hope. */
function restoreTested(context: CheckContext, backup: string, host: string): Finding {
  const say = findingFor('backup.tested', `${backup}@${host}`);
  const { past } = context;
  if (past === undefined) return say.skipped('there is no journal of earlier runs');
  if (past.trouble !== undefined) return say.skipped('the journal cannot be read: see own.journal');
  const last = past.restores?.find((restore) => restore.backup === backup && restore.host === host);
  const threshold = `restored from within ${formatDuration(testedWithinMs)}`;
  const advice = 'Rehearse it: a completed drill that restores from this source counts.';
  if (last === undefined) return say.warn('no run on record ever restored from it', { threshold, advice });
  const ageMs = context.clock.nowMs() - Date.parse(last.at);
  const found = `last restored from ${formatDuration(ageMs)} ago, run ${last.run}`;
  return ageMs > testedWithinMs ? say.warn(found, { threshold, advice }) : say.ok(found, { threshold });
}

/** Copies that burn with what they are copies of are none. Pure. */
function places(runbook: Runbook, name: string): Finding {
  const say = findingFor('backup.places', name);
  const production = runbook.hosts[runbook.service.production.host]?.datacentre ?? '';
  const sources = runbook.backups[name]?.sources ?? [];
  const datacentres = [...new Set(sources.map(({ host }) => runbook.hosts[host]?.datacentre ?? ''))];
  const threshold = `one outside ${production}, where production is`;
  const found = `copies in ${datacentres.join(', ')}`;
  if (datacentres.some((datacentre) => datacentre !== production)) return say.ok(found, { threshold });
  const advice = `Keep copies in another datacentre: whatever destroys ${production} destroys these, too.`;
  return say.fail(`${found}: all of them with production`, { threshold, advice });
}
