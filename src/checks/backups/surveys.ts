import type { Clock } from '../../base/clock.ts';
import { DrpError } from '../../base/errors.ts';
import type { BackupCandidate, SourceSurvey } from '../../plan/backup-candidate.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { Backup } from '../../runbook/schema/world.ts';
import { surveySource } from '../../steps/backups/survey-backup.ts';
import { createSurveyMemory, type SurveyMemory } from '../../steps/backups/survey-memory.ts';
import type { TransportPool } from '../../transports/transport.ts';
import { importedBackups } from '../host/needs.ts';
import { lostOnTheWay } from '../without-lost.ts';
import type { WholeReading } from './whole-reading.ts';

/** Reading a dump of a hundred gigabytes whole takes this long; a probe of backups is given as much. */
export const surveyPatienceMs = 45 * 60_000;
/** Copies whose sizes are compared. */
const measured = 8;
/** A copy that was found whole and has not changed since is not read again for so long: checks run every half hour. */
const rereadMs = 20 * 3_600_000;

/** A source of a backup, by its place in the runbook: one host may hold several. */
export interface SourceName {
  readonly backup: string;
  readonly index: number;
}

/** What the sources of a site's backups hold, for all probes of one check. */
export interface BackupSurveys {
  /**
   * What one source holds, its newest copy read whole, now or by an earlier check. Probes that ask while it is being looked
   * at share one look; sources of one host are looked at one after another. Never rejects but for an abort.
   */
  of(source: SourceName, signal: AbortSignal): Promise<SourceSurvey>;
  /** All sources of all backups. */
  all(signal: AbortSignal): Promise<readonly SourceSurvey[]>;
  /** What is known to be whole when the check has ended, for the next one: by source. */
  readings(): Readonly<Record<string, WholeReading>>;
}

interface SurveyWorld {
  readonly runbook: Runbook;
  readonly hosts: TransportPool;
  readonly clock: Clock;
  readonly lost: readonly string[];
  /** What earlier checks read whole; absent: nothing. */
  readonly readings?: Readonly<Record<string, WholeReading>>;
}

/** The sources of every backup of a runbook. */
export function sourcesOf(backups: Readonly<Record<string, Backup>>): readonly SourceName[] {
  return Object.entries(backups).flatMap(([backup, { sources }]) => sources.map((_, index) => ({ backup, index })));
}

/** Surveys for one check; it keeps nothing beyond its `readings`. */
export function createSurveys(world: SurveyWorld): BackupSurveys {
  const underWay = new Map<string, Promise<SourceSurvey>>();
  // The last survey asked of each host: dumps are read whole, and one at a time is enough for its disks.
  const lastOf = new Map<string, Promise<unknown>>();
  const known: Known = { readings: new Map(Object.entries(world.readings ?? {})), surveys: createSurveyMemory() };
  const of: BackupSurveys['of'] = (name, signal) => {
    const key = `${name.backup} ${String(name.index)}`;
    const shared = underWay.get(key);
    if (shared !== undefined) return shared;
    const backup = world.runbook.backups[name.backup];
    const source = backup?.sources[name.index];
    if (backup === undefined || source === undefined)
      throw new DrpError('internal', { what: `the runbook has no source ${key}` });
    const turn = lastOf.get(source.host) ?? Promise.resolve();
    const survey = turn.then(() => look(world, known, { name: name.backup, backup, source, signal }));
    const ended = survey.catch(() => undefined).finally(() => underWay.delete(key));
    underWay.set(key, survey);
    lastOf.set(source.host, ended);
    return survey;
  };
  return {
    of,
    all: (signal) => Promise.all(sourcesOf(world.runbook.backups).map((source) => of(source, signal))),
    readings: () => Object.fromEntries([...known.readings].filter(([, reading]) => isRecent(reading, world.clock))),
  };
}

/** What was found before: by earlier checks, and by the looks of this one. */
interface Known {
  readonly readings: Map<string, WholeReading>;
  readonly surveys: SurveyMemory;
}

interface Asked {
  readonly name: string;
  readonly backup: Backup;
  readonly source: Backup['sources'][number];
  readonly signal: AbortSignal;
}

async function look(
  { runbook, hosts, clock, lost }: SurveyWorld,
  { readings, surveys }: Known,
  { signal, ...at }: Asked,
): Promise<SourceSurvey> {
  const { host, folder, pattern } = at.source;
  const gone = lostOnTheWay(runbook, host, lost);
  if (gone !== undefined) {
    const datacentre = runbook.hosts[host]?.datacentre ?? '';
    const reason = `datacentre ${gone} is taken as lost`;
    return { backup: at.name, host, datacentre, answer: { kind: 'unreachable', reason } };
  }
  const survey = (whole: number): Promise<SourceSurvey> =>
    surveySource({ world: runbook, hosts, surveys, signal, facts: {} }, at, {
      measured,
      checkedBytes: 0,
      whole,
      timeoutMs: surveyPatienceMs,
      ...(importedBackups(runbook).includes(at.name) ? {} : { anyFormat: true }),
    });
  const key = `${at.name} ${host} ${folder} ${pattern}`;
  const known = readings.get(key);
  if (known !== undefined && isRecent(known, clock)) {
    const quick = withKnown(await survey(0), known);
    if (quick !== undefined) return quick;
  }
  const whole = await survey(1);
  if (whole.answer.kind !== 'surveyed') return whole;
  const read = whole.answer.candidates.find(({ readBy }) => readBy !== undefined);
  const reading = read === undefined ? undefined : readingOf(read, clock.nowIso());
  if (reading === undefined) readings.delete(key);
  else readings.set(key, reading);
  return whole;
}

const isRecent = ({ at }: WholeReading, clock: Clock): boolean => clock.nowMs() - Date.parse(at) < rereadMs;

/** What is remembered of a copy that was read and found whole; undefined: of this one nothing. Pure. */
export function readingOf(copy: BackupCandidate, at: string): WholeReading | undefined {
  const { path, bytes, files, sha256, changed, readBy = [], misreadBy } = copy;
  if (changed === undefined || readBy.length === 0 || misreadBy !== undefined) return undefined;
  return { path, bytes, files, sha256, changed, readBy, at };
}

/** A look without reading, where its newest copy is the very one that was read. Pure. */
export function withKnown(quick: SourceSurvey, read: WholeReading): SourceSurvey | undefined {
  if (quick.answer.kind !== 'surveyed') return undefined;
  const [newest, ...older] = quick.answer.candidates;
  if (newest === undefined) return undefined;
  const same =
    newest.path === read.path &&
    newest.changed === read.changed &&
    newest.bytes === read.bytes &&
    newest.files === read.files &&
    newest.sha256 === read.sha256;
  if (!same) return undefined;
  const known = { ...newest, readBy: read.readBy, readAt: read.at };
  return { ...quick, answer: { kind: 'surveyed', candidates: [known, ...older] } };
}
