// What `sudo -l` lists, read as sudoers(5) has it. Pure.

/** A command as sudo names it, `/usr/bin/id -u`, and whom it is to be run as. */
export interface Wanted {
  readonly command: string;
  readonly as: string;
}

/**
 * Whether sudo runs a command without a password, by what it lists of its rules: the last rule that covers it
 * counts, and a tag holds for what follows it on the line. Undefined: no rule was recognised as covering it.
 */
export function withoutPassword(listed: readonly string[], wanted: Wanted): boolean | undefined {
  if (listed.some((line) => defaultsFree(line, wanted))) return true;
  let free: boolean | undefined;
  for (const { who, rest } of rulesIn(listed)) {
    let tag = false;
    if (!means(who, wanted.as)) continue;
    for (const part of items(rest)) {
      if (/\bNOPASSWD:/.test(part)) tag = true;
      if (/(^|\s)PASSWD:/.test(part)) tag = false;
      if (covers(part, wanted.command)) free = tag;
    }
  }
  return free;
}

interface Rule {
  readonly who: string;
  readonly rest: string;
}

/** Rules begin with whom they are for, `(root) …`; some versions break long ones, and indent what follows. */
function rulesIn(listed: readonly string[]): readonly Rule[] {
  const rules: Rule[] = [];
  for (const line of listed) {
    const [, who, rest = ''] = /^\s*\(([^)]*)\)\s*(.*)$/.exec(line) ?? [];
    const last = rules.at(-1);
    if (who !== undefined) rules.push({ who, rest });
    else if (last !== undefined && /^\s{8}/.test(line))
      rules[rules.length - 1] = { ...last, rest: `${last.rest} ${line.trim()}` };
  }
  return rules;
}

/** `ALL`, `root : adm`, `ALL, !root`: before the colon users, of whom the last that fits counts. */
function means(who: string, user: string): boolean {
  let found = false;
  for (const name of (who.split(':')[0] ?? '').split(',').map((text) => text.trim())) {
    const [, not, plain = ''] = /^(!?)(.*)$/.exec(name) ?? [];
    if (plain === 'ALL' || plain === user || (plain === '#0' && user === 'root')) found = not === '';
  }
  return found;
}

/** `!authenticate` for all, for one command or for whom it is run as: `Defaults!/usr/bin/id !authenticate`. */
function defaultsFree(line: string, { command, as }: Wanted): boolean {
  if (!/(^|[\s,])!authenticate\b/.test(line)) return false;
  const [, kind, what = ''] = /^\s*Defaults([!>@:])(\S+)/.exec(line) ?? [];
  if (kind === '!') return what.split(',').some((pattern) => covers(pattern, command));
  if (kind === '>') return means(what, as);
  return true;
}

const items = (list: string): readonly string[] => list.split(/(?<!\\),\s*/);

/** Tags, options and digests that come before the command itself. */
const before = /^\s*((\w+=\S+|[A-Z_]+:|sha\d{3}:\S+)\s*)+/;

function covers(item: string, command: string): boolean {
  const pattern = item.replace(before, '').trim();
  if (pattern === 'ALL') return true;
  if (pattern === '' || pattern.startsWith('!')) return false;
  const [path = '', ...args] = command.split(' ');
  const [givenPath = '', ...givenArgs] = pattern.split(' ');
  if (pattern.startsWith('^')) return regular(pattern, command);
  return coversPath(givenPath, path) && coversArguments(givenArgs.join(' '), args.join(' '));
}

// A folder stands for every program directly in it.
function coversPath(pattern: string, path: string): boolean {
  const [wanted, real] = [merged(pattern), merged(path)];
  if (wanted.endsWith('/')) return real.startsWith(wanted) && !real.slice(wanted.length).includes('/');
  return new RegExp(`^${glob(wanted, '[^/]')}$`).test(real);
}

/** None: with any. `""`: with none. */
function coversArguments(pattern: string, args: string): boolean {
  if (pattern === '') return true;
  if (pattern === '""') return args === '';
  if (pattern.startsWith('^')) return regular(pattern, args);
  return new RegExp(`^${glob(pattern, '.')}$`, 's').test(args);
}

/** POSIX extended, as sudo 1.9.10 and newer know them; what JavaScript reads otherwise covers nothing. */
function regular(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
}

/** Wildcards of the shell; `any` is what one of them may stand for. */
function glob(pattern: string, any: string): string {
  return pattern.replaceAll(/\\(.)|\[!?([^\]]+)\]|[*?]|[.+^${}()|[\]\\]/g, (found, escaped?: string) => {
    if (escaped !== undefined) return escaped.replace(/\W/, '\\$&');
    if (found === '*') return `${any}*`;
    if (found === '?') return any;
    if (found.startsWith('[') && found.length > 1) return found.replace('[!', '[^');
    return `\\${found}`;
  });
}

/** Where /bin is /usr/bin, sudo compares the files, not their names. */
const merged = (path: string): string => path.replace(/^\/(s?bin)\//, '/usr/$1/');
