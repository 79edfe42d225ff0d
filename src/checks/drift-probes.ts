import { formatDuration, formatSize } from '../base/duration.ts';
import { toError } from '../base/errors.ts';
import type { BackupCandidate } from '../plan/backup-candidate.ts';
import type { Plan } from '../plan/plan.ts';
import { rehearsedDigest, rehearsedPart, restorationChanges } from '../plan/rehearsal.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import { runSql } from '../steps/database/connection.ts';
import { sourcesOf, surveyPatienceMs } from './backups/surveys.ts';
import type { CheckContext, Finding, PastRehearsal, PastRestore, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { machineDriftProbes } from './machine-drift.ts';
import { lostOnTheWay } from './without-lost.ts';

/** What was not rehearsed for so long is not rehearsed. */
const rehearsedWithinMs = 183 * 86_400_000;
const answerMs = 30_000;
/** Copies this much larger than the one restored last make that run's times too small, in percent. */
const grownPercent = 125;
/** Changes that a finding names; the rest is counted. */
const changesShown = 4;
/** Longest difference that is spelt out; the others: drp status. */
const detailMax = 80;

/** What is another than when it was last rehearsed: time, the restoration's steps, servers and hosts, and how much there is to restore. */
export function driftProbes(runbook: Runbook): readonly Probe[] {
  return [
    { id: 'drift', subject: 'restoration', run: (context) => Promise.resolve(rehearsal(context)) },
    ...Object.keys(runbook.databases).map((name): Probe => ({
      id: 'drift.server',
      subject: name,
      run: (context) => serverDrift(context, name),
    })),
    ...machineDriftProbes(runbook),
    ...Object.keys(runbook.backups).map((name): Probe => ({
      id: 'drift.size',
      subject: name,
      patienceMs: surveyPatienceMs,
      run: async (context) => [await sizeDrift(context, name)],
    })),
  ];
}

function rehearsal({ past, plans, clock, runbook }: CheckContext): readonly Finding[] {
  const drill = findingFor('drift.drill', 'restoration');
  if (past === undefined) return [drill.skipped('there is no journal of earlier runs')];
  if (past.trouble !== undefined) return [drill.skipped('the journal cannot be read: see own.journal')];
  const threshold = `rehearsed within ${formatDuration(rehearsedWithinMs)}`;
  const advice = `Rehearse the restoration: drp drill --site ${runbook.site}.`;
  const { rehearsed } = past;
  if (rehearsed === undefined) return [drill.warn('no drill on record', { threshold, advice })];
  const ageMs = clock.nowMs() - Date.parse(rehearsed.at);
  const found = `last ${rehearsed.kind} ${formatDuration(ageMs)} ago, run ${rehearsed.run}`;
  const metrics = [{ name: 'age_seconds', value: Math.round(ageMs / 1000), warn: rehearsedWithinMs / 1000 }];
  const now = plans?.find(({ procedure }) => procedure === 'activation');
  return [
    ageMs <= rehearsedWithinMs
      ? drill.ok(found, { threshold, metrics })
      : drill.warn(found, { threshold, metrics, advice }),
    ...(now === undefined ? [] : [planDrift(rehearsed, now)]),
  ];
}

/** What the restoration does otherwise than when it was rehearsed. Pure. */
export function planDrift(rehearsed: PastRehearsal, now: Plan): Finding {
  const say = findingFor('drift.plan', 'restoration');
  const threshold = `run ${rehearsed.run}`;
  const same = rehearsedDigest(rehearsed.plan) === rehearsedDigest(now);
  const changes = same ? [] : restorationChanges(rehearsedPart(rehearsed.plan), rehearsedPart(now));
  if (changes.length === 0) return say.ok(`the restoration is the one of run ${rehearsed.run}`, { threshold });
  const shown = changes
    .slice(0, changesShown)
    .map(({ kind, area, name, what }) => `${area} ${name} ${kind}${detail(what)}`);
  const more = changes.length > changesShown ? `, and ${String(changes.length - changesShown)} more` : '';
  const advice = `Rehearse it as it is now: drp drill --site ${now.site}.`;
  return say.warn(`${shown.join(', ')}${more}`, { threshold, advice });
}

/** The first difference, where it is short enough to be read in a table. */
function detail([first = '']: readonly string[]): string {
  return first === '' || first.length > detailMax ? '' : ` (${first})`;
}

/** Finds nothing for a server that no rehearsal restored into, and none that cannot be asked: database.reachable says so. */
async function serverDrift(context: CheckContext, name: string): Promise<readonly Finding[]> {
  const database = context.runbook.databases[name];
  const { servers = [], run = '' } = context.past?.rehearsed ?? {};
  const then = servers.find(
    (server) => server.host === database?.host && server.address === database.address && server.port === database.port,
  );
  if (database === undefined || then === undefined) return [];
  if (lostOnTheWay(context.runbook, database.host, context.lost) !== undefined) return [];
  const say = findingFor('drift.server', name);
  try {
    const [now = ''] = await runSql(context, database, {
      database: 'postgres',
      sql: 'show server_version;',
      timeoutMs: answerMs,
    });
    const version = now.replace(/[^0-9.].*/, '');
    const threshold = `PostgreSQL ${then.version}, as in run ${run}`;
    if (version === then.version) return [say.ok(`PostgreSQL ${version}`, { threshold })];
    const advice = `Rehearse the import on it: drp drill --site ${context.runbook.site}.`;
    return [say.warn(`PostgreSQL ${version}`, { threshold, advice })];
  } catch (thrown) {
    context.signal.throwIfAborted();
    return [say.skipped(`it cannot be asked: ${toError(thrown).message}`)];
  }
}

async function sizeDrift(context: CheckContext, name: string): Promise<Finding> {
  const say = findingFor('drift.size', name);
  const last = context.past?.restores?.find((restore) => restore.backup === name && restore.bytes > 0);
  if (last === undefined) return say.skipped('no run on record says how much it restored');
  const sources = sourcesOf(context.runbook.backups).filter(({ backup }) => backup === name);
  const surveys = await Promise.all(sources.map((source) => context.surveys.of(source, context.signal)));
  const measured = surveys
    .flatMap(({ answer }) => (answer.kind === 'surveyed' ? answer.candidates : []))
    .filter(({ bytes, misreadBy = [] }) => bytes >= 0 && !misreadBy.includes('content'))
    .toSorted((a, b) => Date.parse(b.takenAt) - Date.parse(a.takenAt));
  const [newest] = measured;
  if (newest === undefined) return say.skipped('no copy could be measured');
  return compareSize(name, newest, last);
}

/** How much more there is to restore than last time. Pure. */
export function compareSize(
  name: string,
  newest: Pick<BackupCandidate, 'bytes' | 'files'>,
  last: PastRestore,
): Finding {
  const say = findingFor('drift.size', name);
  const percent = Math.round((newest.bytes * 100) / last.bytes);
  const threshold = `${String(grownPercent)} % of what run ${last.run} restored`;
  const metrics = [{ name: 'size_bytes', value: newest.bytes, warn: Math.round((last.bytes * grownPercent) / 100) }];
  const found = `${formatSize(newest.bytes)}, ${String(percent)} % of the ${formatSize(last.bytes)} restored then`;
  if (percent <= grownPercent) return say.ok(found, { threshold, metrics });
  const advice = `Rehearse it again: what took an hour then takes ${formatDuration(36_000 * percent)} now.`;
  return say.warn(found, { threshold, metrics, advice });
}
