import { formatSize } from '../base/duration.ts';
import type { BackupCandidate, SourceSurvey } from '../plan/backup-candidate.ts';
import { chooseBackups } from '../plan/backups.ts';
import type { Phase, Runbook } from '../runbook/schema/runbook.ts';
import type { StepSpec } from '../runbook/schema/steps.ts';
import { runSql } from '../steps/database/connection.ts';
import { absolutePath } from '../steps/remote/host-path.ts';
import { callHost, lastWords, shellArgv } from '../steps/remote/read-host.ts';
import { surveyPatienceMs } from './backups/surveys.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { checkScript } from './host/check-script.ts';
import { lostOnTheWay } from './without-lost.ts';

/** What a step will write on a host, and where. */
export interface RoomNeed {
  readonly path: string;
  readonly bytes: number;
  /** What it is, in words. */
  readonly what: string;
}

/** Kept free beside what is needed, as the copies themselves ask for. */
const spareBytes = 64 * 1024 * 1024;
/** An imported database beside the live one, in sizes of its dump: what the import itself asks for. */
const importTimes = 3;
const readMs = 30_000;

/** Whether a restoration of tonight's newest backups would fit on the hosts it restores to. */
export function roomProbes(runbook: Runbook): readonly Probe[] {
  return targetsOf(runbook).map((host) => ({
    id: 'host.room',
    subject: host,
    datacentre: runbook.hosts[host]?.datacentre ?? '',
    patienceMs: surveyPatienceMs,
    run: (context) => lookAtRoom(context, host),
  }));
}

/**
 * What a restoration writes on a host by the newest fit copies: files once for each backup (a step may take only a part;
 * how much that is nobody has measured), dumps, and what is imported from them. Pure.
 */
function roomNeeds(
  runbook: Runbook,
  host: string,
  chosen: { readonly backups: readonly BackupCandidate[]; readonly dataFolder: string | undefined },
): readonly RoomNeed[] {
  const newest = (backup: string): BackupCandidate | undefined => chosen.backups.find((one) => one.backup === backup);
  const needs: RoomNeed[] = [];
  const counted = new Set<string>();
  for (const step of restorationSteps(runbook)) {
    if (step.kind === 'copy' && step.to.host === host && 'backup' in step.from && !counted.has(step.from.backup)) {
      const copy = newest(step.from.backup);
      counted.add(step.from.backup);
      if (copy !== undefined && copy.bytes >= 0) {
        const path = absolutePath(runbook, host, step.to.path);
        needs.push({ path, bytes: copy.bytes, what: `the files of ${step.from.backup}` });
      }
    }
    if (step.kind !== 'database' || step.do !== 'fetch' || !('backup' in step.from)) continue;
    const dump = newest(step.from.backup);
    if (runbook.databases[step.database]?.host !== host || dump === undefined || dump.bytes < 0) continue;
    needs.push({
      path: absolutePath(runbook, host, '.drp'),
      bytes: dump.bytes,
      what: `the dump of ${step.from.backup}`,
    });
    if (chosen.dataFolder === undefined) continue;
    const bytes = dump.bytes * importTimes;
    needs.push({ path: chosen.dataFolder, bytes, what: `the imported database (${importTimes} times the dump)` });
  }
  return needs;
}

/** Room on each file system against what is needed there. Pure. */
export function roomFindings(
  host: string,
  needs: readonly RoomNeed[],
  rooms: readonly { readonly freeBytes: number; readonly mount: string }[],
): readonly Finding[] {
  const byMount = new Map<string, { freeBytes: number; needs: RoomNeed[] }>();
  needs.forEach((need, at) => {
    const room = rooms[at];
    if (room === undefined) return;
    const known = byMount.get(room.mount) ?? { freeBytes: room.freeBytes, needs: [] };
    byMount.set(room.mount, { freeBytes: room.freeBytes, needs: [...known.needs, need] });
  });
  return [...byMount].map(([mount, { freeBytes, needs: here }]) => {
    const bytes = here.reduce((sum, need) => sum + need.bytes, 0);
    const needed = bytes + Math.floor(bytes / 50) + spareBytes;
    const say = findingFor('host.room', `${host}:${mount}`);
    const words = {
      threshold: `a restoration needs ${formatSize(needed)}`,
      metrics: [
        { name: 'free_bytes', value: freeBytes, fail: needed, least: true as const },
        { name: 'needed_bytes', value: needed },
      ],
    };
    if (freeBytes >= needed) return say.ok(`${formatSize(freeBytes)} free`, words);
    const parts = here.map(({ what, bytes: each }) => `${formatSize(each)} for ${what}`).join(', ');
    const advice = `Make ${formatSize(needed - freeBytes)} of room on ${host} below ${mount}: ${parts}, beside what is there.`;
    return say.fail(`${formatSize(freeBytes)} free`, { ...words, advice });
  });
}

