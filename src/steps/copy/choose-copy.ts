/** One end of a copy. */
export interface CopyEnd {
  readonly cores: number;
  /** The CPU computes AES itself. */
  readonly aes: boolean;
  /** Its rsync speaks zstd. */
  readonly zstd: boolean;
}

/** What a look at every entry of a tree found; `unknown`: it was not looked at, or not to its end. */
export type Found = 'none' | 'some' | 'unknown';

/** What a probe found out before a copy. */
export interface CopyFacts {
  /** Source and target are folders of one machine. */
  readonly sameHost: boolean;
  /** One way and back between the hosts; -1: not measured. */
  readonly roundTripMs: number;
  /** What one stream of the line carried of a sample; 0: not measured. */
  readonly lineBytesPerSecond: number;
  readonly here: CopyEnd;
  readonly there: CopyEnd;
  readonly files: number;
  readonly bytes: number;
  /** Entries whose inode has several names. */
  readonly links: number;
  /** Files with holes. */
  readonly sparse: number;
  /** Pipes, sockets, devices. */
  readonly specials: number;
  readonly acls: Found;
  readonly xattrs: Found;
  /** Entries the hidden tree beside the target holds already; 0: it is fresh. */
  readonly warmEntries: number;
  /** Size of a zstd -1 sample of the tree, in percent; 100: not taken. */
  readonly samplePercent: number;
  /** Folders and large files that streams can share out among them. */
  readonly units: number;
  /** Files of 64 MiB and more (probe-source.sh). */
  readonly large: number;
  /** How long finding all of this out took. */
  readonly tookMs: number;
}

/** How a copy is done. */
export interface CopyWay {
  /** `tar`: one archive through the line into a fresh hidden tree; `rsync`: file by file, sending differences. */
  readonly mode: 'rsync' | 'tar';
  /** '': what the two programs agree on. */
  readonly cipher: '' | 'aes128-gcm@openssh.com';
  /** Connections at once, each with folders of its own. */
  readonly streams: number;
  /** Files are sent whole: nothing on the target to compare blocks with. */
  readonly wholeFile: boolean;
  readonly acls: boolean;
  readonly xattrs: boolean;
  readonly compress: boolean;
  readonly sparse: boolean;
  /** Large files are written straight from the line before rsync goes over the tree: it costs a third of rsync's work a byte. */
  readonly straight: boolean;
  /** One line a choice, for people. */
  readonly why: readonly string[];
}

/** Limits set from outside: what the runbook says of the line. */
export interface CopyLimits {
  /** Bytes a second the copy may use at any hour of the day; true where the runbook limits it at all. */
  readonly limited: boolean;
}

/** Window of one OpenSSH channel: what a single stream has under way at most (measured: rates follow 2 MiB / round trip). */
const channelWindow = 2 * 1024 * 1024;
/** Taken for the line where nothing says more: 1 Gbit/s. */
const usualLine = 125_000_000;
/** A stream does not fill its window all the time: it begins slowly, and looks at files. */
const streamsSpare = 1.25;
/** More connections than that look like an attack to a server (fail2ban, MaxStartups), and gain little. */
const streamsMax = 4;
/** Below this mean size, making files costs more than sending them, and one archive beats asking file by file. */
const smallFileBytes = 64 * 1024;
const manyFiles = 2_000;
/** Under this rate the line, not the processors, is what a copy waits for. */
const slowLine = 40_000_000;
const compressiblePercent = 70;

/**
 * Chooses how a tree is copied, and says why. Pure: the same facts give the same way, so that a copy taken up again is
 * the same copy. What is not known is taken for the worse case.
 */
export function chooseCopy(facts: CopyFacts, limits: CopyLimits = { limited: false }): CopyWay {
  const why: string[] = [];
  const say = <T>(value: T, reason: string): T => {
    why.push(reason);
    return value;
  };
  const fresh = facts.warmEntries === 0;
  const acls = facts.acls !== 'none';
  const xattrs = facts.xattrs !== 'none';
  const cipher = chooseCipher(facts, say);
  const streams = chooseStreams(facts, limits, say);
  const compress = chooseCompression(facts, say);
  const mode = chooseMode(facts, { limits, streams, compress, attributes: acls || xattrs }, say);
  const straight = fresh && mode === 'rsync' && chooseStraight(facts, { limits, streams, compress }, say);
  why.push(
    fresh
      ? 'files are sent whole: the tree beside the target is fresh'
      : `only differences are sent: the tree beside the target holds ${facts.warmEntries} entries already`,
    attributesInWords(facts),
  );
  const { links } = facts;
  if (links > 0 && mode === 'rsync') why.push(`${links} entries are names of one file and are kept together`);
  const sparse = facts.sparse !== 0;
  return { mode, cipher, streams, wholeFile: fresh, acls, xattrs, compress, sparse, straight, why };
}

