import { mkdirSync, readFileSync, renameSync, rmdirSync } from 'node:fs';
import { isRoot, run, type LabContext } from './process.ts';

/** Why a full disk cannot be had here, or nothing when it can. */
export const noFullDisk = (): string | undefined =>
  isRoot() ? undefined : 'disk-full: only root may mount the small volume it needs';

/** Moves a folder onto a volume that has `freeBytes` left over. What is in it stays, open files excepted. */
export async function fillDisk(folder: string, freeBytes: number): Promise<void> {
  const reason = noFullDisk();
  if (reason !== undefined) throw new Error(reason);
  const used = Number((await run(['du', '-sB1', folder])).stdout.split('\t')[0]);
  renameSync(folder, `${folder}.disk`);
  mkdirSync(folder);
  await run([
    'mount',
    '-t',
    'tmpfs',
    '-o',
    `size=${String(Math.ceil((used + freeBytes) / 4096) * 4096)},mode=0755`,
    'practice-lab',
    folder,
  ]);
  await run(['cp', '-a', '--sparse=auto', `${folder}.disk/.`, folder]);
}

/** Moves the folder, with what was written meanwhile, back to where there is room. */
export async function freeDisk(folder: string): Promise<void> {
  await run(['rsync', '-aHAXS', '--numeric-ids', '--delete', `${folder}/`, `${folder}.disk/`]);
  await run(['umount', '-l', folder]);
  rmdirSync(folder);
  renameSync(`${folder}.disk`, folder);
}

/** Unmounts everything mounted under a lab's folder, innermost first. */
export async function unmountAll(lab: LabContext): Promise<void> {
  const mounted = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[1] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    )
    .filter((path) => path.startsWith(`${lab.dir}/`));
  for (const path of mounted.reverse()) await run(['umount', '-l', path]);
}
