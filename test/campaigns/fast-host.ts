import { systemClock } from '../../src/base/clock.ts';
import type { Reach } from '../../src/executor/deps.ts';
import { followJob } from '../../src/steps/remote/follow-job.ts';
import type { StepKind } from '../../src/steps/step-kind.ts';
import { createClaims } from '../../src/transports/claims.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import { createRemoteJobs } from '../../src/transports/remote-job.ts';
import type { HostTarget } from '../../src/transports/transport.ts';
import { createWitness } from '../../src/transports/witness.ts';

/** Real connections to one host. */
export function hostReach(host: HostTarget): Reach {
  const hosts = createTransportPool([host], { agentSocket: '' });
  const jobs = createRemoteJobs(hosts, systemClock);
  const secret = (): Promise<never> => Promise.reject(new Error('no secret is asked for'));
  return { hosts, jobs, claims: createClaims(hosts), witness: createWitness(hosts), secret };
}

/** The same steps as real jobs; each writes down that it ran. The change of a value looks at the value first, on the host. */
export function hostKind(kind: StepKind, host: HostTarget): StepKind {
  return {
    ...kind,
    probe: async (_step, _spec, context) => {
      const { status } = await context.jobs.poll(host.name, context.token, 0);
      return status.state === 'absent' ? 'absent' : status.state === 'done' ? 'finished' : 'running';
    },
    run: async (step, _spec, context) => {
      const script = `mkdir -p "$1" && cd "$1" || exit 1
case $2 in cas-*) ! grep -q "^$2 " effects || exit 0 ;; esac
sleep 0.2; echo "$2 $3 $4 $5" >>effects; sleep 0.2`;
      // Not the driver's own number: a job that another driver takes up must be the same job.
      const args = [host.base, step.id, context.token, '0', '0'];
      const end = await followJob(context, host.name, { token: context.token, script, args });
      if (end.kind !== 'done' || end.exitCode !== 0) return { kind: 'in-doubt', reason: end.kind };
      return { kind: 'done', output: { step: step.id }, lines: [] };
    },
  };
}
