import { formatDuration } from '../base/duration.ts';
import { isDrpError, toError, type DrpError } from '../base/errors.ts';
import type { Transport } from '../transports/transport.ts';
import type { CheckContext, Finding } from './check.ts';
import { findingFor } from './finding-for.ts';
import { lostOnTheWay } from './without-lost.ts';

/** A host that answers, or the one finding that says why nothing else can be known about it. */
export interface Reached {
  readonly finding: Finding;
  /** Of a host behind a bastion: whether it answers without it, too. */
  readonly direct?: Finding;
  /** Absent: nobody got there. */
  readonly transport?: Transport;
}

/** A host on this side of a firewall answers at once or never. */
const directMs = 3_000;

/** Logs in to a host, through its bastion where it has one. A bastion that is down is said of the bastion alone. */
export async function reachHost(context: CheckContext, name: string): Promise<Reached> {
  const via = context.runbook.hosts[name]?.via;
  if (via === undefined) return await logIn(context, name, false);
  const direct = answersDirectly(context, name);
  const reached = await logIn(context, name, direct);
  const say = findingFor('host.direct', name);
  const found = (await direct) ? `it answers past ${via}, too` : `it is reached through ${via} alone`;
  return { ...reached, direct: say.ok(found) };
}

/** The pinned key proves that it is the very host: behind a bastion, an address may be another machine's here. */
async function answersDirectly({ runbook, shownKeys, signal }: CheckContext, name: string): Promise<boolean> {
  const pinned = runbook.hosts[name]?.hostKeys ?? [];
  try {
    const shown = await shownKeys(name, AbortSignal.any([signal, AbortSignal.timeout(directMs)]));
    return shown.some((key) => pinned.includes(key));
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function logIn(context: CheckContext, name: string, direct: Promise<boolean> | false): Promise<Reached> {
  const host = context.runbook.hosts[name];
  const via = host?.via;
  const startedMs = context.clock.nowMs();
  const lost = lostOnTheWay(context.runbook, name, context.lost);
  if (lost !== undefined && lost !== host?.datacentre)
    return { finding: behindLost({ name, via: via ?? '', direct: await direct }, lost) };
  if (via !== undefined) {
    try {
      await context.hosts.connect(via, { signal: context.signal });
    } catch (thrown) {
      context.signal.throwIfAborted();
      return { finding: behindDeadBastion({ name, via, direct: await direct }, reasonOf(thrown)) };
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

interface Behind {
  readonly name: string;
  readonly via: string;
  /** It answers without the bastion, too. */
  readonly direct: boolean;
}

function behindLost({ name, via, direct }: Behind, datacentre: string): Finding {
  const say = findingFor('host.reachable', name);
  if (direct) {
    const found = `its way leads through ${via} in ${datacentre}, taken as lost; it answers directly, too`;
    return say.warn(found, { advice: `On the day, take 'via' out of hosts.${name}, or give it another bastion now.` });
  }
  const found = `it is reached only through ${via}, which is in ${datacentre}: taken as lost`;
  const advice = `Give ${name} a way that does not lead through ${datacentre}: a second bastion, or an address of its own.`;
  return say.fail(found, { advice, outOfReach: true });
}

function behindDeadBastion({ name, via, direct }: Behind, reason: string): Finding {
  const found = `not looked at: ${via}, the way to it, does not let drp through: ${reason}`;
  const advice = direct
    ? `Mend ${via} first. ${name} itself answers directly: in a hurry, take 'via' out of hosts.${name}.`
    : `Mend ${via} first; ${name} itself may be well.`;
  return findingFor('host.reachable', name).unknown(found, { advice });
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
