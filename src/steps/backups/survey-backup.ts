import { untilAborted } from '../../base/clock.ts';
import { DrpError, toError } from '../../base/errors.ts';
import type { BackupCandidate, DumpFormat, SourceSurvey } from '../../plan/backup-candidate.ts';
import type { PlannedWorld } from '../../plan/plan.ts';
import type { Backup } from '../../runbook/schema/world.ts';
import { absolutePath, hostOf } from '../remote/host-path.ts';
import { callHost, lastWords, shellArgv } from '../remote/read-host.ts';
import { scriptText } from '../remote/script-text.ts';
import type { RunFacts, StepContext } from '../step-kind.ts';
import { parseBackupTime } from './backup-time.ts';
import type { BackupSource } from './survey-memory.ts';

/** Newest of a source that are measured and, where small enough, read whole. */
const measuredCount = 3;
/** Bytes of dumps a survey reads whole on one host: a few seconds' work, not the minutes a gate cannot wait. */
const checkedBytes = 1_000_000_000;
/** A backup under this share of the one before it is shown as a defect, in percent. */
const shrinkLimit = 80;
const surveyTimeoutMs = 300_000;
const listBytesMax = 8 * 1024 * 1024;

/** What a survey needs of its caller. */
export type SurveyContext = Pick<StepContext, 'hosts' | 'signal' | 'redaction' | 'surveys'> & {
  readonly world: Pick<PlannedWorld, 'hosts' | 'backups'>;
  readonly facts: Pick<RunFacts, 'overrides'>;
};

/** How much of a source is looked at. */
export interface SurveyDepth {
  /** Newest copies that are measured. */
  readonly measured: number;
  /** Bytes of dumps that are read whole, newest first. */
  readonly checkedBytes: number;
  /** Newest copies that are read whole whatever their size: a dump to its end, a tree against its manifest. */
  readonly whole: number;
  /** No step imports these dumps: they may be of any format. */
  readonly anyFormat?: true;
  /** Deadline, in milliseconds. */
  readonly timeoutMs: number;
}

const gateDepth: SurveyDepth = {
  measured: measuredCount,
  checkedBytes,
  whole: 0,
  timeoutMs: surveyTimeoutMs,
};

/**
 * Reads the dumps of a backup, as a gate will want them read, while people still decide. A survey that comes meanwhile waits for
 * it; where a host does not answer nobody waits. Resolves when all is read; never throws for what hosts do.
 */
export async function readBackupAhead(
  context: SurveyContext & { readonly facts: Pick<RunFacts, 'situation'> },
  name: string,
): Promise<void> {
  const { hosts, facts, signal } = context;
  const { ahead } = context.surveys;
  const lost = facts.situation?.lost ?? [];
  const sources = (context.world.backups[name]?.sources ?? []).filter(
    ({ host }) => !lost.includes(hostOf(context.world, host).datacentre),
  );
  await Promise.all(
    sources.map(async (source) => {
      try {
        await hosts.connect(source.host, { signal });
      } catch {
        return; // The survey meets it again, and says so.
      }
      const backup = context.world.backups[name];
      if (backup === undefined || ahead.has(source)) return;
      const reading = surveySource(context, { name, backup, source }).catch(() => undefined);
      ahead.set(source, reading);
      await reading;
      ahead.delete(source);
    }),
  );
}

/**
 * Looks at every source of a backup, side by side, read-only. A source that cannot be asked is named with its reason,
 * never left out.
 */
export async function surveyBackup(context: SurveyContext, name: string): Promise<readonly SourceSurvey[]> {
  const backup = context.world.backups[name];
  if (backup === undefined) throw new DrpError('internal', { what: `the plan has no backup '${name}'` });
  return Promise.all(
    backup.sources.map(async (source) => {
      // A survey that nobody asks for any more does not wait; it is refused where it asks the host.
      await untilAborted(Promise.resolve(context.surveys.ahead.get(source)), context.signal).catch(() => undefined);
      return await surveySource(context, { name, backup, source });
    }),
  );
}

