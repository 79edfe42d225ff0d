import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DriveOptions } from './stage.ts';

/**
 * A world without any name resolution for one program: as root its own mount namespace with empty hosts, nsswitch and
 * resolv.conf files; else every look-up inside its Node throws.
 */
export function withoutResolver(folder: string): DriveOptions {
  const place = join(folder, 'no-resolver');
  mkdirSync(place, { recursive: true });
  for (const name of ['resolv.conf', 'hosts']) writeFileSync(join(place, name), '');
  writeFileSync(join(place, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files\n');
  const mounts = ['resolv.conf', 'hosts', 'nsswitch.conf'].map(
    (name) => `mount --bind "$0/${name}" "$(readlink -f /etc/${name})"`,
  );
  const through = ['unshare', '-m', 'sh', '-c', `${mounts.join(' && ')} && exec "$@"`, place];
  const dead = 'require("node:dns").lookup("localhost", (error) => process.exit(error === null ? 1 : 0))';
  const [command = '', ...before] = through;
  if (spawnSync(command, [...before, process.execPath, '-e', dead], { stdio: 'ignore' }).status === 0)
    return { through };
  const preload = join(place, 'preload.cjs');
  writeFileSync(preload, throwing);
  return { env: { NODE_OPTIONS: `--require=${preload}` } };
}

const throwing = `
const dns = require('node:dns');
const refuse = (...args) => {
  const error = Object.assign(new Error('there is no resolver'), { code: 'EAI_AGAIN' });
  const callback = args.at(-1);
  if (typeof callback !== 'function') throw error;
  process.nextTick(callback, error);
};
for (const name of Object.keys(dns)) if (/^(lookup|resolve|reverse)/.test(name)) dns[name] = refuse;
for (const name of Object.keys(dns.promises)) {
  if (/^(lookup|resolve|reverse)/.test(name)) dns.promises[name] = async () => refuse();
}
`;
