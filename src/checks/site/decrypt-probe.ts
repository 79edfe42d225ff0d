import { isDrpError, toError } from '../../base/errors.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import { callHost, lastWords } from '../../steps/remote/read-host.ts';
import type { Argv } from '../../transports/transport.ts';
import type { CheckContext, Finding, Probe } from '../check.ts';
import { findingFor } from '../finding-for.ts';

const decryptMs = 30_000;

/** Restored records are worth nothing where the keys burnt with the other side. */
export function decryptProbe(runbook: Runbook): readonly Probe[] {
  const { decrypts } = runbook.service;
  if (decrypts === undefined) return [];
  const datacentre = runbook.hosts[decrypts.host]?.datacentre;
  return [
    {
      id: 'site.decrypts',
      subject: decrypts.host,
      ...(datacentre === undefined ? {} : { datacentre }),
      run: async (context) => [await decrypt(context, decrypts)],
    },
  ];
}

// What the program prints is never shown: a record that is not the known one may hold anything.
async function decrypt(
  context: CheckContext,
  { host, run, expect }: NonNullable<Runbook['service']['decrypts']>,
): Promise<Finding> {
  const say = findingFor('site.decrypts', host);
  const advice = `Bring the keys to ${host} and try there: ${run[0] ?? ''}. What is restored could not be read without them.`;
  try {
    const ended = await callHost(context, host, { argv: run as unknown as Argv, timeoutMs: decryptMs });
    if (ended.exitCode !== 0) {
      return say.fail(`the program ended with ${String(ended.exitCode)}: ${lastWords(ended.stderr)}`, { advice });
    }
    if (!ended.stdout.includes(expect)) return say.fail('it printed something else than the known record', { advice });
    return say.ok('the known record decrypts');
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (!isDrpError(thrown)) throw thrown;
    return say.unknown(toError(thrown).message, { advice: `Look at ${host} first.` });
  }
}
