import { isDrpError } from '../base/errors.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import { provenExec } from '../transports/proven-exec.ts';
import type { Transport } from '../transports/transport.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { databaseProbes } from './database-probes.ts';
import { dumpVersionProbes } from './dump-version.ts';
import { findingFor } from './finding-for.ts';
import { peerProbes } from './host-peers.ts';
import { reachHost } from './host-reach.ts';
import { roomProbes } from './host-room.ts';
import { accessFindings } from './host/access.ts';
import { checkScript } from './host/check-script.ts';
import { clockFindings } from './host/clock.ts';
import { diskFindings } from './host/disks.ts';
import { factsCommand, parseFacts, type HostFacts } from './host/facts.ts';
import { logindFindings } from './host/logind.ts';
import { mysqlFindings } from './host/mysql.ts';
import { needsOf, type HostNeeds } from './host/needs.ts';
import { softwareFindings } from './host/software.ts';
import { strainFindings } from './host/strain.ts';

/** Every host of the runbook, looked at as a whole (one connection, one script), and what lies between and on them. */
export function hostProbes(runbook: Runbook): readonly Probe[] {
  const whole = Object.entries(runbook.hosts).map(([name, host]): Probe => ({
    id: 'host',
    subject: name,
    datacentre: host.datacentre,
    patienceMs,
    run: (context) => lookAtHost(context, name),
  }));
  return [
    ...whole,
    ...peerProbes(runbook),
    ...roomProbes(runbook),
    ...databaseProbes(runbook),
    ...dumpVersionProbes(runbook),
  ];
}

/** What is asked of a host that answers, and how its answers are judged. Pure. */
export function hostFindings(facts: HostFacts, needs: HostNeeds): readonly Finding[] {
  return [
    clockFindings,
    accessFindings,
    strainFindings,
    diskFindings,
    logindFindings,
    softwareFindings,
    mysqlFindings,
  ].flatMap((judge) => judge(facts, needs));
}

/** Connecting through a bastion that hangs, with its tries, and then the script's own time. */
const patienceMs = 150_000;
/** Its commands have their own, shorter limits; this is for a host that hardly breathes. */
const scriptMs = 60_000;
const factsBytesMax = 4 * 1024 * 1024;

async function lookAtHost(context: CheckContext, name: string): Promise<readonly Finding[]> {
  const { finding, direct, transport } = await reachHost(context, name);
  const reached = direct === undefined ? [finding] : [finding, direct];
  if (transport === undefined) return reached;
  const needs = needsOf(context.runbook, name);
  try {
    const facts = await readFacts(context, transport, needs);
    const { file } = transport.target.identity;
    const identity = findingFor('host.identity', name).ok(`as ${file} says`);
    const key = findingFor('host.key', name).ok('as pinned');
    return [...reached, key, identity, ...hostFindings(facts, needs)];
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (isDrpError(thrown, 'identity-mismatch'))
      return [...reached, strangeMachine({ name, site: context.runbook.site }, thrown.message)];
    throw thrown;
  }
}

function strangeMachine({ name, site }: { readonly name: string; readonly site: string }, found: string): Finding {
  const advice = `Find out which machine answers at this address before anything else. Where it was replaced: drp hosts pin ${name} --site ${site}.`;
  return findingFor('host.identity', name).fail(found, { advice });
}

/** One script answers all questions, behind the proof of the host's identity, in the same session. */
async function readFacts(context: CheckContext, transport: Transport, needs: HostNeeds): Promise<HostFacts> {
  const { args, mark } = factsCommand(needs);
  const askedAtMs = context.clock.nowMs();
  const result = await provenExec(transport, ['sh', '-c', checkScript('facts.sh'), 'drp', ...args], {
    timeoutMs: scriptMs,
    signal: context.signal,
    maxOutputBytes: factsBytesMax,
  });
  const answeredAtMs = context.clock.nowMs();
  switch (result.kind) {
    case 'exited':
      return parseFacts(result.stdout, mark, { askedAtMs, answeredAtMs });
    case 'timed-out':
      throw new Error(`it logs in, and gives no answer within ${result.afterMs} ms`);
    case 'signalled':
      throw new Error(`its shell was ended by ${result.signalName}`);
    case 'lost':
      throw new Error(`contact was lost: ${result.cause.message}`, { cause: result.cause });
  }
}
