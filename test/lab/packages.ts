import { existsSync } from 'node:fs';

/** Debian packages that the practice lab and the tests need, each with one of its files and what it is for. */
const needed: Readonly<Record<string, readonly [file: string, purpose: string]>> = {
  'openssh-server': ['/usr/sbin/sshd', 'hosts of the lab'],
  'openssh-client': ['/usr/bin/ssh-keygen', 'ssh between hosts, keys'],
  rsync: ['/usr/bin/rsync', 'copies between hosts'],
  acl: ['/usr/bin/setfacl', 'ACLs of copied files'],
  attr: ['/usr/bin/getfattr', 'extended attributes of copied files'],
  'python3-minimal': ['/usr/bin/python3', 'a process that writes to a mapped file'],
  'postgresql-15': ['/usr/lib/postgresql/15/bin/postgres', 'databases of both sites'],
  'postgresql-client-15': ['/usr/lib/postgresql/15/bin/pg_restore', 'dump and restore'],
  'nginx-light': ['/usr/sbin/nginx', 'web servers of both sites'],
  openssl: ['/usr/bin/openssl', 'certificates of the lab'],
  git: ['/usr/bin/git', 'heads anchored as signed tags'],
  curl: ['/usr/bin/curl', 'heads anchored as timestamps'],
  bind9: ['/usr/sbin/named', 'authoritative name servers'],
  'bind9-dnsutils': ['/usr/bin/nsupdate', 'changes to the zone'],
  'request-tracker5': ['/usr/sbin/rt-setup-database-5', 'ticket system'],
  'rt5-db-sqlite': ['/usr/share/doc/rt5-db-sqlite', 'database of the ticket system'],
  'rt5-standalone': ['/usr/share/doc/rt5-standalone', 'web server of the ticket system'],
  strace: ['/usr/bin/strace', 'power cuts replayed at every system call'],
  chromium: ['/usr/bin/chromium', 'reports looked at in a browser'],
  tmux: ['/usr/bin/tmux', 'a terminal that tests type at'],
  sudo: ['/usr/bin/sudo', 'jobs that change their user'],
  iproute2: ['/usr/sbin/ip', 'network of the host behind the bastion'],
  'mariadb-server-core': ['/usr/sbin/mariadbd', 'a replica that checks look at'],
  'mariadb-client-core': ['/usr/bin/mariadb', 'asking that replica'],
  'libpam-oath': ['/usr/share/doc/libpam-oath', 'one-time codes at the bastion'],
  'util-linux': ['/usr/bin/setpriv', 'flock, setsid, setpriv'],
};

/** Only the bench asks for these: programs drp is compared with. */
const neededByBench: Readonly<Record<string, readonly [file: string, purpose: string]>> = {
  'ansible-core': ['/usr/bin/ansible-playbook', 'a peer of npm run bench'],
};

/** Without these a lab comes up all the same: it leaves a part out and says which, or only tests use them. */
const optional = /^(request-tracker5|rt5-.*|libpam-oath|mariadb-.*|iproute2|strace|tmux|sudo|chromium|git|curl)$/;

interface MissingPackage {
  readonly name: string;
  readonly purpose: string;
  /** No lab comes up without it. */
  readonly essential: boolean;
}

/** What is not installed here, with its purpose. */
export function missingPackages(options: { readonly bench?: boolean } = {}): readonly MissingPackage[] {
  const all = options.bench === true ? { ...needed, ...neededByBench } : needed;
  return Object.entries(all).flatMap(([name, [file, purpose]]) =>
    existsSync(file) ? [] : [{ name, purpose, essential: !optional.test(name) }],
  );
}

/** The command that installs what is missing; undefined where nothing is. */
export function installCommand(): string | undefined {
  const missing = missingPackages().map(({ name }) => name);
  return missing.length === 0 ? undefined : `apt-get install --no-install-recommends -y ${missing.join(' ')}`;
}
