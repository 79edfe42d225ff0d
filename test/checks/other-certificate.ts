import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descendants } from '../lab/process-table.ts';
import { run, runningPid, signalProcess, waitFor } from '../lab/process.ts';
import { hostFolder } from '../lab/sshd.ts';
import { nginxProcess } from '../lab/web.ts';
import type { CheckedWorld } from './checked-world.ts';

/** Another certificate of the lab's authority, for the recovery side's web server alone. */
export async function certified(
  world: CheckedWorld,
  days: readonly string[],
  name?: string,
): Promise<() => Promise<void>> {
  const { context, lab } = world;
  const folder = join(context.dir, 'tls');
  const configuration = join(hostFolder(context, 'gravelines'), 'nginx', 'nginx.conf');
  const text = readFileSync(configuration, 'utf8');
  const subject = name ?? lab.facts.web!.limburg.name;
  const names_ = ['-addext', `subjectAltName=DNS:${subject}`, '-addext', 'basicConstraints=critical,CA:FALSE'];
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-subj', `/CN=${subject}`, '-out', 'other.pem', ...names_];
  await run(['openssl', 'req', '-x509', '-key', 'site.key', ...days, ...signed], { cwd: folder });
  writeFileSync(configuration, text.replace('site.pem', 'other.pem'));
  await reloaded(world, 'other.pem');
  return async () => {
    writeFileSync(configuration, text);
    await reloaded(world, 'site.pem');
  };
}

/** Resolves when FILE is shown and nobody is left who could show another: a worker of before takes connections until it has gone. */
async function reloaded({ context, lab }: CheckedWorld, file: string): Promise<void> {
  const { address, tlsPort } = lab.facts.web!.gravelines;
  const wanted = await run(['openssl', 'x509', '-in', join(context.dir, 'tls', file), '-noout', '-serial']);
  const ask = 'openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509 -noout -serial';
  const shown = (): Promise<{ readonly stdout: string }> =>
    run(['sh', '-c', ask, 'ask', `${address}:${String(tlsPort)}`]);
  const workers = (): readonly number[] => descendants(runningPid(context, nginxProcess('gravelines')) ?? 0);
  const before = workers();
  let looks = 0;
  const look = async (): Promise<true | undefined> => {
    // Told again now and then: a server that is busy with the last reload may miss one.
    if (looks % 25 === 0) signalProcess(context, nginxProcess('gravelines'), 'SIGHUP');
    looks += 1;
    const now = workers();
    if (now.length === 0 || before.some((worker) => now.includes(worker))) return undefined;
    return (await shown()).stdout === wanted.stdout ? true : undefined;
  };
  await waitFor(`${file} to be shown`, look, 45_000);
}
