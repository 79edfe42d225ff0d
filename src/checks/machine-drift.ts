import { formatSize } from '../base/duration.ts';
import { toError } from '../base/errors.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import { machineArgv, parseMachine, type Machine } from '../steps/remote/machine.ts';
import { callHost } from '../steps/remote/read-host.ts';
import type { CheckContext, Finding, PastRehearsal, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { lostOnTheWay } from './without-lost.ts';

const answerMs = 30_000;
/** Kernels keep some memory for themselves, and not always the same; less of a difference is none, in percent. */
const memoryPercent = 5;

/** Every host against what it was when the recovery was rehearsed last. */
export function machineDriftProbes(runbook: Runbook): readonly Probe[] {
  return Object.entries(runbook.hosts).map(([name, { datacentre }]): Probe => ({
    id: 'drift.host',
    subject: name,
    datacentre,
    run: (context) => lookAtMachine(context, name),
  }));
}

/** Finds nothing for a host that no rehearsal looked at. */
async function lookAtMachine(context: CheckContext, name: string): Promise<readonly Finding[]> {
  const { past, runbook, lost, signal } = context;
  const then = past?.rehearsed?.machines?.[name];
  if (past?.rehearsed === undefined || then === undefined) return [];
  if (lostOnTheWay(runbook, name, lost) !== undefined) return [];
  try {
    const call = { argv: machineArgv(runbook, name), timeoutMs: answerMs };
    const { stdout } = await callHost({ hosts: context.hosts, signal }, name, call);
    return [machineDrift({ name, rehearsed: past.rehearsed }, then, parseMachine(stdout))];
  } catch (thrown) {
    // A host that does not answer is named by its own probe.
    signal.throwIfAborted();
    return [findingFor('drift.host', name).skipped(`it cannot be asked: ${toError(thrown).message}`)];
  }
}

/** What a host is otherwise than when it was rehearsed; what either time did not tell is not compared. Pure. */
export function machineDrift(
  { name, rehearsed }: { readonly name: string; readonly rehearsed: Pick<PastRehearsal, 'run'> },
  then: Machine,
  now: Machine,
): Finding {
  const say = findingFor('drift.host', name);
  const threshold = `as in run ${rehearsed.run}`;
  const changes = [
    changed('system', then.os, now.os),
    changed('kernel', series(then.kernel), series(now.kernel)),
    changed('processors', then.cores, now.cores),
    memory(then.memoryKilobytes, now.memoryKilobytes),
    ...Object.keys(now.programs).map((program) => changed(program, then.programs[program], now.programs[program])),
  ].filter((one) => one !== undefined);
  if (changes.length === 0) {
    const is = [now.os, now.kernel, now.cores === undefined ? undefined : `${String(now.cores)} processors`];
    return say.ok(is.filter((one) => one !== undefined).join(', ') || 'nothing can be compared', { threshold });
  }
  const advice = `Rehearse on it: drp drill --site SITE. Where nobody meant to change ${name}, find out who did.`;
  return say.warn(changes.join(', '), { threshold, advice });
}

function changed<T extends string | number>(what: string, then: T | undefined, now: T | undefined): string | undefined {
  if (then === undefined || now === undefined || then === now) return undefined;
  return `${what} ${String(now)}, was ${String(then)}`;
}

function memory(then: number | undefined, now: number | undefined): string | undefined {
  if (then === undefined || now === undefined || Math.abs(now - then) * 100 <= then * memoryPercent) return undefined;
  return `memory ${formatSize(now * 1024)}, was ${formatSize(then * 1024)}`;
}

/** Security updates count up behind the first two numbers, and change nothing a restoration would feel. */
function series(kernel: string | undefined): string | undefined {
  return kernel === undefined ? undefined : (/^\d+\.\d+/.exec(kernel)?.[0] ?? kernel);
}
