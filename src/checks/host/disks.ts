import { formatSize } from '../../base/duration.ts';
import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { linesOf, type HostFacts } from './facts.ts';
import type { HostNeeds } from './needs.ts';

// File systems: room, inodes, noexec, quotas, and the disks below them. Pure.

/** One file system as df and the mount table show it. */
export interface FileSystem {
  readonly mount: string;
  readonly sizeBytes: number;
  readonly freeBytes: number;
  readonly usedPercent: number;
  /** Absent: they are not counted. */
  readonly inodesUsedPercent?: number;
  readonly options: readonly string[];
  /** Paths asked about that lie on it. */
  readonly paths: readonly string[];
}

/** Where jobs of drp lie on a host, below the home folder of the login. */
function jobsFolder(facts: HostFacts): string {
  return `${linesOf(facts.fact('home'))[0] ?? ''}/.drp/jobs`;
}

/** The file systems of the paths asked about, each once. A path df does not answer for is in `silent`. */
function fileSystems(
  facts: HostFacts,
  needs: HostNeeds,
): { readonly found: readonly FileSystem[]; readonly silent: readonly string[] } {
  const options = mountOptions(facts);
  const byMount = new Map<string, FileSystem>();
  const silent: string[] = [];
  const disks = facts.names.flatMap((name) => (name.startsWith('folder ') ? [name.slice('folder '.length)] : []));
  for (const path of new Set(['/', jobsFolder(facts), '/tmp', ...needs.folders, ...needs.executable, ...disks])) {
    const room = dfLine(facts, `folder ${path}`);
    if (room === undefined) {
      silent.push(path);
      continue;
    }
    const { mount, total, available, percent } = room;
    const known = byMount.get(mount);
    if (known !== undefined) {
      byMount.set(mount, { ...known, paths: [...known.paths, path] });
      continue;
    }
    const inodes = dfLine(facts, `inodes ${path}`);
    byMount.set(mount, {
      mount,
      sizeBytes: total * 1024,
      freeBytes: available * 1024,
      usedPercent: percent,
      ...(inodes === undefined || inodes.total <= 0 ? {} : { inodesUsedPercent: inodes.percent }),
      options: options.get(mount) ?? [],
      paths: [path],
    });
  }
  return { found: [...byMount.values()], silent };
}

/** The file system that holds a path, by the longest mount point above it. */
function holderOf(found: readonly FileSystem[], path: string): FileSystem | undefined {
  return found.find((one) => one.paths.includes(path));
}

interface DfLine {
  readonly total: number;
  readonly available: number;
  readonly percent: number;
  readonly mount: string;
}

/** The last line of `df -P`: names may hold spaces, so numbers are what it is read by. */
function dfLine(facts: HostFacts, name: string): DfLine | undefined {
  const line = linesOf(facts.fact(name)).at(-1) ?? '';
  const match = /\s(\d+)\s+(\d+)\s+(-?\d+)\s+(\d+)%\s+(\/.*)$/.exec(line);
  if (match === null) return undefined;
  const [, total, , available, percent, mount = ''] = match;
  return { total: Number(total), available: Number(available), percent: Number(percent), mount };
}

function mountOptions(facts: HostFacts): ReadonlyMap<string, readonly string[]> {
  // What is mounted last over a place is what one sees there.
  return new Map(
    linesOf(facts.fact('mounts')).map((line) => {
      const [, mount = '', , options = ''] = line.split(' ');
      const readable = mount.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
      return [readable, options.split(',')] as const;
    }),
  );
}

export function diskFindings(facts: HostFacts, needs: HostNeeds): readonly Finding[] {
  const { host, limits } = needs;
  const { found, silent } = fileSystems(facts, needs);
  return [
    ...found.flatMap((one) => [roomOf(one, needs), inodesOf(one, needs)]),
    ...silent.map((path) =>
      findingFor('host.disk', `${host}:${path}`).unknown('df gives no answer', {
        threshold: `limit ${limits.disk} %`,
        advice: `On ${host}: df ${path}. A network file system whose server is gone answers never.`,
      }),
    ),
    noexec(found, facts, needs),
    quota(facts, needs),
    health(facts, needs),
  ];
}

function roomOf(one: FileSystem, { host, limits }: HostNeeds): Finding {
  const say = findingFor('host.disk', `${host}:${one.mount}`);
  const found = `${one.usedPercent} % of ${formatSize(one.sizeBytes)} used, ${formatSize(one.freeBytes)} free`;
  const words = {
    threshold: `limit ${limits.disk} %`,
    metrics: [
      { name: 'used_percent', value: one.usedPercent, fail: limits.disk },
      { name: 'free_bytes', value: one.freeBytes },
    ],
  };
  if (one.options.includes('ro') && one.paths.some((path) => needsWriting(path))) {
    const advice = `It is mounted read-only, often after a disk error: see dmesg on ${host}.`;
    return say.fail(`${found}; read-only`, { ...words, advice });
  }
  if (one.usedPercent <= limits.disk) return say.ok(found, words);
  const advice = `Make room on ${host}: du -xh --max-depth=2 ${one.mount} | sort -h | tail.`;
  return say.fail(found, { ...words, advice });
}

function needsWriting(path: string): boolean {
  return path !== '/';
}

