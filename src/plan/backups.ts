import { DrpError } from '../base/errors.ts';
import type { BackupCandidate, SourceSurvey } from './backup-candidate.ts';
import type { PlannedWorld } from './plan.ts';

/** A person's word for another copy than the one drp would take. */
export interface BackupOverride {
  readonly backup: string;
  readonly host: string;
  readonly path: string;
  readonly reason: string;
  /** Who said it. */
  readonly by: string;
}

export interface BackupQuestion {
  readonly world: Pick<PlannedWorld, 'backups' | 'hosts' | 'objectives'>;
  readonly surveys: readonly SourceSurvey[];
  /** Datacentres declared lost. */
  readonly lost: readonly string[];
  /** When the disaster began: losses count from here. */
  readonly sinceAt: string;
  readonly overrides?: readonly BackupOverride[];
}

export interface ExcludedBackup {
  readonly host: string;
  readonly datacentre: string;
  readonly kind: 'lost' | 'unreachable' | 'defect';
  readonly why: string;
  /** Absent: the whole source is out of reach, nobody knows what it holds. */
  readonly candidate?: BackupCandidate;
  /** Newer than the chosen one: what leaving it out costs. */
  readonly newer: boolean;
}

export interface BackupChoice {
  readonly backup: string;
  readonly kind: 'files' | 'database';
  /** Absent: nothing fit was found. */
  readonly chosen?: BackupCandidate;
  /** Why a person took this one; absent: it is the newest fit one. */
  readonly reason?: string;
  /** Who took it. */
  readonly by?: string;
  /** A person took another than the newest fit one. */
  readonly againstRule: boolean;
  readonly excluded: readonly ExcludedBackup[];
  /** Fit and not chosen, newest first. */
  readonly others: readonly BackupCandidate[];
  /** From the chosen moment to the beginning of the disaster; 0 where it was taken after. Absent: nothing chosen. */
  readonly lossMs?: number;
  readonly objectiveMs: number;
  /** How much later than its rhythm promises the next copy would be: above 0, copies are missing. */
  readonly overdueMs: number;
  /** Taken after the disaster began: it may hold what the disaster did. */
  readonly afterBeginning: boolean;
}

export interface BackupChoices {
  readonly choices: readonly BackupChoice[];
  /** The worst of its kind; absent where there is none, or something was not found. */
  readonly filesLossMs?: number;
  readonly databaseLossMs?: number;
  /** Between the oldest and the newest chosen moment: rows that speak of files which are not there, and the reverse. */
  readonly skewMs?: number;
  /** false: above the objective, or not known. */
  readonly within: { readonly files: boolean; readonly database: boolean; readonly skew: boolean };
}

/**
 * Which copy of each backup to restore from: the newest fit one outside lost datacentres, with everything left out and
 * why. A copy in a lost datacentre is taken only on a person's word with a reason; one with a defect never. Pure.
 * Throws backup-choice-refused for a word that names no such copy, a broken one, or gives no reason.
 */
export function chooseBackups(question: BackupQuestion): BackupChoices {
  for (const override of question.overrides ?? []) {
    if (!Object.hasOwn(question.world.backups, override.backup)) refuse(override, 'the runbook has no such backup');
  }
  const choices = Object.keys(question.world.backups).map((backup) => chooseOne(question, backup));
  const { objectives } = question.world;
  const filesLossMs = worstLoss(choices, 'files');
  const databaseLossMs = worstLoss(choices, 'database');
  const skewMs = skewOf(choices);
  return {
    choices,
    ...(filesLossMs === undefined ? {} : { filesLossMs }),
    ...(databaseLossMs === undefined ? {} : { databaseLossMs }),
    ...(skewMs === undefined ? {} : { skewMs }),
    within: {
      files: isWithin(choices, 'files'),
      database: isWithin(choices, 'database'),
      skew: choices.every((choice) => choice.chosen !== undefined) && (skewMs ?? 0) <= objectives.skewMs,
    },
  };
}

