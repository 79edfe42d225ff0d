import type { Event, EvidenceItem, Json } from '../../events/event.ts';
import type { Plan } from '../../plan/plan.ts';
import { approvedOpenings, numberIn } from './objectives.ts';
import type { Restored } from './report.ts';

const restoring: readonly string[] = ['copy', 'database', 'salvage', 'http'];

/** The backups that were approved, and what was read back from the world after each restoration. */
export function restoredIn(events: readonly Event[], plan: Plan): Restored {
  const chosen = new Map<string, Restored['backups'][number]>();
  for (const opened of approvedOpenings(events)) {
    for (const item of opened.data.statement.evidence) {
      const backup = chosenBackup(item, opened.seq);
      if (backup !== undefined) chosen.set(backup.backup, backup);
    }
  }
  const steps = new Map(
    Object.values(plan.phases).flatMap((lanes) =>
      lanes.flatMap((lane) => lane.steps.map((step) => [step.id, step] as const)),
    ),
  );
  const checks = events.flatMap((event) => {
    if (event.type !== 'step.done') return [];
    const step = steps.get(event.data.step);
    if (step === undefined || !restoring.includes(step.kind)) return [];
    return [
      {
        step: step.id,
        what: step.verifies,
        lines: [...event.data.lines, ...counts(event.data.output)],
        seq: event.seq,
      },
    ];
  });
  return { backups: [...chosen.values()], checks };
}

function chosenBackup(item: EvidenceItem, seq: number): Restored['backups'][number] | undefined {
  const { choice, facts } = item;
  if (!item.id.startsWith('backup:') || choice === null || typeof choice !== 'object' || Array.isArray(choice))
    return undefined;
  const { backup, host, path, takenAt, sha256 } = choice as Readonly<Record<string, Json>>;
  return {
    backup: String(backup),
    kind: String((facts as Readonly<Record<string, Json>> | undefined)?.['kind'] ?? ''),
    from: `${String(host)}:${String(path)}`,
    takenAt: String(takenAt),
    lossMs: numberIn(facts, 'lossMs') ?? 0,
    objectiveMs: numberIn(facts, 'objectiveMs') ?? 0,
    sha256: String(sha256),
    seq,
  };
}

/** Digests a later reader can compare with what still lies on the hosts. */
function counts(output: Json): readonly string[] {
  if (output === null || typeof output !== 'object' || Array.isArray(output)) return [];
  const { sha256, manifest } = output as Readonly<Record<string, Json>>;
  return [
    ...(typeof sha256 === 'string' && sha256 !== '' ? [`SHA-256 of the dump: ${sha256}`] : []),
    ...(typeof manifest === 'string' && manifest !== '' ? [`SHA-256 of the list of files: ${manifest}`] : []),
  ];
}
