/**
 * The programs that checks run on hosts, and what their arguments must begin with where a program can do more than read.
 * Nothing else runs there; a test records every program that a whole check starts and holds it against this list. `rm`,
 * `mktemp` and what is written with them is scratch of the same call, gone when it ends.
 */
export const readOnlyPrograms: Readonly<Record<string, readonly (readonly string[])[] | 'any'>> = {
  awk: 'any',
  bzip2: [['-dc']],
  cat: 'any',
  cut: 'any',
  date: [['+%s.%N'], ['-u']],
  df: 'any',
  find: 'any',
  getent: 'any',
  grep: 'any',
  gzip: [['-dc']],
  head: 'any',
  id: 'any',
  ip: [['-o', 'route', 'get']],
  mariadb: [['-e', 'SHOW']],
  mktemp: 'any',
  mysql: [['-e', 'SHOW']],
  nproc: 'any',
  od: 'any',
  openssl: [['dgst', '-sha256', '-r']],
  pg_restore: [['-l'], ['-f', '/dev/null'], ['--version']],
  psql: [['-X', '-q', '-At', '-w']],
  quota: [['-w', '-p']],
  readlink: 'any',
  rm: [
    ['-f', '/tmp/tmp.'],
    ['-rf', '/tmp/tmp.'],
  ],
  rsync: [['--version']],
  sed: [['-n'], ['s/'], ['/^$/d']],
  sh: 'any',
  sha256sum: 'any',
  sleep: 'any',
  smartctl: [['-H']],
  sort: 'any',
  ssh: [['-V'], ['-F'], ['-p'], ['-o']],
  stat: 'any',
  sudo: [['-n', '-l']],
  systemctl: [['is-active']],
  tail: 'any',
  test: 'any',
  tr: 'any',
  true: 'any',
  uname: [['-r']],
  uniq: 'any',
  wc: 'any',
  xz: [['-dc']],
  zstd: [['-dc']],
};

/** Programs that run another, and how many arguments come before it. */
const wrappers: Readonly<Record<string, number>> = { timeout: 1, nice: 2, ionice: 2 };

/** Whether a command is on the list, also behind `timeout` or `nice`. `find` that runs or removes something is not. */
export function isReadOnly([program = '', ...args]: readonly string[]): boolean {
  const before = Object.hasOwn(wrappers, program) ? wrappers[program] : undefined;
  if (before !== undefined) return isReadOnly(args.slice(before));
  if (!Object.hasOwn(readOnlyPrograms, program)) return false;
  if (program === 'find') return !args.some((arg) => /^-(exec|execdir|ok|okdir|delete|fprint|fprintf|fls)/.test(arg));
  const allowed = readOnlyPrograms[program];
  if (allowed === undefined || allowed === 'any') return allowed === 'any';
  return allowed.some((beginning) => beginning.every((word, at) => args[at]?.startsWith(word) === true));
}
