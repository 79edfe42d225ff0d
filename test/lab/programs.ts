import { existsSync } from 'node:fs';

/** One program of each Debian package the lab cannot do without. */
const needed: Readonly<Record<string, string>> = {
  'openssh-server': '/usr/sbin/sshd',
  'openssh-client': '/usr/bin/ssh',
  rsync: '/usr/bin/rsync',
  openssl: '/usr/bin/openssl',
  'nginx-light': '/usr/sbin/nginx',
  bind9: '/usr/sbin/named',
  'bind9-dnsutils': '/usr/bin/nsupdate',
  'postgresql-15': '/usr/lib/postgresql',
  'util-linux': '/usr/bin/setpriv',
};

/** The command that installs what is missing; undefined where nothing is. */
export function installCommand(): string | undefined {
  const missing = Object.entries(needed).flatMap(([name, program]) => (existsSync(program) ? [] : [name]));
  return missing.length === 0 ? undefined : `apt-get install --no-install-recommends ${missing.join(' ')}`;
}
