import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, signalProcess, waitFor } from '../lab/process.ts';
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
  await reloaded(world);
  return async () => {
    writeFileSync(configuration, text);
    await reloaded(world);
  };
}

/** Resolves when a worker with the new configuration answers. */
async function reloaded({ context, lab }: CheckedWorld): Promise<void> {
  const { address, tlsPort } = lab.facts.web!.gravelines;
  const shown = async (): Promise<string> => {
    const ask = 'openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509 -noout -serial';
    return (await run(['sh', '-c', ask, 'ask', `${address}:${String(tlsPort)}`])).stdout;
  };
  const before = await shown();
  let looks = 0;
  const look = async (): Promise<true | undefined> => {
    // Told again now and then: a server that is busy with the last reload may miss one.
    if (looks % 25 === 0) signalProcess(context, nginxProcess('gravelines'), 'SIGHUP');
    looks += 1;
    const now = await shown();
    return now === before || now === '' ? undefined : true;
  };
  await waitFor('another certificate', look, 45_000);
}
