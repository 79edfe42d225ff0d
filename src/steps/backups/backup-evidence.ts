import { formatDuration, formatSize } from '../../base/duration.ts';
import type { EvidenceItem } from '../../events/event.ts';
import type { SourceSurvey } from '../../plan/backup-candidate.ts';
import { chooseBackups, type BackupChoice, type BackupChoices, type ExcludedBackup } from '../../plan/backups.ts';
import type { ChosenBackup, StepContext } from '../step-kind.ts';
import { copiesFact, spellCopy } from './offered-copies.ts';
import { isWhole, surveyBackup } from './survey-backup.ts';

/** Lines of left-out copies and of further ones that a gate shows for one backup. */
const shownMax = 6;

function surveyAll(context: StepContext): Promise<readonly SourceSurvey[]> {
  const { surveys } = context;
  surveys.underWay ??= Promise.all(Object.keys(context.world.backups).map((name) => surveyBackup(context, name)))
    .then((found) => found.flat())
    .finally(() => (surveys.underWay = undefined));
  return surveys.underWay;
}

/** Looks at every source of every backup and chooses; read-only. */
export async function lookForBackups(context: StepContext): Promise<BackupChoices> {
  const surveys = await surveyAll(context);
  const { situation } = context.facts;
  return chooseBackups({
    world: context.world,
    surveys,
    lost: situation?.lost ?? [],
    sinceAt: situation?.sinceAt ?? context.clock.nowIso(),
    overrides: context.facts.overrides ?? [],
  });
}

/**
 * What a gate shows of one backup: the copy chosen (this is what the decision binds to), what was left out and why, the
 * loss against the objective; and the skew between all chosen copies, where there are several.
 */
export function backupItems(name: string, choices: BackupChoices, context: StepContext): readonly EvidenceItem[] {
  const choice = choices.choices.find(({ backup }) => backup === name);
  if (choice === undefined) return [];
  return [backupItem(choice), ...skewItem(choices, context)];
}

function backupItem(choice: BackupChoice): EvidenceItem {
  const { chosen } = choice;
  const base = { id: `backup:${choice.backup}`, title: `backup '${choice.backup}'` };
  if (chosen === undefined) {
    const lines = ['no fit copy was found', ...leftOutLines(choice.excluded)];
    return { ...base, severity: 'red', overridable: false, lines, choice: 'none' };
  }
  const lossMs = choice.lossMs ?? 0;
  const over = lossMs > choice.objectiveMs;
  const newerLost = choice.excluded.some(({ newer }) => newer);
  const bound: ChosenBackup = {
    backup: choice.backup,
    host: chosen.host,
    path: chosen.path,
    takenAt: chosen.takenAt,
    bytes: chosen.bytes,
    files: chosen.files,
    sha256: chosen.sha256,
    ...(isWhole(chosen) ? { readSha256: chosen.sha256 } : {}),
  };
  const what = choice.kind === 'files' ? `${count(chosen.files)} files, ${size(chosen.bytes)}` : size(chosen.bytes);
  return {
    ...base,
    severity: over
      ? 'red'
      : choice.againstRule || newerLost || choice.afterBeginning || choice.overdueMs > 0
        ? 'attention'
        : 'ok',
    lines: [
      `chosen: ${chosen.host}:${chosen.path} (${chosen.datacentre}), taken ${chosen.takenAt}, ${what}`,
      ...(choice.reason === undefined
        ? []
        : [`chosen by ${choice.by ?? ''}${choice.againstRule ? ' against the rule' : ''}: ${choice.reason}`]),
      `loss: ${formatDuration(lossMs)} of ${choice.kind === 'files' ? 'files' : 'rows'}, the objective is ${formatDuration(choice.objectiveMs)}${over ? ': above it' : ''}`,
      ...(choice.afterBeginning ? ['it was taken after the disaster began: it may hold what the disaster did'] : []),
      ...(choice.overdueMs > 0
        ? [`copies are missing: the next one was due ${formatDuration(choice.overdueMs)} before the disaster`]
        : []),
      ...(choice.kind === 'database' && chosen.sha256 === '' ? ['no checksum lies beside it'] : []),
      ...(isWhole(chosen) ? ['read to its end there, its checksum is the one beside it'] : []),
      ...leftOutLines(choice.excluded),
      ...(choice.others.length === 0
        ? []
        : [
            `other fit copies: ${choice.others
              .slice(0, 3)
              .map(spellCopy)
              .join(', ')}${choice.others.length > 3 ? ` and ${choice.others.length - 3} more` : ''}`,
          ]),
    ],
    choice: { ...bound },
    facts: { lossMs, objectiveMs: choice.objectiveMs, kind: choice.kind, copies: copiesFact(choice) },
  };
}

function leftOutLines(excluded: readonly ExcludedBackup[]): readonly string[] {
  const sorted = [...excluded].sort((a, b) => Number(b.newer) - Number(a.newer));
  const lines = sorted.slice(0, shownMax).map(({ host, why, candidate, newer }) => {
    const copy = candidate === undefined ? host : spellCopy(candidate);
    return `left out: ${copy}${newer ? ', newer than the chosen one' : ''}: ${why}`;
  });
  return sorted.length > shownMax ? [...lines, `left out: ${sorted.length - shownMax} more`] : lines;
}

function skewItem(choices: BackupChoices, context: StepContext): readonly EvidenceItem[] {
  if (choices.skewMs === undefined) return [];
  const { objectives } = context.world;
  const loss = (ms: number | undefined): string => (ms === undefined ? 'not known' : formatDuration(ms));
  return [
    {
      id: 'backups:skew',
      title: 'skew between the backups',
      severity: choices.within.skew ? 'ok' : 'red',
      lines: [
        `skew ${formatDuration(choices.skewMs)} (objective ${formatDuration(objectives.skewMs)}): rows may speak of files that are not there, and the reverse`,
        `lost of files ${loss(choices.filesLossMs)}, of the database ${loss(choices.databaseLossMs)}: each is held against its objective at its backup`,
      ],
      choice: choices.within.skew ? 'within' : 'above',
      facts: {
        skewMs: choices.skewMs,
        ...(choices.filesLossMs === undefined ? {} : { filesLossMs: choices.filesLossMs }),
        ...(choices.databaseLossMs === undefined ? {} : { databaseLossMs: choices.databaseLossMs }),
      },
    },
  ];
}

const count = (files: number): string => (files < 0 ? 'an unmeasured number of' : String(files));
const size = (bytes: number): string => (bytes < 0 ? 'not measured' : formatSize(bytes));
