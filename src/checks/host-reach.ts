import { formatDuration } from '../base/duration.ts';
import { isDrpError, toError, type DrpError } from '../base/errors.ts';
import type { Transport } from '../transports/transport.ts';
import type { CheckContext, Finding } from './check.ts';
import { lostOnTheWay } from './without-lost.ts';

/** A host that answers, or the one finding that says why nothing else can be known about it. */
export interface Reached {
  readonly finding: Finding;
  /** Absent: nobody got there. */
  readonly transport?: Transport;
}

/** Logs in to a host, through its bastion where it has one. A bastion that is down is said of the bastion alone. */
export async function reachHost(context: CheckContext, name: string): Promise<Reached> {
  const host = context.runbook.hosts[name];
  const via = host?.via;
  const startedMs = context.clock.nowMs();
  const lost = lostOnTheWay(context.runbook, name, context.lost);
  if (lost !== undefined && lost !== host?.datacentre) return { finding: behindLost(name, via ?? '', lost) };
  if (via !== undefined) {
    try {
      await context.hosts.connect(via, { signal: context.signal });
    } catch (thrown) {
      context.signal.throwIfAborted();
      return { finding: behindDeadBastion(name, via, reasonOf(thrown)) };
    }
  }
  try {
    const transport = await context.hosts.connect(name, { signal: context.signal });
    const tookMs = context.clock.nowMs() - startedMs;
    const way = via === undefined ? 'directly' : `through ${via}`;
    const found = `logged in as ${host?.user ?? ''} ${way} in ${formatDuration(tookMs)}`;
    const metrics = [{ name: 'login_ms', value: tookMs }];
    return { finding: { probe: 'host.reachable', subject: name, status: 'ok', found, metrics }, transport };
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (!isDrpError(thrown)) throw thrown;
    return { finding: unreached(context, name, thrown) };
  }
}

function behindLost(name: string, via: string, datacentre: string): Finding {
  const found = `it is reached only through ${via}, which is in ${datacentre}: taken as lost`;
  const advice = `Give ${name} a way that does not lead through ${datacentre}: a second bastion, or an address of its own.`;
  return { probe: 'host.reachable', subject: name, status: 'fail', found, advice, outOfReach: true };
}

function behindDeadBastion(name: string, via: string, reason: string): Finding {
  const found = `not looked at: ${via}, the way to it, does not let drp through: ${reason}`;
  const advice = `Mend ${via} first; ${name} itself may be well.`;
  return { probe: 'host.reachable', subject: name, status: 'unknown', found, advice };
}

/** Which of the things that must hold before anything is known does not. */
function unreached(context: CheckContext, name: string, error: DrpError): Finding {
  const site = context.runbook.site;
  const base = { subject: name, status: 'fail', found: error.message } as const;
  switch (error.code) {
    case 'host-key-mismatch':
      return {
        ...base,
        probe: 'host.key',
        advice: `Ask its owner for the fingerprint by another way. A machine that was replaced: drp hosts pin ${name} --site ${site}.`,
      };
    case 'host-key-not-pinned':
      return { ...base, probe: 'host.key', advice: `Pin it: drp hosts pin ${name} --site ${site}.` };
    case 'login-refused':
      return { ...base, probe: 'host.login', advice: error.hint };
    default:
      return {
        ...base,
        probe: 'host.reachable',
        found: `no answer at ${String(error.details['address'])}:${String(error.details['port'])}: ${reasonOf(error)}`,
        outOfReach: true,
        advice: `Is it running, and does this machine's network reach it? ${byHand(context, name)}`,
      };
  }
}

/** Without the name of the host, which the finding has already. */
function reasonOf(thrown: unknown): string {
  const reason = isDrpError(thrown) ? thrown.details['reason'] : undefined;
  return typeof reason === 'string' ? reason : toError(thrown).message;
}

function byHand(context: CheckContext, name: string): string {
  const host = context.runbook.hosts[name];
  if (host === undefined) return '';
  const way = host.via === undefined ? '' : ` (through ${host.via})`;
  return `By hand: ssh -p ${host.port} ${host.user}@${host.address}${way}.`;
}
