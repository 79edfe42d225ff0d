import { DrpError, isDrpError, toError } from '../base/errors.ts';
import type { EvidenceItem } from '../events/event.ts';
import type { Plan } from '../plan/plan.ts';
import type { SecretReference } from '../runbook/schema/basics.ts';
import { machineArgv, parseMachine, type Machine } from '../steps/remote/machine.ts';
import { provenExec } from '../transports/proven-exec.ts';
import type { Driving } from './driving.ts';

/** Time a host has to prove itself, ms. */
const proofMs = 15_000;
/** The first gate of each procedure, and the last one before something is frozen or overwritten. */
const looksAhead: ReadonlySet<string> = new Set(['declaration', 'order', 'authorisation', 'restoration', 'salvage']);

/**
 * What would stop the run later, looked at while nothing has been touched yet: hosts that do not answer or are not the ones
 * pinned, secrets that cannot be read, a recovery site in a datacentre that is lost itself. Read-only.
 */
export async function preflightEvidence(
  driving: Driving,
  gate: string,
  signal: AbortSignal,
): Promise<readonly EvidenceItem[]> {
  if (!looksAhead.has(gate)) return [];
  const { plan, began } = driving.log;
  const lost = new Set(began.data.situation?.lost ?? []);
  const [hosts, secrets] = await Promise.all([provenHosts(driving, lost, signal), readableSecrets(driving)]);
  return [...targetLost(plan, lost), hosts, secrets];
}

function targetLost(plan: Plan, lost: ReadonlySet<string>): readonly EvidenceItem[] {
  const side = plan.procedure === 'return' ? plan.world.service.production : plan.world.service.recovery;
  const datacentre = plan.world.hosts[side.host]?.datacentre ?? '';
  if (!lost.has(datacentre)) return [];
  return [
    {
      id: 'target-lost',
      title: 'The side users would be sent to is declared lost',
      severity: 'red',
      lines: [`host '${side.host}' stands in ${datacentre}, which is among the lost datacentres`],
      choice: datacentre,
      overridable: false,
    },
  ];
}

interface HostFinding {
  readonly severity: EvidenceItem['severity'];
  readonly lines: readonly string[];
  readonly fixed: boolean;
  readonly machine?: Machine;
}

async function provenHosts(driving: Driving, lost: ReadonlySet<string>, signal: AbortSignal): Promise<EvidenceItem> {
  const { plan } = driving.log;
  const names = Object.keys(plan.world.hosts).filter((name) => !lost.has(plan.world.hosts[name]?.datacentre ?? ''));
  const findings = await Promise.all(names.map((name) => proveHost(driving, name, signal)));
  const machines = names.flatMap((name, at) => {
    const machine = findings[at]?.machine;
    return machine === undefined ? [] : [[name, machine] as const];
  });
  const bad = findings.filter((finding) => finding.severity !== 'ok');
  const fixed = findings.some((finding) => finding.fixed);
  return {
    id: 'hosts',
    title: 'Hosts outside the lost datacentres',
    severity: findings.some((finding) => finding.severity === 'red') ? 'red' : bad.length > 0 ? 'attention' : 'ok',
    lines:
      bad.length > 0
        ? bad.flatMap((finding) => finding.lines)
        : [names.length === 0 ? 'there is none' : `${names.join(', ')}: key and identity are as pinned`],
    // For later: what has changed on a host since it was rehearsed.
    facts: { machines: Object.fromEntries(machines) },
    ...(fixed ? { overridable: false } : {}),
  };
}

/** A host that is not the pinned one stops everything; one that is silent stops a planned return, and is shown in a disaster. */
async function proveHost(driving: Driving, name: string, signal: AbortSignal): Promise<HostFinding> {
  try {
    const transport = await driving.reach.hosts.connect(name, { signal });
    const { world } = driving.log.plan;
    const ended = await provenExec(transport, machineArgv(world, name), { timeoutMs: proofMs, signal });
    if (ended.kind === 'exited' && ended.exitCode === 0) {
      return { severity: 'ok', lines: [], fixed: false, machine: parseMachine(ended.stdout) };
    }
    return { severity: 'attention', lines: [`${name}: a command ended as ${ended.kind}`], fixed: false };
  } catch (thrown) {
    signal.throwIfAborted();
    const wrong =
      isDrpError(thrown, 'host-key-mismatch') ||
      isDrpError(thrown, 'host-key-not-pinned') ||
      isDrpError(thrown, 'identity-mismatch');
    const { plan } = driving.log;
    const { production, recovery } = plan.world.service;
    const lines = isDrpError(thrown) && wrong ? [thrown.message, thrown.hint] : [toError(thrown).message];
    const planned = plan.procedure === 'return';
    // Without its recovery host nothing can be done; another host that is not itself is refused by the steps that need it.
    const needed = name === recovery.host || (planned && name === production.host);
    return { severity: wrong || planned ? 'red' : 'attention', lines, fixed: wrong && needed };
  }
}

async function readableSecrets(driving: Driving): Promise<EvidenceItem> {
  const { plan } = driving.log;
  const references = secretsOf(plan);
  const failures = await Promise.all(
    references.map(async (reference) => {
      try {
        await driving.reach.secret(reference);
        return '';
      } catch (thrown) {
        if (!isDrpError(thrown)) throw new DrpError('internal', { what: toError(thrown).message }, { cause: thrown });
        return thrown.message;
      }
    }),
  );
  const bad = failures.filter((text) => text !== '');
  return {
    id: 'secrets',
    title: 'Secrets the steps will need',
    severity: bad.length > 0 ? 'red' : 'ok',
    lines: bad.length > 0 ? bad : [`all ${String(references.length)} can be read here`],
  };
}

/** Every reference to a secret in the plan's world, each once. */
function secretsOf(plan: Plan): readonly SecretReference[] {
  const { databases, dns, desks } = plan.world;
  const all = [
    ...Object.values(databases).map((database) => database.password),
    ...Object.values(dns).map(({ provider }) =>
      provider.kind === 'rfc2136' ? provider.keySecret : provider.secretAccessKey,
    ),
    ...Object.values(desks).map((desk) =>
      desk.kind === 'request-tracker' ? desk.token : desk.kind === 'smtp' ? desk.password : desk.secret,
    ),
  ].flatMap((reference) => (reference === undefined ? [] : [reference]));
  return [...new Map(all.map((reference) => [JSON.stringify(reference), reference])).values()];
}
