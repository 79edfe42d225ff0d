import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LabContext } from './process.ts';

interface Entry {
  readonly from: string;
  readonly kept: string;
}

const folder = (lab: LabContext): string => join(lab.dir, 'aside');
const indexFile = (lab: LabContext, fault: string): string => join(folder(lab), `${fault}.json`);

/** Takes a file or folder away so that `putBack` of the same fault brings it back. What is not there is passed over. */
export function takeAside(lab: LabContext, fault: string, path: string): void {
  if (!existsSync(path)) return;
  renameSync(path, remember(lab, fault, path));
}

/** Keeps a copy of a file, its times included, that a fault is about to spoil. */
export function copyAside(lab: LabContext, fault: string, path: string): void {
  if (!existsSync(path) || !statSync(path).isFile()) return;
  const kept = remember(lab, fault, path);
  const { atime, mtime } = statSync(path);
  copyFileSync(path, kept);
  utimesSync(kept, atime, mtime);
}

/** Brings back, as it was, all that a fault took; what stands in its place goes. The last taken comes back first. */
export function putBack(lab: LabContext, fault: string): void {
  for (const { from, kept } of [...readIndex(lab, fault)].reverse()) {
    rmSync(from, { recursive: true, force: true });
    renameSync(kept, from);
  }
  rmSync(indexFile(lab, fault), { force: true });
}

function remember(lab: LabContext, fault: string, path: string): string {
  mkdirSync(folder(lab), { recursive: true });
  const entries = readIndex(lab, fault);
  const kept = join(folder(lab), `${fault}-${String(entries.length)}`);
  writeFileSync(indexFile(lab, fault), JSON.stringify([...entries, { from: path, kept }]));
  return kept;
}

function readIndex(lab: LabContext, fault: string): readonly Entry[] {
  return existsSync(indexFile(lab, fault)) ? (JSON.parse(readFileSync(indexFile(lab, fault), 'utf8')) as Entry[]) : [];
}
