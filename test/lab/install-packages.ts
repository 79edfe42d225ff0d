/**
 * Debian packages the practice lab and the tests need. As root they are listed and installed (asked first on a terminal);
 * else the exact command is printed. No service is started and no existing configuration is touched.
 *
 * Usage: node test/lab/install-packages.ts [--check] [--bench]; with --bench also what drp is compared with
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { installCommand, missingPackages } from './packages.ts';

const policyFile = '/usr/sbin/policy-rc.d';

async function main(): Promise<number> {
  const missing = missingPackages({ bench: process.argv.includes('--bench') });
  const list = missing.map(({ name, purpose }) => `  ${name.padEnd(22)} ${purpose}`).join('\n');
  if (missing.length === 0) return 0;
  if (!existsSync('/etc/debian_version')) {
    console.error('The practice lab needs Debian 12. Missing programs of the packages:');
    console.error(list);
    return 2;
  }
  if (process.getuid?.() !== 0) {
    console.error(
      `The practice lab needs Debian packages that are not installed. As root:\n\n  ${installCommand() ?? ''}\n`,
    );
    return 2;
  }
  console.error('The practice lab needs these Debian packages:');
  console.error(list);
  if (process.argv.includes('--check')) return 2;
  if (process.stdin.isTTY && !(await agreed())) return 2;
  return install(missing.map(({ name }) => name));
}

async function agreed(): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question('Install them now? No service is started. [type yes] ');
  prompt.close();
  return answer.trim() === 'yes';
}

/** A package of a service would start it: forbidden for as long as the installation takes. */
function install(packages: readonly string[]): number {
  const ownPolicy = !existsSync(policyFile);
  if (ownPolicy) {
    writeFileSync(policyFile, '#!/bin/sh\nexit 101\n');
    chmodSync(policyFile, 0o755);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'], env };
  try {
    execFileSync('apt-get', ['update', '-q'], options);
    execFileSync('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], options);
    return 0;
  } catch {
    console.error(
      `Installing failed. By hand: apt-get update && apt-get install --no-install-recommends ${packages.join(' ')}`,
    );
    return 1;
  } finally {
    if (ownPolicy) rmSync(policyFile, { force: true });
  }
}

process.exitCode = await main();