function chooseOne(question: BackupQuestion, backup: string): BackupChoice {
  const definition = question.world.backups[backup];
  if (definition === undefined) throw new DrpError('internal', { what: `no backup '${backup}'` });
  const surveys = question.surveys.filter((survey) => survey.backup === backup);
  const found = surveys
    .flatMap(({ answer }) => (answer.kind === 'surveyed' ? answer.candidates : []))
    .toSorted(newestFirst);
  const isLost = (datacentre: string): boolean => question.lost.includes(datacentre);
  const fit = found.filter((candidate) => candidate.defects.length === 0 && !isLost(candidate.datacentre));
  const override = question.overrides?.find((word) => word.backup === backup);
  const chosen = override === undefined ? fit[0] : wanted(override, found);
  const newer = (candidate: BackupCandidate): boolean => chosen !== undefined && atMs(candidate) > atMs(chosen);
  const left = found.filter((candidate) => candidate !== chosen && !fit.includes(candidate));
  const { kind } = definition;
  const objectiveMs =
    kind === 'files' ? question.world.objectives.filesLossMs : question.world.objectives.databaseLossMs;
  const gapMs = chosen === undefined ? 0 : Date.parse(question.sinceAt) - atMs(chosen);
  // An older copy that a person chose does not make the newer ones missing.
  const newestGapMs = Math.min(gapMs, ...fit.slice(0, 1).map((one) => Date.parse(question.sinceAt) - atMs(one)));
  return {
    backup,
    kind,
    ...(chosen === undefined ? {} : { chosen, lossMs: Math.max(0, gapMs) }),
    ...(override === undefined ? {} : { reason: override.reason.trim(), by: override.by }),
    againstRule: override !== undefined && chosen !== fit[0],
    excluded: [
      ...silentSources(question, backup, surveys),
      ...left.map((candidate) => excluded(candidate, isLost(candidate.datacentre), newer(candidate))),
    ],
    others: fit.filter((candidate) => candidate !== chosen),
    objectiveMs,
    overdueMs: Math.max(0, newestGapMs - definition.everyMs),
    afterBeginning: gapMs < 0,
  };
}

function excluded(candidate: BackupCandidate, lost: boolean, newer: boolean): ExcludedBackup {
  const { host, datacentre, defects } = candidate;
  const why = [...(lost ? [`datacentre ${datacentre} is declared lost`] : []), ...defects].join('; ');
  return { host, datacentre, kind: defects.length > 0 ? 'defect' : 'lost', why, candidate, newer };
}

/** Sources that gave no answer, and those nobody asked. */
function silentSources(
  question: BackupQuestion,
  backup: string,
  surveys: readonly SourceSurvey[],
): readonly ExcludedBackup[] {
  const sources = question.world.backups[backup]?.sources ?? [];
  return sources.flatMap(({ host }): readonly ExcludedBackup[] => {
    const answers = surveys.filter((survey) => survey.host === host);
    if (answers.some(({ answer }) => answer.kind === 'surveyed')) return [];
    const datacentre = question.world.hosts[host]?.datacentre ?? answers[0]?.datacentre ?? '';
    const reason = answers.flatMap(({ answer }) => (answer.kind === 'unreachable' ? [answer.reason] : []))[0];
    const lost = question.lost.includes(datacentre);
    const why = [
      ...(lost ? [`datacentre ${datacentre} is declared lost`] : []),
      reason === undefined ? 'it was not looked at' : `it cannot be reached: ${reason}`,
    ].join('; ');
    return [{ host, datacentre, kind: lost ? 'lost' : 'unreachable', why, newer: false }];
  });
}

function wanted(override: BackupOverride, found: readonly BackupCandidate[]): BackupCandidate {
  const candidate = found.find(({ host, path }) => host === override.host && path === override.path);
  if (candidate === undefined) return refuse(override, 'no such copy was found there');
  if (candidate.defects.length > 0) return refuse(override, candidate.defects.join('; '));
  if (override.reason.trim() === '') return refuse(override, 'a reason is needed');
  return candidate;
}

function refuse({ backup, host, path }: BackupOverride, reason: string): never {
  throw new DrpError('backup-choice-refused', { backup, copy: `${host}:${path}`, reason });
}

function worstLoss(choices: readonly BackupChoice[], kind: BackupChoice['kind']): number | undefined {
  const losses = choices.filter((choice) => choice.kind === kind).map((choice) => choice.lossMs);
  if (losses.length === 0 || losses.includes(undefined)) return undefined;
  return Math.max(...losses.map((loss) => loss ?? 0));
}

function isWithin(choices: readonly BackupChoice[], kind: BackupChoice['kind']): boolean {
  return choices
    .filter((choice) => choice.kind === kind)
    .every((choice) => choice.lossMs !== undefined && choice.lossMs <= choice.objectiveMs);
}

function skewOf(choices: readonly BackupChoice[]): number | undefined {
  const moments = choices.flatMap((choice) => (choice.chosen === undefined ? [] : [atMs(choice.chosen)]));
  return moments.length < 2 ? undefined : Math.max(...moments) - Math.min(...moments);
}

function atMs(candidate: BackupCandidate): number {
  return Date.parse(candidate.takenAt);
}

/** Of two from one moment, the one with a checksum; then by host and path, so that everybody gets the same. */
function newestFirst(a: BackupCandidate, b: BackupCandidate): number {
  const byTime = atMs(b) - atMs(a);
  if (byTime !== 0) return byTime;
  const byChecksum = Number(b.sha256 !== '') - Number(a.sha256 !== '');
  return byChecksum !== 0 ? byChecksum : `${a.host} ${a.path}` < `${b.host} ${b.path}` ? -1 : 1;
}
