import { formatSize } from '../../base/duration.ts';
import type { EvidenceItem } from '../../events/event.ts';
import type { BackupCandidate } from '../../plan/backup-candidate.ts';
import type { BackupChoices } from '../../plan/backups.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import { backupItems, lookForBackups } from '../backups/backup-evidence.ts';
import { chosenBackup } from '../remote/chosen-backup.ts';
import { numberOf, outputOf, textOf } from '../remote/step-output.ts';
import { troubleItem } from '../remote/trouble.ts';
import type { StepContext } from '../step-kind.ts';
import { withoutRoot } from './copy-lines.ts';
import { copyNames, copySource, inBackup, leastSize, type CopySpec, type Place } from './copy-plan.ts';
import { roomFault, sourceFault } from './precheck.ts';
import { readTarget, treeSize, type TreeSize } from './trees.ts';
import { readVanishing, type Vanishing } from './vanishing.ts';

/** The source of a copy as a gate sees it, with the copy before it to measure shrinkage by. */
interface SeenSource {
  readonly place: Place;
  readonly takenAt: string;
  readonly before?: BackupCandidate;
}

/** What a gate shows of a copy: the backup chosen, its size against the one before, room, and what the target holds. */
export async function copyEvidence(
  step: PlannedStep,
  spec: CopySpec,
  context: StepContext,
): Promise<readonly EvidenceItem[]> {
  const done = outputOf(context, step.id);
  if (done !== undefined) return [doneItem(step, spec, done)];
  if ('host' in spec.from) {
    const place = copySource(spec, context);
    return sourceAndTarget(step, spec, { context, seen: { place, takenAt: '' } });
  }
  const { backup, path } = spec.from;
  const approved = chosenBackup(context.facts, backup);
  if (approved !== undefined) {
    const seen = { place: inBackup(approved, path), takenAt: approved.takenAt };
    return sourceAndTarget(step, spec, { context, seen });
  }
  const choices = await lookForBackups(context);
  const items = backupItems(backup, choices, context);
  const seen = seenInBackup(choices, backup, path);
  return seen === undefined ? items : [...items, ...(await sourceAndTarget(step, spec, { context, seen }))];
}

function seenInBackup(choices: BackupChoices, backup: string, path: string | undefined): SeenSource | undefined {
  const choice = choices.choices.find((one) => one.backup === backup);
  if (choice?.chosen === undefined) return undefined;
  const { chosen } = choice;
  const before = choice.others.find(({ takenAt }) => takenAt < chosen.takenAt);
  const place = inBackup(chosen, path);
  return {
    place,
    takenAt: chosen.takenAt,
    ...(before === undefined ? {} : { before: { ...before, ...inBackup(before, path) } }),
  };
}

async function sourceAndTarget(
  step: PlannedStep,
  spec: CopySpec,
  at: { readonly context: StepContext; readonly seen: SeenSource },
): Promise<readonly EvidenceItem[]> {
  const { context, seen } = at;
  const base = { id: `source:${step.id}`, title: `source of ${step.id}` };
  try {
    const source = await treeSize(context, seen.place, spec);
    const before = await sizeBefore(spec, at);
    const least = before === undefined ? leastSize(spec, context) : share(before, spec.shrinkLimit);
    const fault = sourceFault(source, least);
    const item: EvidenceItem = {
      ...base,
      severity: fault === undefined ? 'ok' : 'red',
      ...(fault === undefined ? {} : { overridable: false }),
      lines: [
        `${seen.place.host}:${seen.place.path}: ${source.files} files, ${formatSize(source.bytes)}`,
        ...(before === undefined ? [] : [`the copy before it: ${before.files} files, ${formatSize(before.bytes)}`]),
        ...(fault === undefined ? [] : [fault]),
      ],
      // A backup does not change; a living source does, and must not make the statement stale with every file.
      choice:
        'backup' in spec.from ? { files: source.files, bytes: source.bytes } : fault === undefined ? 'fit' : 'unfit',
      facts: { files: source.files, bytes: source.bytes },
    };
    return [item, await targetItem(step, spec, { ...at, source })];
  } catch (error) {
    return [troubleItem(base, error)];
  }
}