function inodesOf(one: FileSystem, { host, limits }: HostNeeds): Finding {
  const say = findingFor('host.inodes', `${host}:${one.mount}`);
  const used = one.inodesUsedPercent;
  if (used === undefined) return say.ok('not counted by this file system');
  const words = {
    threshold: `limit ${limits.inodes} %`,
    metrics: [{ name: 'used_percent', value: used, fail: limits.inodes }],
  };
  const found = `${used} % of inodes used`;
  if (used <= limits.inodes) return say.ok(found, words);
  const advice = `Too many small files on ${host}: du -x --inodes --max-depth=2 ${one.mount} | sort -n | tail.`;
  return say.fail(found, { ...words, advice });
}

/** Jobs run from below the home folder, the site's own programs from its base. */
function noexec(found: readonly FileSystem[], facts: HostFacts, { host, executable }: HostNeeds): Finding {
  const say = findingFor('host.noexec', host);
  const paths = [jobsFolder(facts), ...executable];
  const barred = paths.filter((path) => holderOf(found, path)?.options.includes('noexec') === true);
  const threshold = 'programs may run where drp and the site need it';
  if (linesOf(facts.fact('mounts')).length === 0) {
    return say.unknown('the mount table could not be read', { threshold, advice: `On ${host}: cat /proc/mounts.` });
  }
  if (barred.length === 0) return say.ok(`programs may run below ${paths.join(' and ')}`);
  const mounts = [...new Set(barred.map((path) => holderOf(found, path)?.mount ?? path))];
  const found_ = `no program may run below ${mounts.join(' and ')} (mounted noexec)`;
  const advice = `On ${host}: mount -o remount,exec ${mounts[0] ?? ''}, and take noexec out of /etc/fstab.`;
  return say.fail(found_, { threshold, advice });
}

/** Lines of `quota -w -p`: file system, blocks, quota, limit, grace, files, quota, limit, grace; `*` marks what is over. */
function quota(facts: HostFacts, { host, user }: HostNeeds): Finding {
  const say = findingFor('host.quota', host);
  const fact = facts.fact('quota');
  const advice = `On ${host}, as root: repquota -a, then edquota ${user}.`;
  if ('absent' in fact) return say.unknown(fact.absent, { advice: `Install quota on ${host}.` });
  const lines = linesOf(fact);
  if (lines[0] === 'off') return say.ok('no file system has quotas');
  const rows = lines.flatMap((line) => {
    const match = /^\s*(\/\S*)\s+(\d+)(\*?)\s+(\d+)\s+(\d+)\s+\S+\s+(\d+)(\*?)\s+(\d+)\s+(\d+)/.exec(line);
    if (match === null) return [];
    const [, where = '', blocks, over, , hard, files, filesOver, , filesHard] = match;
    const share = (used: string | undefined, limit: string | undefined): number =>
      Number(limit) > 0 ? Math.round((100 * Number(used)) / Number(limit)) : 0;
    return [
      {
        where,
        over: over === '*' || filesOver === '*',
        percent: Math.max(share(blocks, hard), share(files, filesHard)),
      },
    ];
  });
  const worst = rows.toSorted((a, b) => b.percent - a.percent)[0];
  if (worst === undefined) return say.ok(`no quota for ${user}`);
  const words = { threshold: 'limit 90 %', metrics: [{ name: 'used_percent', value: worst.percent, fail: 90 }] };
  const found = `${user} has used ${worst.percent} % of its quota on ${worst.where}`;
  return worst.over || worst.percent > 90 ? say.fail(found, { ...words, advice }) : say.ok(found, words);
}

/** SMART where a person may read it, and software RAID. */
function health(facts: HostFacts, { host }: HostNeeds): Finding {
  const say = findingFor('host.disk-health', host);
  const raid = linesOf(facts.fact('mdstat'));
  const degraded = raid.flatMap((line, at) => {
    // `[2/1] [U_]` below `md0 : active raid1 …`: a member that is not up is an underscore.
    const name = /^(md\S*)\s*:/.exec(raid[at - 1] ?? '')?.[1] ?? 'a RAID';
    return /\[[U_]*_[U_]*\]/.test(line) ? [name] : [];
  });
  const disks = smart(facts);
  const failing = disks.filter(({ state }) => state === 'failing').map(({ disk }) => disk);
  const broken = [
    ...degraded.map((name) => `${name} has lost a member`),
    ...failing.map((disk) => `${disk} says it will fail`),
  ];
  if (broken.length > 0) {
    const advice = `Replace it before it is needed; on ${host}: cat /proc/mdstat, smartctl -a DISK.`;
    return say.fail(broken.join(', '), { threshold: 'all disks and members well', advice });
  }
  const well = disks.filter(({ state }) => state === 'well').length;
  const arrays = raid.filter((line) => /^md\S*\s*:/.test(line)).length;
  if (well + arrays > 0) return say.ok(`${well} disks and ${arrays} arrays say they are well`);
  const fact = facts.fact('disks');
  const reason = 'absent' in fact ? fact.absent : 'no disk of it says';
  return say.skipped(`disk health cannot be read here: ${reason}`);
}

function smart(facts: HostFacts): readonly { readonly disk: string; readonly state: 'well' | 'failing' | 'silent' }[] {
  const disks: { disk: string; state: 'well' | 'failing' | 'silent' }[] = [];
  for (const line of linesOf(facts.fact('disks'))) {
    const disk = /^disk (\S+)$/.exec(line)?.[1];
    const last = disks.at(-1);
    if (disk !== undefined) disks.push({ disk, state: 'silent' });
    else if (last !== undefined && /health/i.test(line)) last.state = /PASSED|OK/.test(line) ? 'well' : 'failing';
  }
  return disks;
}
