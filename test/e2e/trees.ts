import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type BigIntStats } from 'node:fs';

/** A tree as this machine's kernel tells it, one line an entry: kind, mode, owners, size, time, links, content. */
export function treeLines(folder: string, leaveOut: readonly string[] = []): readonly string[] {
  const firstNames = new Map<string, string>();
  const lines: string[] = [];
  const walk = (path: Buffer, name: Buffer): void => {
    const stats = lstatSync(path, { bigint: true });
    lines.push(`${JSON.stringify(name.toString('latin1'))} ${describe(stats, { path, name, firstNames })}`);
    if (!stats.isDirectory()) return;
    for (const child of readdirSync(path, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b))) {
      const below = name.length === 0 ? child : Buffer.concat([name, Buffer.from('/'), child]);
      if (!leaveOut.includes(below.toString())) walk(Buffer.concat([path, Buffer.from('/'), child]), below);
    }
  };
  walk(Buffer.from(folder), Buffer.alloc(0));
  return lines;
}

function describe(
  stats: BigIntStats,
  where: { readonly path: Buffer; readonly name: Buffer; readonly firstNames: Map<string, string> },
): string {
  const owners = process.getuid?.() === 0 ? `${String(stats.uid)}:${String(stats.gid)}` : 'own';
  const mode = (stats.mode & 0o7777n).toString(8);
  if (stats.isSymbolicLink())
    return `link ${owners} ${JSON.stringify(readlinkSync(where.path, 'latin1'))} ${String(stats.mtimeNs)}`;
  if (stats.isDirectory()) return `folder ${mode} ${owners} ${String(stats.mtimeNs)}`;
  const inode = String(stats.ino);
  const same = where.firstNames.get(inode) ?? '';
  if (stats.nlink > 1n && same === '') where.firstNames.set(inode, where.name.toString('latin1'));
  const content = createHash('sha256').update(readFileSync(where.path)).digest('hex');
  return `file ${mode} ${owners} ${String(stats.size)} ${String(stats.mtimeNs)} ${content} as ${JSON.stringify(same)}`;
}
