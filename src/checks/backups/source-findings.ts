import { formatDuration, formatSize } from '../../base/duration.ts';
import type { BackupCandidate, SourceSurvey } from '../../plan/backup-candidate.ts';
import type { Backup } from '../../runbook/schema/world.ts';
import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { dueMs } from './freshness.ts';
import { retentionGaps, rulesOf } from './retention.ts';
import { grownPercent, judgeSize, shrunkenPercent } from './size.ts';

/** What one source is measured against. */
export interface SourceQuestion {
  readonly name: string;
  readonly backup: Backup;
  readonly index: number;
  /** How much of it may be lost, in milliseconds. */
  readonly objectiveMs: number;
  readonly nowMs: number;
}

const dayMs = 86_400_000;
/** A source that takes turns by the day with others, and does not say so, may be silent for so long. */
const turnMs = 2 * dayMs;
const remake = 'Make a new copy now, and find out what broke this one; the older copies are chosen meanwhile.';
/** Holes that a finding names; the rest is counted. */
const gapsShown = 3;

/** What a look at one source gave, as findings: its rhythm, its newest copy whole, sizes, and what retention wants. Pure. */
export function sourceFindings(survey: SourceSurvey, question: SourceQuestion): readonly Finding[] {
  const { answer, host } = survey;
  const subject = `${question.name}@${host}`;
  const fresh = findingFor('backup.fresh', subject);
  if (answer.kind === 'unreachable') {
    const words = { advice: `Look at ${host} first: nobody knows what it holds.` };
    return [answer.absent === true ? fresh.fail(answer.reason, words) : fresh.unknown(answer.reason, words)];
  }
  const copies = answer.candidates;
  const [newest] = copies;
  if (newest === undefined) {
    const advice = 'See why the backup does not run; restore from the other sources meanwhile.';
    return [fresh.fail('it holds no copy', { advice })];
  }
  // A dump on its way is a sign of life, and not yet anything to judge.
  const finished = copies.filter(({ growing }) => growing !== true);
  return [
    freshness(subject, newest, question),
    ...wholeness(subject, finished[0] ?? newest, question.nowMs),
    size(subject, finished),
    ...retention(subject, copies, question),
  ];
}

function freshness(subject: string, newest: BackupCandidate, question: SourceQuestion): Finding {
  const { backup, index, nowMs } = question;
  const source: { readonly days?: 'even' | 'odd' | undefined } = backup.sources[index] ?? {};
  const due = dueMs(source, { everyMs: backup.everyMs, sources: backup.sources.length }, nowMs);
  const takenMs = Date.parse(newest.takenAt);
  const ageMs = nowMs - takenMs;
  const say = findingFor('backup.fresh', subject);
  const words = {
    threshold: `one every ${formatDuration(backup.everyMs)}${source.days !== undefined ? ` on ${source.days} days` : ''}`,
    metrics: [{ name: 'age_seconds', value: Math.round(ageMs / 1000), fail: Math.round((nowMs - due) / 1000) }],
  };
  const found = `newest ${newest.takenAt.replace(':00.000Z', 'Z')}, ${formatDuration(ageMs)} old`;
  if (ageMs < -dayMs) {
    return say.warn(`${found}: it is from the future`, {
      ...words,
      advice: 'Set the clock of the backup server right.',
    });
  }
  if (takenMs >= due) return say.ok(found, words);
  if (source.days === undefined && backup.sources.length > 1 && ageMs < turnMs + backup.everyMs * 2) {
    const advice = `If it holds the copies of even or odd days, say so (sources, days); else see why it stands still.`;
    return say.warn(`${found}, older than its rhythm`, { ...words, advice });
  }
  const advice = `See why no copy was made on ${newest.host} since then.`;
  const loss = ageMs > question.objectiveMs ? `, and ${formatDuration(question.objectiveMs)} may be lost` : '';
  return say.fail(`${found}: copies are missing${loss}`, { ...words, advice });
}

/** Read to its end, and against its checksum. What is broken is said once: a torn dump cannot have a right checksum. */
function wholeness(subject: string, newest: BackupCandidate, nowMs: number): readonly Finding[] {
  const [end, sum] = [findingFor('backup.whole', subject), findingFor('backup.checksum', subject)];
  const read = newest.readBy ?? [];
  const misread = newest.misreadBy ?? [];
  if (newest.growing === true) return [end.skipped('the only copy is still being written')];
  const file = newest.path.slice(newest.path.lastIndexOf('/') + 1);
  const when = newest.readAt === undefined ? '' : `, ${formatDuration(nowMs - Date.parse(newest.readAt))} ago`;
  if (newest.kind === 'files') {
    if (misread.includes('manifest')) {
      return [sum.fail(`${file}: ${newest.defects.join('; ')}`, { threshold: 'its manifest', advice: remake })];
    }
    if (read.includes('manifest'))
      return [sum.ok(`${file}: every file is as its manifest has it${when === '' ? '' : `, read${when.slice(1)}`}`)];
    return misread.includes('folder')
      ? [end.fail(`${file}: ${newest.defects.join('; ')}`, { advice: remake })]
      : [sum.skipped(`${file}: no manifest lies beside it`)];
  }
  if (misread.includes('content')) {
    const found = `${file}: ${newest.defects.join('; ')}`;
    return [end.fail(found, { threshold: 'read to its end', advice: remake })];
  }
  const whole = readToItsEnd(subject, newest, { file, when });
  if (misread.includes('checksum')) {
    return [whole, sum.fail(`${file} is not what its .sha256 says`, { threshold: `${file}.sha256`, advice: remake })];
  }
  if (read.includes('checksum')) return [whole, sum.ok(`${file} is what its .sha256 says`)];
  const advice = `Let the backup write FILE.sha256 beside each dump (sha256sum), so that a changed byte is noticed.`;
  return [whole, sum.warn(`${file}: no checksum lies beside it`, { advice })];
}

