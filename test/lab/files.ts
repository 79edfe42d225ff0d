import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isRoot, type LabContext } from './process.ts';
import { hostAddress } from './sshd.ts';

export interface TreeOptions {
  /** What the uploaded files should weigh together, bytes. */
  readonly bytes: number;
  /** The moment the oldest state of the tree is from. */
  readonly madeAt: Date;
}

/** The text of www/release.txt on a day: what the site reports as `filesRelease`. */
export const filesRelease = (at: Date): string => `files of ${at.toISOString().slice(0, 10)}`;

/** Names that break scripts: each is an ordinary file in `www/odd names`. Buffers, since one is not valid UTF-8. */
const oddNames: readonly (string | Buffer)[] = [
  'two words.txt',
  ' leading and trailing ',
  'new\nline.txt',
  'tab\there.txt',
  'carriage\rreturn.txt',
  "it's quoted.txt",
  'double "quoted".txt',
  'back\\slash.txt',
  '-rf',
  '--delete',
  '$(reboot)',
  '`id`',
  '$HOME',
  ';true',
  '&& echo',
  '*',
  '?',
  '[a-z]',
  '{a,b}',
  '~root',
  '#comment',
  '!bang',
  '%s%n',
  ':colon:',
  '...',
  '.hidden',
  'pièce d’identité.pdf',
  'e\u0301te\u0301 (decomposed).txt',
  'été (composed).txt',
  '身分證.jpg',
  '🔥.txt',
  'عربى.txt',
  'CASE.txt',
  'case.txt',
  `long-${'x'.repeat(246)}.dat`,
  Buffer.from([0x62, 0x61, 0x64, 0xff, 0xfe, 0x2e, 0x62, 0x69, 0x6e]),
];

/** Fills a site's www and config as they were at `madeAt`. Contents depend only on path and size. */
export function makeTree(lab: LabContext, base: string, options: TreeOptions): void {
  const www = join(base, 'www');
  mkdirSync(www, { recursive: true });
  makeUploads(www, options);
  makeOddNames(join(www, 'odd names'));
  makeLinks(www);
  makeModes(www);
  stampRelease(base, options.madeAt);
  makeConfig(lab, base);
}

/** What a day of work adds: a few uploads, one changed file, a new release text. */
export function addDay(base: string, at: Date): void {
  const day = at.toISOString().slice(0, 10);
  for (let number = 1; number <= 5; number++) {
    writeAt(
      join(base, 'www', 'uploads', day, `passport-${String(number)}.pdf`),
      content(`${day} ${String(number)}`, 20_000 + number * 777),
      at,
    );
  }
  writeAt(join(base, 'www', 'uploads', 'index.json'), Buffer.from(`{"updated":"${at.toISOString()}"}\n`), at);
  stampRelease(base, at);
}

/** Files of a site's own address: what must not be taken over from another site. */
export function writeListenConfig(lab: LabContext, base: string, site: 'limburg' | 'gravelines'): void {
  const address = hostAddress(lab, site);
  mkdirSync(join(base, 'config'), { recursive: true });
  writeFileSync(
    join(base, 'config', 'listen.conf'),
    `# The address this site is served at.\nlisten ${address}:8443 ssl;\nlisten ${address}:8080;\n`,
  );
}

function stampRelease(base: string, at: Date): void {
  writeAt(join(base, 'www', 'release.txt'), Buffer.from(`${filesRelease(at)}\n`), at);
}

function makeUploads(www: string, options: TreeOptions): void {
  const large = Math.floor(options.bytes / 4);
  writeAt(join(www, 'uploads', 'archive.tar'), content('archive', large), options.madeAt);
  const small = 240;
  const each = Math.max(1, Math.floor((options.bytes - large) / small));
  for (let number = 0; number < small; number++) {
    const folder = join(www, 'uploads', `customer-${String(number % 24).padStart(2, '0')}`);
    const at = new Date(options.madeAt.getTime() - number * 3_600_000);
    writeAt(
      join(folder, `document-${String(number)}.pdf`),
      content(`document ${String(number)}`, Math.floor(each * (0.5 + (number % 11) / 10))),
      at,
    );
  }
  writeAt(join(www, 'uploads', 'empty.txt'), Buffer.alloc(0), options.madeAt);
  mkdirSync(join(www, 'uploads', 'empty folder'), { recursive: true });
  makeSparse(join(www, 'uploads', 'disk.img'));
  writeAt(join(www, 'old', 'from 1970.txt'), Buffer.from('old\n'), new Date(1_000));
  writeAt(join(www, 'old', 'from 2033.txt'), Buffer.from('new\n'), new Date('2033-05-18T03:33:20Z'));
}