async function lookAtRoom(context: CheckContext, host: string): Promise<readonly Finding[]> {
  const { runbook, signal, lost } = context;
  const say = findingFor('host.room', host);
  const gone = lostOnTheWay(runbook, host, lost);
  if (gone !== undefined) return [say.skipped(`datacentre ${gone} is taken as lost`)];
  try {
    await context.hosts.connect(host, { signal });
  } catch {
    signal.throwIfAborted();
    return [say.skipped(`${host} itself cannot be reached`)];
  }
  const [surveys, dataFolder] = await Promise.all([context.surveys.all(signal), dataFolderOn(context, host)]);
  const needs = roomNeeds(runbook, host, { backups: chosenOf(context, surveys), dataFolder });
  if (needs.length === 0) return [say.skipped('no copy was found whose size could be compared')];
  const { exitCode, stdout, stderr } = await callHost({ hosts: context.hosts, signal }, host, {
    argv: shellArgv(
      checkScript('room.sh'),
      needs.map(({ path }) => path),
    ),
    timeoutMs: readMs,
  });
  const rooms = stdout.trim().split('\n').map(parseRoom);
  if (exitCode !== 0 || rooms.length !== needs.length || rooms.includes(undefined)) {
    const advice = `On ${host}: df ${needs[0]?.path ?? '/'}.`;
    return [say.unknown(lastWords(stderr) || 'df gives no answer', { advice })];
  }
  return roomFindings(
    host,
    needs,
    rooms.filter((room) => room !== undefined),
  );
}

function parseRoom(line: string): { readonly freeBytes: number; readonly mount: string } | undefined {
  const [, kilobytes, mount = ''] = /^(\d+) (\/.*)$/.exec(line) ?? [];
  return kilobytes === undefined ? undefined : { freeBytes: Number(kilobytes) * 1024, mount };
}

function chosenOf(context: CheckContext, surveys: readonly SourceSurvey[]): readonly BackupCandidate[] {
  const { choices } = chooseBackups({
    world: context.runbook,
    surveys,
    lost: context.lost,
    sinceAt: context.clock.nowIso(),
  });
  return choices.flatMap(({ chosen }) => (chosen === undefined ? [] : [chosen]));
}

/** Only roles that may read all settings learn it; without it the room of the import is not judged. */
async function dataFolderOn(context: CheckContext, host: string): Promise<string | undefined> {
  const database = Object.values(context.runbook.databases).find((one) => one.host === host);
  if (database === undefined) return undefined;
  try {
    const [folder] = await runSql(context, database, {
      database: 'postgres',
      sql: 'show data_directory;',
      timeoutMs: readMs,
    });
    return folder;
  } catch {
    // A server that does not answer is named by its own probe.
    context.signal.throwIfAborted();
    return undefined;
  }
}

function targetsOf(runbook: Runbook): readonly string[] {
  const hosts = restorationSteps(runbook).flatMap((step) => {
    if (step.kind === 'copy') return [step.to.host];
    if (step.kind !== 'database') return [];
    const host = runbook.databases[step.database]?.host;
    return host === undefined ? [] : [host];
  });
  return [...new Set(hosts)];
}

function restorationSteps(runbook: Runbook): readonly StepSpec[] {
  const phase: Phase = runbook.activation.restoration;
  return Array.isArray(phase) ? phase : Object.values(phase).flat();
}