/** The same for one source, as deep as asked; never throws for what the host does. */
export async function surveySource(
  context: SurveyContext,
  at: { readonly name: string; readonly backup: Backup; readonly source: BackupSource },
  depth: SurveyDepth = gateDepth,
): Promise<SourceSurvey> {
  const { name, backup, source } = at;
  const { datacentre } = hostOf(context.world, source.host);
  const base = { backup: name, host: source.host, datacentre };
  const [before = '', after = ''] = source.pattern.split('{time}');
  const folder = absolutePath(context.world, source.host, source.folder);
  const known = context.surveys.whole;
  try {
    const result = await callHost(context, source.host, {
      argv: shellArgv(scriptText('backups/survey.sh'), [
        folder,
        before,
        after,
        backup.kind,
        String(depth.measured),
        String(depth.checkedBytes),
        context.facts.overrides?.find((one) => one.backup === name && one.host === source.host)?.path ?? '',
        String(depth.whole),
        depth.whole > 0 ? '' : knownLines(known, source.host),
      ]),
      timeoutMs: depth.timeoutMs,
      maxOutputBytes: listBytesMax,
    });
    if (result.exitCode === 44)
      return { ...base, answer: { kind: 'unreachable', reason: `there is no folder ${folder}`, absent: true } };
    if (result.exitCode !== 0) return { ...base, answer: { kind: 'unreachable', reason: lastWords(result.stderr) } };
    const candidates = parseSurvey(result.stdout, { ...base, kind: backup.kind });
    for (const one of candidates) if (isWhole(one)) known.set(`${one.host} ${one.path}`, one);
    const fit = depth.anyFormat === true ? candidates : candidates.map(barredByFormat);
    return { ...base, answer: { kind: 'surveyed', candidates: fit } };
  } catch (thrown) {
    context.signal.throwIfAborted();
    return { ...base, answer: { kind: 'unreachable', reason: toError(thrown).message } };
  }
}

/** All of a dump was read and its checksum compared, and nothing was wrong with either. */
export function isWhole({ kind, readBy = [], misreadBy = [] }: BackupCandidate): boolean {
  return kind === 'database' && readBy.includes('content') && readBy.includes('checksum') && misreadBy.length === 0;
}

/** `CHANGED BYTES SHA256 PATH` of what was read on a host, for survey.sh: where all of it is as it was, it is not read again. */
function knownLines(known: ReadonlyMap<string, BackupCandidate>, host: string): string {
  return [...known.values()]
    .filter((one) => one.host === host && one.changed !== undefined && !one.path.includes('\n'))
    .map(({ changed = '', bytes, sha256, path }) => `${changed} ${String(bytes)} ${sha256} ${path}\n`)
    .join('');
}

/** Candidates from the lines of survey.sh, newest first; one that shrank against the one before it gets that defect. */
export function parseSurvey(
  text: string,
  base: Pick<BackupCandidate, 'backup' | 'host' | 'datacentre' | 'kind'>,
): readonly BackupCandidate[] {
  const found: (BackupCandidate & { defects: string[] })[] = [];
  for (const line of text.split('\n')) {
    const [word = '', ...rest] = line.split(' ');
    const value = rest.join(' ');
    const last = found.at(-1);
    if (word === 'found') {
      const [time = '', ...path] = rest;
      const takenAt = parseBackupTime(time);
      const defects = takenAt === undefined ? [`'${time}' in its name is no instant`] : [];
      found.push({ ...base, path: path.join(' '), takenAt: takenAt ?? '', bytes: -1, files: -1, sha256: '', defects });
    } else if (last !== undefined) {
      if (word === 'bytes' || word === 'files') found[found.length - 1] = { ...last, [word]: Number(value) };
      if (word === 'sha256') found[found.length - 1] = { ...last, sha256: value };
      if (word === 'defect') last.defects.push(value);
      if (word === 'changed') found[found.length - 1] = { ...last, changed: value };
      if (word === 'unread') found[found.length - 1] = { ...last, unread: value };
      if (word === 'format' && isFormat(value)) found[found.length - 1] = { ...last, format: value };
      if (word === 'growing') found[found.length - 1] = { ...last, growing: true };
      if (word === 'misread') found[found.length - 1] = { ...last, misreadBy: [...(last.misreadBy ?? []), value] };
      if (word === 'read') found[found.length - 1] = { ...last, readBy: [...(last.readBy ?? []), value] };
    }
  }
  return found.filter(({ takenAt }) => takenAt !== '').map((one, index, all) => withShrinkage(one, all[index + 1]));
}

const formats: readonly DumpFormat[] = ['custom', 'packed', 'sql', 'mysql', 'unknown'];
const isFormat = (text: string): text is DumpFormat => formats.some((format) => format === text);

/** What no import takes is no backup to restore from, however whole it is. */
function barredByFormat(one: BackupCandidate): BackupCandidate {
  const { format = 'custom', misreadBy = [] } = one;
  if (format === 'custom' || misreadBy.includes('content')) return one;
  return {
    ...one,
    defects: [...one.defects, 'it is no custom-format dump (pg_dump -Fc)'],
    misreadBy: [...misreadBy, 'format'],
  };
}

function withShrinkage(one: BackupCandidate, before: BackupCandidate | undefined): BackupCandidate {
  const defects = [...one.defects];
  if (one.bytes === 0 || one.files === 0) defects.push('it is empty');
  else if (before !== undefined && one.bytes >= 0 && before.bytes > 0) {
    const share = (now: number, then: number): number => (then <= 0 ? 100 : Math.floor((now * 100) / then));
    const least = Math.min(share(one.bytes, before.bytes), share(one.files, before.files));
    if (least < shrinkLimit) defects.push(`it has shrunk to ${least} % of the one before it (${before.takenAt})`);
  }
  return { ...one, defects };
}
