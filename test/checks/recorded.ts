import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { run, type LabContext } from '../lab/process.ts';
import { hostFolder } from '../lab/sshd.ts';
import { binOf, changeable } from './checked-hosts.ts';

/** Records every program that logins start on the hosts; `ended` gives each with its arguments and takes the recorder away. */
export function recordPrograms(context: LabContext): { readonly ended: () => readonly (readonly string[])[] } {
  const log = join(context.dir, 'programs');
  const shim = join(context.dir, 'recorder');
  // Written by the shell's own printf: a program would be recorded, too. A file a process: records must not mix.
  writeFileSync(
    shim,
    `#!/bin/bash
name=\${0##*/}
{ printf '%s' "$name"; [ $# = 0 ] || printf '\\037%s' "$@"; printf '\\036'; } >>'${log}'/$$
for folder in /usr/bin /usr/sbin /bin /sbin; do [ -x "$folder/$name" ] && exec "$folder/$name" "$@"; done
exit 127
`,
  );
  chmodSync(shim, 0o755);
  rmSync(log, { recursive: true, force: true });
  mkdirSync(log);
  const names = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].filter(existsSync).flatMap((folder) => readdirSync(folder));
  for (const host of changeable) {
    rmSync(binOf(context, host), { recursive: true, force: true });
    mkdirSync(binOf(context, host));
    // What starts a login is sshd's and the shell's own affair.
    for (const name of new Set(names)) if (name !== 'bash') symlinkSync(shim, join(binOf(context, host), name));
  }
  return {
    ended: () => {
      for (const host of changeable) {
        rmSync(binOf(context, host), { recursive: true });
        mkdirSync(binOf(context, host));
      }
      const files = readdirSync(log).map((name) => readFileSync(join(log, name), 'utf8'));
      const records = files.flatMap((text) => text.split('\u001e').slice(0, -1));
      return records.map((record) => record.split('\u001f'));
    },
  };
}

/** Every file of the hosts with its size, times and owner, but what services write by themselves. */
export async function filesOf(context: LabContext): Promise<readonly string[]> {
  const folders = changeable.map((host) => hostFolder(context, host));
  const own = ['pg', 'nginx', 'bin'].flatMap((name) => ['-name', name, '-prune', '-o']);
  const { stdout } = await run(['find', ...folders, ...own, '-type', 'f', '-printf', '%p %s %T@ %m %u\\n']);
  return stdout.split('\n').sort();
}
