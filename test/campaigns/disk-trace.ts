import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a process did to the files of one folder, in order; `said` is a line it wrote to stdout. */
export type DiskOp =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly path: string; readonly length: number }
  | { readonly kind: 'remove'; readonly path: string }
  /** fsync or fdatasync, of a file or a folder. */
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'said'; readonly line: string };

const program = 'strace';
// '?': not every machine has all of them. Calls that would change files in a way not modelled here are listed too: refused.
const calls = [
  ...['openat', 'open', 'creat', 'close', 'pwrite64', 'write', 'fsync', 'fdatasync', 'unlink', 'unlinkat', 'ftruncate'],
  ...['mkdir', 'mkdirat', 'truncate', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['pwritev', 'pwritev2', 'writev', 'fallocate', 'copy_file_range', 'sendfile', 'lseek', 'dup', 'dup2', 'dup3'],
];

/**
 * Runs a program under strace and returns what it did below `folder`, leaving out files for which `ignore` is true.
 * Throws where strace cannot trace here, or the program does something to those files that is not modelled.
 */
export function traceDisk(
  argv: readonly [string, ...string[]],
  place: { readonly folder: string; readonly traceFile: string; readonly ignore: (path: string) => boolean },
): readonly DiskOp[] {
  const options = [
    '-f',
    '-o',
    place.traceFile,
    '-xx',
    '-s',
    '16777216',
    '-e',
    `trace=${calls.map((call) => `?${call}`).join()}`,
  ];
  const { status, stderr, error } = spawnSync(program, [...options, ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (error !== undefined || status !== 0)
    throw new Error(`${program} ended with ${status}: ${error?.message ?? stderr}`);
  return readTrace(readFileSync(place.traceFile, 'latin1'), place);
}

interface OpenFile {
  readonly path: string;
  readonly appends: boolean;
  position: number;
}

function readTrace(
  text: string,
  place: { readonly folder: string; readonly ignore: (path: string) => boolean },
): DiskOp[] {
  const open = new Map<number, OpenFile>();
  const sizes = new Map<string, number>();
  const ops: DiskOp[] = [];
  const ours = (path: string): boolean =>
    (path === place.folder || path.startsWith(`${place.folder}/`)) && !place.ignore(path);
  const write = (file: OpenFile, offset: number, data: Buffer): void => {
    ops.push({ kind: 'write', path: file.path, offset, data });
    sizes.set(file.path, Math.max(sizes.get(file.path) ?? 0, offset + data.length));
  };
  for (const { name, args, result } of wholeCalls(text)) {
    if (result < 0) continue;
    const fd = Number(args[0]);
    const file = open.get(fd);
    switch (name) {
      case 'openat':
      case 'open':
      case 'creat': {
        const path = textOf(args[name === 'openat' ? 1 : 0]);
        const flags = args.join();
        open.delete(result);
        if (!ours(path)) break;
        const there = sizes.has(path);
        if ((flags.includes('O_CREAT') || name === 'creat') && !there) ops.push({ kind: 'create', path });
        if (there && flags.includes('O_TRUNC')) ops.push({ kind: 'truncate', path, length: 0 });
        if (flags.includes('O_CREAT') && !there) sizes.set(path, 0);
        open.set(result, { path, appends: flags.includes('O_APPEND'), position: 0 });
        break;
      }
      case 'close':
        open.delete(fd);
        break;
      case 'pwrite64':
        if (file !== undefined) write(file, Number(args[3]), bytesOf(args[1]).subarray(0, result));
        break;
      case 'write': {
        const data = bytesOf(args[1]).subarray(0, result);
        if (fd === 1) ops.push(...saidIn(data));
        if (file === undefined) break;
        const offset = file.appends ? (sizes.get(file.path) ?? 0) : file.position;
        write(file, offset, data);
        file.position = offset + data.length;
        break;
      }
      case 'fsync':
      case 'fdatasync':
        if (file !== undefined) ops.push({ kind: 'sync', path: file.path });
        break;
      case 'ftruncate':
        if (file === undefined) break;
        ops.push({ kind: 'truncate', path: file.path, length: Number(args[1]) });
        sizes.set(file.path, Number(args[1]));
        break;
      case 'unlink':
      case 'unlinkat': {
        const path = textOf(args[name === 'unlink' ? 0 : 1]);
        if (!ours(path)) break;
        ops.push({ kind: 'remove', path });
        sizes.delete(path);
        break;
      }
      case 'mkdir':
      case 'mkdirat': {
        const path = textOf(args[name === 'mkdir' ? 0 : 1]);
        if (ours(path) && path !== place.folder) ops.push({ kind: 'folder', path });
        break;
      }
      default: {
        const touched = file !== undefined || args.some((arg) => arg.startsWith('"') && ours(textOf(arg)));
        if (touched) throw new Error(`the trace holds ${name}, which the model does not know`);
      }
    }
  }
  return ops;
}

interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly result: number;
}

/** Calls in the order they ended; strace splits one that another thread interrupts. */
function* wholeCalls(text: string): Generator<Call> {
  const begun = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const unfinished = rest.indexOf('<unfinished ...>');
    if (unfinished >= 0) {
      begun.set(pid, rest.slice(0, unfinished));
      continue;
    }
    const [, resumed] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
    const whole = resumed === undefined ? rest : (begun.get(pid) ?? '') + resumed;
    const [, name = '', args = '', result = ''] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(whole) ?? [];
    // Bytes are in hex, so that no comma or bracket stands in a string.
    if (name !== '') yield { name, args: args.split(',').map((arg) => arg.trim()), result: Number(result) };
  }
}

function saidIn(data: Buffer): readonly DiskOp[] {
  const lines = data.toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => ({ kind: 'said', line }));
}

function bytesOf(arg = ''): Buffer {
  if (arg.endsWith('...')) throw new Error('strace cut a write short');
  return Buffer.from(arg.replaceAll(/^"|"$/g, '').replaceAll('\\x', ''), 'hex');
}

const textOf = (arg?: string): string => bytesOf(arg).toString('utf8');

/** The folders from `folder` down to where `path` lies. */
export function foldersTo(folder: string, path: string): readonly string[] {
  const found: string[] = [];
  for (let at = dirname(path); at !== folder && at.startsWith(folder); at = dirname(at)) found.unshift(at);
  return found.map((one) => join(one));
}
