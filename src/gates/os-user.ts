import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

const known = /^[^:\n]+$/;

/** Login name of a uid on this machine; `uid:N` where it has none. Directory users are asked for through getent. */
export function osUserOfUid(uid: number): string {
  if (uid === process.getuid?.()) {
    const own = ownName();
    if (own !== undefined) return own;
  }
  const local = nameIn(readPasswd(), uid) ?? nameIn(askDirectory(uid), uid);
  return local !== undefined && known.test(local) ? local : `uid:${uid}`;
}

function ownName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // This uid has no entry; the number says who.
    return undefined;
  }
}

function nameIn(passwd: string, uid: number): string | undefined {
  for (const line of passwd.split('\n')) {
    const [name, , number] = line.split(':');
    if (number === String(uid)) return name;
  }
  return undefined;
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    // A system without the file keeps its users elsewhere; getent knows.
    return '';
  }
}

function askDirectory(uid: number): string {
  try {
    return execFileSync('getent', ['passwd', String(uid)], {
      encoding: 'utf8',
      timeout: 2_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    // No getent, no such user or a directory that does not answer: the number says who.
    return '';
  }
}