type Say = <T>(value: T, reason: string) => T;

function chooseCipher(facts: CopyFacts, say: Say): CopyWay['cipher'] {
  if (facts.sameHost) return '';
  if (facts.here.aes && facts.there.aes)
    return say('aes128-gcm@openssh.com', 'cipher aes128-gcm: both processors compute AES themselves');
  return say('', 'cipher as the two programs agree: not both processors compute AES themselves');
}

function chooseStreams(facts: CopyFacts, limits: CopyLimits, say: Say): number {
  if (facts.sameHost || facts.roundTripMs < 0) return 1;
  const wanted = Math.ceil((streamsSpare * usualLine * (facts.roundTripMs / 1000)) / channelWindow);
  if (wanted <= 1) return say(1, `one stream: the line's round trip is ${spell(facts.roundTripMs)}`);
  if (limits.limited) return say(1, 'one stream: the runbook limits what the copy may use of the line');
  if (facts.units < 2 || facts.bytes < 4 * channelWindow)
    return say(1, 'one stream: the tree is too small to share out');
  const streams = Math.min(streamsMax, wanted, facts.units);
  return say(
    streams,
    `${streams} streams: a round trip of ${spell(facts.roundTripMs)} holds one of them to ${Math.round(channelWindow / 1000 / facts.roundTripMs)} MB/s`,
  );
}

function chooseCompression(facts: CopyFacts, say: Say): boolean {
  const { lineBytesPerSecond: line, samplePercent } = facts;
  if (facts.sameHost || line === 0 || line >= slowLine || samplePercent > compressiblePercent) return false;
  if (!facts.here.zstd || !facts.there.zstd) return say(false, 'not compressed: not both rsyncs speak zstd');
  return say(
    true,
    `compressed by zstd: the line carries ${Math.round(line / 1_000_000)} MB/s, and a sample shrank to ${samplePercent} %`,
  );
}

function chooseMode(
  facts: CopyFacts,
  at: {
    readonly limits: CopyLimits;
    readonly streams: number;
    readonly compress: boolean;
    readonly attributes: boolean;
  },
  say: Say,
): CopyWay['mode'] {
  const small = facts.files >= manyFiles && facts.bytes / facts.files < smallFileBytes;
  if (facts.warmEntries > 0 || !small) return 'rsync';
  if (at.limits.limited) return say('rsync', 'rsync: it keeps to a limit of the line, an archive does not');
  if (at.attributes) return say('rsync', 'rsync: it keeps ACLs and extended attributes');
  if (facts.specials > 0) return say('rsync', `rsync: the tree holds ${facts.specials} pipes, sockets or devices`);
  if (at.streams > 1 || at.compress)
    return say('rsync', 'rsync: the line, not the making of files, is what takes time');
  return say(
    'tar',
    `one archive: ${facts.files} files of ${Math.round(facts.bytes / facts.files / 1000)} kB on average`,
  );
}

function chooseStraight(
  { sameHost, large, sparse }: CopyFacts,
  at: { readonly limits: CopyLimits; readonly streams: number; readonly compress: boolean },
  say: Say,
): boolean {
  if (sameHost || large === 0 || sparse > 0 || at.limits.limited || at.streams > 1 || at.compress) return false;
  return say(
    true,
    `${large} ${large === 1 ? 'file' : 'files'} of 64 MiB and more straight from the line, all else by rsync: nothing is there to compare them with`,
  );
}

function attributesInWords({ acls, xattrs }: CopyFacts): string {
  if (acls === 'none' && xattrs === 'none')
    return 'no ACLs or extended attributes: every entry was looked at, none has any';
  const kept = [...(acls === 'none' ? [] : ['ACLs']), ...(xattrs === 'none' ? [] : ['extended attributes'])].join(
    ' and ',
  );
  return acls === 'unknown' || xattrs === 'unknown'
    ? `${kept} are looked for in every file: no complete look found that there are none`
    : `${kept} are kept: the tree has some`;
}

const spell = (ms: number): string => (ms < 1 ? 'under 1 ms' : `${Math.round(ms)} ms`);
