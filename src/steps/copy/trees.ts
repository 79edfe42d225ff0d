import { DrpError } from '../../base/errors.ts';
import { hostOf } from '../remote/host-path.ts';
import { callHost, lastWords, shellArgv } from '../remote/read-host.ts';
import { scriptText } from '../remote/script-text.ts';
import type { StepContext } from '../step-kind.ts';
import { copyNames, type CopySpec, type Place } from './copy-plan.ts';

/** A tree in numbers. */
export interface TreeSize {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
  /** Bytes on disk, an inode counted once. */
  readonly diskBytes: number;
}

/** What stands where a tree is to go. */
export interface TargetState {
  readonly freeBytes: number;
  /** -1: the file system does not count them. */
  readonly freeInodes: number;
  readonly staging: { readonly entries: number; readonly diskBytes: number };
  /** Absent: nothing is there yet. `newer`: files changed after the moment asked about, the latest at `newestAt`. */
  readonly target?: {
    readonly files: number;
    readonly bytes: number;
    readonly newer: number;
    readonly newestAt: string;
  };
  /** What makes it unfit, in words. */
  readonly faults: readonly string[];
}

/** Walking a tree of some millions of files on slow disks takes minutes, not seconds. */
const walkTimeoutMs = 600_000;

/** Measures a tree on its own host. Throws source-unfit where it is not there, and what callHost throws. */
export async function treeSize(context: StepContext, place: Place, spec: CopySpec): Promise<TreeSize> {
  const { identity } = hostOf(context.world, place.host);
  const result = await callHost(context, place.host, {
    argv: shellArgv(scriptText('remote/script-opening.sh', 'remote/tree-find.sh', 'remote/tree-size.sh'), [
      place.path,
      identity.file,
      identity.text,
      spec.exclude.join('\n'),
    ]),
    timeoutMs: walkTimeoutMs,
  });
  const [word, ...numbers] = result.stdout.trim().split(' ');
  if (result.exitCode !== 0 || word !== 'size') {
    const reason = result.exitCode === 44 ? 'it is not there, or cannot be read' : lastWords(result.stderr);
    throw new DrpError('source-unfit', { step: spec.id, reason: `${place.host}:${place.path}: ${reason}` });
  }
  const [entries = 0, files = 0, bytes = 0, diskBytes = 0] = numbers.slice(0, 4).map(Number);
  return { entries, files, bytes, diskBytes };
}

/** Looks at the target of a copy, read-only. */
export async function readTarget(
  context: StepContext,
  spec: CopySpec,
  options: { readonly sinceMs: number },
): Promise<TargetState> {
  const { target, staging } = copyNames(spec, { world: context.world, run: context.run.id });
  const result = await callHost(context, spec.to.host, {
    argv: shellArgv(scriptText('remote/script-opening.sh', 'remote/tree-find.sh', 'copy/target.sh'), [
      target,
      staging,
      String(Math.floor(options.sinceMs / 1000)),
      spec.exclude.join('\n'),
    ]),
    timeoutMs: walkTimeoutMs,
  });
  return parseTarget(result.stdout);
}

/** The lines of target.sh. */
export function parseTarget(text: string): TargetState {
  const lines = text.split('\n').map((line) => line.split(' '));
  const numbers = (word: string): readonly number[] | undefined =>
    lines
      .find(([first]) => first === word)
      ?.slice(1)
      .map(Number);
  const [freeBytes = 0, freeInodes = -1] = numbers('room') ?? [];
  const [entries = 0, diskBytes = 0] = numbers('staging') ?? [];
  const found = numbers('target');
  const faults = lines.filter(([word]) => word === 'fault').map(([, ...words]) => words.join(' '));
  const base = { freeBytes, freeInodes, staging: { entries, diskBytes }, faults };
  if (found === undefined) return base;
  const [files = 0, bytes = 0, newer = 0, newest = 0] = found;
  return {
    ...base,
    target: { files, bytes, newer, newestAt: newest === 0 ? '' : new Date(newest * 1000).toISOString() },
  };
}
