import { describe, expect, test } from '@jest/globals';
import { chooseCopy, type CopyFacts, type CopyWay } from '../../../src/steps/copy/choose-copy.ts';

const end = { cores: 4, aes: true, zstd: true };
const base: CopyFacts = {
  sameHost: false,
  roundTripMs: 0.4,
  lineBytesPerSecond: 400_000_000,
  here: end,
  there: end,
  files: 500,
  bytes: 2_000_000_000,
  links: 0,
  sparse: 0,
  specials: 0,
  acls: 'none',
  xattrs: 'none',
  warmEntries: 0,
  samplePercent: 100,
  units: 20,
  large: 0,
  tookMs: 300,
};
const small = { files: 60_000, bytes: 300_000_000 };
const far = { roundTripMs: 50, lineBytesPerSecond: 60_000_000 };

interface Row {
  readonly what: string;
  readonly facts: Partial<CopyFacts>;
  readonly limited?: boolean;
  readonly way: Partial<CopyWay>;
  readonly why: RegExp;
}

const rows: readonly Row[] = [
  {
    what: 'large files nearby go by rsync, whole, under the cipher both processors compute',
    facts: {},
    way: { mode: 'rsync', cipher: 'aes128-gcm@openssh.com', streams: 1, wholeFile: true, acls: false, xattrs: false },
    why: /both processors compute AES/,
  },
  {
    what: 'files of 64 MiB and more come straight from the line into a fresh tree',
    facts: { large: 3 },
    way: { mode: 'rsync', straight: true },
    why: /3 files of 64 MiB and more straight from the line/,
  },
  {
    what: 'a tree that was filled before gets no file straight: what is there is gone on with',
    facts: { large: 3, warmEntries: 2 },
    way: { mode: 'rsync', straight: false },
    why: /only differences are sent/,
  },
  {
    what: 'holes are kept: then no file comes straight from the line',
    facts: { large: 3, sparse: 1 },
    way: { mode: 'rsync', straight: false, sparse: true },
    why: /sent whole/,
  },
  {
    what: 'a limit of the line is kept to by rsync alone',
    facts: { large: 3 },
    limited: true,
    way: { mode: 'rsync', straight: false },
    why: /sent whole/,
  },
  {
    what: 'a processor without AES leaves the cipher to the two programs',
    facts: { there: { ...end, aes: false } },
    way: { cipher: '' },
    why: /not both processors/,
  },
  {
    what: 'many small files into a fresh tree go as one archive',
    facts: small,
    way: { mode: 'tar', streams: 1 },
    why: /one archive: 60000 files of 5 kB/,
  },
  {
    what: 'a tree that was filled before gets only differences, however small its files',
    facts: { ...small, warmEntries: 60_000 },
    way: { mode: 'rsync', wholeFile: false },
    why: /only differences are sent.*60000/,
  },
  {
    what: 'ACLs in the tree rule the archive out',
    facts: { ...small, acls: 'some' },
    way: { mode: 'rsync', acls: true, xattrs: false },
    why: /ACLs are kept/,
  },
  {
    what: 'a look that did not come to its end counts as if there were ACLs and attributes',
    facts: { ...small, acls: 'unknown', xattrs: 'unknown' },
    way: { mode: 'rsync', acls: true, xattrs: true },
    why: /no complete look/,
  },
  {
    what: 'sockets and devices rule the archive out',
    facts: { ...small, specials: 1 },
    way: { mode: 'rsync' },
    why: /1 pipes, sockets or devices/,
  },
  {
    what: 'a limit of the runbook rules archive and several streams out',
    facts: { ...small, ...far },
    limited: true,
    way: { mode: 'rsync', streams: 1 },
    why: /limit/,
  },
  {
    what: 'a long way is shared by four streams at most',
    facts: far,
    way: { mode: 'rsync', streams: 4 },
    why: /4 streams: a round trip of 50 ms holds one of them to 42 MB\/s/,
  },
  { what: 'a very long way too', facts: { ...far, roundTripMs: 200 }, way: { streams: 4 }, why: /4 streams/ },
  { what: 'no more streams than folders', facts: { ...far, units: 2 }, way: { streams: 2 }, why: /2 streams/ },
  {
    what: 'a tree in one folder goes as one stream',
    facts: { ...far, units: 1 },
    way: { streams: 1 },
    why: /too small to share/,
  },
  {
    what: 'a slow line and a sample that shrinks are compressed',
    facts: { lineBytesPerSecond: 5_000_000, samplePercent: 31 },
    way: { compress: true },
    why: /zstd: the line carries 5 MB\/s, and a sample shrank to 31 %/,
  },
  {
    what: 'a slow line and pictures are not',
    facts: { lineBytesPerSecond: 5_000_000, samplePercent: 97 },
    way: { compress: false },
    why: /./,
  },
  {
    what: 'an old rsync compresses nothing',
    facts: { lineBytesPerSecond: 5_000_000, samplePercent: 31, here: { ...end, zstd: false } },
    way: { compress: false },
    why: /not both rsyncs/,
  },
  { what: 'a fast line is not compressed', facts: { samplePercent: 10 }, way: { compress: false }, why: /./ },
  { what: 'files with holes keep them', facts: { sparse: 2 }, way: { sparse: true }, why: /./ },
  {
    what: 'folders of one machine need no cipher and no streams',
    facts: { sameHost: true, roundTripMs: -1, lineBytesPerSecond: 0 },
    way: { cipher: '', streams: 1, compress: false },
    why: /./,
  },
  {
    what: 'names of one file are kept together',
    facts: { links: 7 },
    way: { mode: 'rsync' },
    why: /7 entries are names/,
  },
];

describe('the way of a copy', () => {
  test.each(rows)('$what', ({ facts, limited, way, why }) => {
    const chosen = chooseCopy({ ...base, ...facts }, { limited: limited ?? false });
    expect(chosen).toMatchObject(way);
    expect(chosen.why.join('\n')).toMatch(why);
  });

  test('is the same for the same facts', () => {
    expect(chooseCopy(base)).toEqual(chooseCopy(structuredClone(base)));
  });
});