function readToItsEnd(
  subject: string,
  newest: BackupCandidate,
  { file, when }: { readonly file: string; readonly when: string },
): Finding {
  const say = findingFor('backup.whole', subject);
  const { format = 'custom', host, readBy = [], misreadBy = [], unread = 'pg_restore is not there' } = newest;
  if (newest.bytes < 0) return say.fail(`${file}: ${newest.defects.join('; ')}`, { advice: remake });
  if (misreadBy.includes('format')) {
    const advice = `Write it with pg_dump -Fc, unpacked: no step can import it as it is${readBy.includes('content') ? ', whole though it is' : ''}.`;
    return say.fail(`${file}: ${newest.defects.join('; ')}`, { threshold: 'a custom-format dump', advice });
  }
  if (readBy.includes('content')) {
    const words = {
      custom: '',
      packed: ', packed',
      sql: ', as SQL of PostgreSQL',
      mysql: ', as SQL of MySQL',
      unknown: '',
    };
    return say.ok(`${file}: read to its end${when}, ${formatSize(newest.bytes)}${words[format]}`);
  }
  const [program = ''] = unread.split(' ');
  return say.warn(`${file}: not read, ${program} is not on ${host}`, {
    advice: `Install ${program === 'pg_restore' ? 'the PostgreSQL client programs' : program} on ${host}: only reading a dump shows that it is whole.`,
  });
}

function size(subject: string, copies: readonly BackupCandidate[]): Finding {
  const say = findingFor('backup.size', subject);
  // A broken copy is named as such; its size is of no account.
  const whole = copies.filter(({ bytes, misreadBy = [] }) => bytes >= 0 && !misreadBy.includes('content'));
  const [newest] = whole;
  const verdict = judgeSize(whole);
  const threshold = `${String(shrunkenPercent)} % of the one before, ${String(grownPercent)} % of the usual`;
  const metrics = newest === undefined ? [] : [{ name: 'size_bytes', value: newest.bytes }];
  const files = newest?.kind === 'files' ? `${String(newest.files)} files, ` : '';
  const shown = newest === undefined ? 'not measured' : `${files}${formatSize(newest.bytes)}`;
  switch (verdict.kind) {
    case 'alone':
      return say.ok(`${shown}; there is no other copy to compare it with`, { metrics });
    case 'as-before':
      return say.ok(`${shown}, ${String(verdict.percent)} % of the one before it`, { threshold, metrics });
    case 'shrunken': {
      const advice = 'See what is missing from it before the older copies rotate away; a restoration refuses it.';
      const found = `${shown}: shrunk to ${String(verdict.percent)} % of the one before it (by ${verdict.of})`;
      return say.fail(found, { threshold, advice, metrics });
    }
    case 'grown': {
      const advice = 'See what came in: an import, a log that was never cut, or files that somebody encrypted.';
      const found = `${shown}: grown to ${String(verdict.percent)} % of its usual size (by ${verdict.of})`;
      return say.warn(found, { threshold, advice, metrics });
    }
  }
}

function retention(
  subject: string,
  copies: readonly BackupCandidate[],
  { backup, index, nowMs }: SourceQuestion,
): readonly Finding[] {
  if (backup.retention === undefined) return [];
  const days = backup.sources[index]?.days;
  const { since } = backup.retention;
  const rules = rulesOf(backup.retention, backup.kind);
  const gaps = retentionGaps(
    rules,
    copies.map(({ takenAt }) => takenAt),
    {
      nowMs,
      untilMs: Date.parse(copies[0]?.takenAt ?? ''),
      ...(days === undefined ? {} : { days }),
      ...(since === undefined ? {} : { sinceMs: Date.parse(`${since}T00:00:00Z`) }),
    },
  );
  // What is missing since the newest copy is said by backup.fresh.
  const say = findingFor('backup.retention', subject);
  const threshold = `${'rule' in backup.retention ? backup.retention.rule : 'the runbook'}, ${days === undefined ? '' : `${days} days, `}${String(rules.length)} ${rules.length === 1 ? 'rule' : 'rules'}`;
  const metrics = [{ name: 'gaps', value: gaps.length, fail: 1 }];
  if (gaps.length === 0)
    return [
      say.ok(`nothing is missing among ${String(copies.length)} ${copies.length === 1 ? 'copy' : 'copies'}`, {
        threshold,
        metrics,
      }),
    ];
  const shown = gaps
    .slice(0, gapsShown)
    .map(({ rule, fromAt, toAt }) => `${minute(fromAt)} to ${minute(toAt)} (${rule})`);
  const more = gaps.length > gapsShown ? ` and ${String(gaps.length - gapsShown)} more` : '';
  return [
    say.fail(`no copy from ${shown.join(', ')}${more}`, {
      threshold,
      metrics,
      advice: 'Stop the rotation until it is known whether copies were never made or deleted too early.',
    }),
  ];
}

const minute = (at: string): string => at.replace(':00.000Z', 'Z');