async function sizeBefore(
  spec: CopySpec,
  at: { readonly context: StepContext; readonly seen: SeenSource },
): Promise<TreeSize | undefined> {
  if (at.seen.before === undefined) return undefined;
  try {
    return await treeSize(at.context, at.seen.before, spec);
  } catch {
    // The copy before may lack this folder, or its host may be gone by now: then there is nothing to compare with.
    at.context.signal.throwIfAborted();
    return undefined;
  }
}

const share = (size: TreeSize, percent: number): { readonly files: number; readonly bytes: number } => ({
  files: Math.max(1, Math.floor((size.files * percent) / 100)),
  bytes: Math.floor((size.bytes * percent) / 100),
});

async function targetItem(
  step: PlannedStep,
  spec: CopySpec,
  at: { readonly context: StepContext; readonly seen: SeenSource; readonly source: TreeSize },
): Promise<EvidenceItem> {
  const { context, seen, source } = at;
  const { target, kept } = copyNames(spec, { world: context.world, run: context.run.id });
  const base = { id: `target:${step.id}`, title: `what ${spec.to.host}:${target} holds, and its room` };
  try {
    const sinceMs = seen.takenAt === '' ? context.clock.nowMs() : Date.parse(seen.takenAt);
    const found = await readTarget(context, spec, { sinceMs });
    const room = roomFault(source, found);
    const gone =
      found.target === undefined || !spec.switch ? undefined : await readVanishing(context, spec, seen.place);
    const newer = found.target?.newer ?? 0;
    const barred = room !== undefined || found.faults.length > 0;
    return {
      ...base,
      severity: barred ? 'red' : newer > 0 ? 'attention' : 'ok',
      ...(barred ? { overridable: false } : {}),
      lines: [
        ...found.faults,
        room === undefined
          ? `room: ${formatSize(source.diskBytes)} needed, ${formatSize(found.freeBytes)} free`
          : `room: ${room}`,
        found.target === undefined
          ? 'nothing is there yet'
          : `${found.target.files} files, ${formatSize(found.target.bytes)}; kept as ${kept} when it is replaced`,
        ...(gone === undefined ? [] : [vanishingInWords(gone)]),
        ...(newer > 0
          ? [
              `the target holds newer data: ${newer} files changed after ${seen.takenAt}, the latest ${found.target?.newestAt ?? ''}`,
            ]
          : []),
      ],
      choice: barred ? 'unfit' : newer > 0 ? 'newer' : 'fit',
      facts: { freeBytes: found.freeBytes, newer, ...(gone === undefined ? {} : { gone: gone.entries }) },
    };
  } catch (error) {
    return troubleItem(base, error);
  }
}

function vanishingInWords({ entries, names }: Vanishing): string {
  if (entries < 0) return 'what would go out of use could not be counted: the source did not answer there';
  if (entries === 0) return 'a dry run of the last pass: nothing stands there that the source does not hold';
  const more = entries > names.length ? ' …' : '';
  return `a dry run of the last pass: ${entries} entries stand there that the source does not hold, and go out of use with what is kept: ${names.join(', ')}${more}`;
}

function doneItem(step: PlannedStep, spec: CopySpec, output: NonNullable<ReturnType<typeof outputOf>>): EvidenceItem {
  const manifest = textOf(output, 'manifest');
  return {
    id: `copied:${step.id}`,
    title: `what ${step.id} brought`,
    severity: output['owners'] === false ? 'attention' : 'ok',
    lines: [
      `${numberOf(output, 'files')} files, ${formatSize(numberOf(output, 'bytes'))}`,
      manifest === ''
        ? 'not compared yet: the final copy does'
        : `both sides compared by checksum, ${manifest.slice(0, 12)}…`,
      ...(output['owners'] === false ? [withoutRoot(spec.to.host)] : []),
    ],
    choice: { manifest },
  };
}