function makeOddNames(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of oddNames) {
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]);
    writeFileSync(path, `the file called ${JSON.stringify(name.toString())}\n`);
  }
  writeAt(
    join(folder, 'a folder\nwith a newline', 'inside.txt'),
    Buffer.from('inside\n'),
    new Date('2026-01-02T03:04:05Z'),
  );
}

function makeLinks(www: string): void {
  const links = join(www, 'links');
  writeAt(join(links, 'one', 'shared.bin'), content('shared', 40_000), new Date('2026-02-03T04:05:06Z'));
  mkdirSync(join(links, 'two'), { recursive: true });
  linkSync(join(links, 'one', 'shared.bin'), join(links, 'one', 'second name.bin'));
  linkSync(join(links, 'one', 'shared.bin'), join(links, 'two', 'third name.bin'));
  const targets: readonly (readonly [string, string])[] = [
    ['relative', 'one/shared.bin'],
    ['to a folder', 'two'],
    ['upwards', '../uploads/index.json'],
    ['dangling', 'nowhere/at all'],
    ['absolute', '/etc/hostname'],
    ['loop', 'loop'],
    ['new\nline', 'one/../one/second name.bin'],
  ];
  for (const [name, target] of targets) {
    symlinkSync(target, join(links, name));
    lutimesSync(join(links, name), 1_700_000_000, 1_700_000_000);
  }
}

function makeModes(www: string): void {
  // An ordinary user must be able to read what he is to copy, so the file nobody may read is root's alone.
  const modes = [...(isRoot() ? [0o000] : []), 0o400, 0o444, 0o600, 0o640, 0o666, 0o755, 0o777, 0o4755, 0o2755];
  for (const mode of modes) {
    const file = join(www, 'modes', `mode-${mode.toString(8).padStart(4, '0')}`);
    writeAt(file, Buffer.from(`${mode.toString(8)}\n`), new Date('2026-03-04T05:06:07Z'));
    if (isRoot() && mode === 0o640) lchownSync(file, 33, 33);
    if (isRoot() && mode === 0o600) lchownSync(file, 64_123, 64_124); // an owner no passwd knows
    chmodSync(file, mode);
  }
  for (const [name, mode] of [
    ['sticky', 0o1777],
    ['setgid', 0o2770],
    ['private', 0o700],
  ] as const) {
    mkdirSync(join(www, 'modes', name));
    chmodSync(join(www, 'modes', name), mode);
  }
}

function makeConfig(lab: LabContext, base: string): void {
  const config = join(base, 'config');
  mkdirSync(join(config, 'cron.d'), { recursive: true });
  writeFileSync(
    join(config, 'app.json'),
    `${JSON.stringify({ release: '4.2.1', retentionDays: 90, theme: 'blue' }, null, 2)}\n`,
  );
  writeFileSync(
    join(config, 'headers.conf'),
    'add_header X-Content-Type-Options nosniff;\nadd_header Cache-Control no-store;\n',
  );
  writeFileSync(join(config, 'cron.d', 'backup-rotation'), '0 2 * * * ops /usr/local/bin/rotate-backups --keep 90\n');
  writeFileSync(join(config, 'cron.d', 'reminders'), '*/15 * * * * ops /usr/local/bin/send-reminders\n');
  writeListenConfig(lab, base, 'limburg');
}

/** 10 MiB that take a few blocks. */
function makeSparse(file: string): void {
  const fd = openSync(file, 'w');
  writeSync(fd, 'begin', 0);
  writeSync(fd, 'middle', 5 * 1024 * 1024);
  ftruncateSync(fd, 10 * 1024 * 1024);
  closeSync(fd);
}

function writeAt(file: string, data: Buffer, at: Date): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, data);
  utimesSync(file, at, at);
}

/** Bytes that do not compress and are the same each time. */
function content(seed: string, bytes: number): Buffer {
  const block = Buffer.concat(
    Array.from({ length: 512 }, (_, index) =>
      createHash('sha512')
        .update(`${seed} ${String(index)}`)
        .digest(),
    ),
  );
  const result = Buffer.alloc(bytes);
  for (let offset = 0; offset < bytes; offset += block.length) block.copy(result, offset);
  return result;
}
