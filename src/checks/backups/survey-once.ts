import { DrpError } from '../../base/errors.ts';
import type { BackupCandidate, SourceSurvey } from '../../plan/backup-candidate.ts';
import type { Backup } from '../../runbook/schema/world.ts';
import { surveySource } from '../../steps/backups/survey-backup.ts';
import type { TransportPool } from '../../transports/transport.ts';
import type { CheckContext } from '../check.ts';
import { lostOnTheWay } from '../without-lost.ts';

/** Reading a dump of a hundred gigabytes whole takes this long; a probe of backups is given as much. */
export const surveyPatienceMs = 45 * 60_000;
/** Copies whose sizes are compared. */
const measured = 8;

/** A source of a backup, by its place in the runbook: one host may hold several. */
export interface SourceName {
  readonly backup: string;
  readonly index: number;
}

interface UnderWay {
  readonly surveys: Map<string, Promise<SourceSurvey>>;
  /** The last survey asked of each host: dumps are read whole, and one at a time is enough for its disks. */
  readonly byHost: Map<string, Promise<unknown>>;
}

// By the connections used: probes of one look ask at the same moment, and one reading is enough for all of them.
const underWay = new WeakMap<TransportPool, UnderWay>();

/** A copy that was found whole and has not changed since is not read again for so long: a watch looks every half hour. */
const rereadMs = 20 * 3_600_000;
const readWhole = new Map<string, { readonly copy: BackupCandidate; readonly atMs: number }>();

/** The sources of every backup of a runbook. */
export function sourcesOf(backups: Readonly<Record<string, Backup>>): readonly SourceName[] {
  return Object.entries(backups).flatMap(([backup, { sources }]) => sources.map((_, index) => ({ backup, index })));
}

/**
 * What one source holds, its newest copy read whole. Probes that ask while it is being looked at share one look; nothing
 * is remembered after it has ended. Never rejects but for an abort.
 */
export function surveyOnce(context: CheckContext, { backup, index }: SourceName): Promise<SourceSurvey> {
  const known = underWay.get(context.hosts) ?? { surveys: new Map(), byHost: new Map() };
  underWay.set(context.hosts, known);
  const key = `${backup} ${String(index)}`;
  const shared = known.surveys.get(key);
  if (shared !== undefined) return shared;
  const definition = context.runbook.backups[backup];
  const source = definition?.sources[index];
  if (definition === undefined || source === undefined)
    throw new DrpError('internal', { what: `the runbook has no source ${key}` });
  const turn = known.byHost.get(source.host) ?? Promise.resolve();
  const survey = turn.then(() => look(context, { name: backup, backup: definition, source }));
  const ended = survey.catch(() => undefined).finally(() => known.surveys.delete(key));
  known.surveys.set(key, survey);
  known.byHost.set(source.host, ended);
  return survey;
}

/** All sources of all backups. */
export function surveyAllOnce(context: CheckContext): Promise<readonly SourceSurvey[]> {
  return Promise.all(sourcesOf(context.runbook.backups).map((source) => surveyOnce(context, source)));
}

async function look(
  context: CheckContext,
  at: { readonly name: string; readonly backup: Backup; readonly source: Backup['sources'][number] },
): Promise<SourceSurvey> {
  const { host } = at.source;
  const { runbook, lost } = context;
  const gone = lostOnTheWay(runbook, host, lost);
  if (gone !== undefined) {
    const datacentre = runbook.hosts[host]?.datacentre ?? '';
    const reason = `datacentre ${gone} is taken as lost`;
    return { backup: at.name, host, datacentre, answer: { kind: 'unreachable', reason } };
  }
  const survey = (whole: number): Promise<SourceSurvey> =>
    surveySource({ world: runbook, hosts: context.hosts, signal: context.signal, facts: {} }, at, {
      measured,
      checkedBytes: 0,
      whole,
      timeoutMs: surveyPatienceMs,
    });
  const nowMs = context.clock.nowMs();
  const key = `${runbook.site} ${host} ${at.name} ${at.source.folder} ${at.source.pattern}`;
  const known = readWhole.get(key);
  if (known !== undefined && nowMs - known.atMs < rereadMs) {
    const quick = withKnown(await survey(0), known.copy);
    if (quick !== undefined) return quick;
  }
  const whole = await survey(1);
  const copy = whole.answer.kind === 'surveyed' ? whole.answer.candidates.find(isReadWell) : undefined;
  if (copy !== undefined) readWhole.set(key, { copy, atMs: nowMs });
  return whole;
}

const isReadWell = ({ readBy = [], misreadBy }: BackupCandidate): boolean =>
  readBy.length > 0 && misreadBy === undefined;

/** A look without reading, where its newest copy is the very one that was read. Pure. */
export function withKnown(quick: SourceSurvey, read: BackupCandidate): SourceSurvey | undefined {
  if (quick.answer.kind !== 'surveyed') return undefined;
  const [newest, ...older] = quick.answer.candidates;
  if (newest === undefined || read.changed === undefined || read.readBy === undefined) return undefined;
  const same =
    newest.path === read.path &&
    newest.changed === read.changed &&
    newest.bytes === read.bytes &&
    newest.files === read.files &&
    newest.sha256 === read.sha256;
  if (!same) return undefined;
  return { ...quick, answer: { kind: 'surveyed', candidates: [{ ...newest, readBy: read.readBy }, ...older] } };
}
