import { formatDuration } from '../base/duration.ts';
import { toError } from '../base/errors.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import { callHost, lastWords, shellArgv } from '../steps/remote/read-host.ts';
import { scriptText } from '../steps/remote/script-text.ts';
import { sourceRoute } from '../steps/remote/source-route.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { checkScript } from './host/check-script.ts';
import { copyWays, type CopyWay } from './host/needs.ts';
import { lostOnTheWay } from './without-lost.ts';

const loginMs = 40_000;
const patienceMs = 150_000;

/** Every way that a copy takes from one host to another by itself: the login there, as the copy will make it. */
export function peerProbes(runbook: Runbook): readonly Probe[] {
  return copyWays(runbook).map((way) => ({
    id: 'host.peer',
    subject: `${way.to}:${way.from}`,
    patienceMs,
    run: async (context) => [await lookAtWay(context, way)],
  }));
}

async function lookAtWay(context: CheckContext, { from, to }: CopyWay): Promise<Finding> {
  const say = findingFor('host.peer', `${to}:${from}`);
  const { runbook, clock, lost, signal } = context;
  for (const host of [from, to]) {
    const gone = lostOnTheWay(runbook, host, lost);
    if (gone !== undefined) return say.skipped(`datacentre ${gone} is taken as lost`);
  }
  // An end that is down is named once, by its own probe.
  for (const host of [from, to]) {
    try {
      await context.hosts.connect(host, { signal });
    } catch {
      signal.throwIfAborted();
      return say.skipped(`${host} itself cannot be reached`);
    }
  }
  const threshold = `${to} logs in to ${from} by itself`;
  const peers = runbook.hosts[from]?.peers;
  const config = peers?.sshConfig === undefined ? '' : ` -F ${peers.sshConfig}`;
  const alias = peers?.sshConfig === undefined ? runbook.hosts[from]?.address : (peers.alias ?? from);
  const advice = `On ${to}: ssh -v${config} ${alias ?? from} true. Copies take this way: key, known hosts, firewall between them.`;
  const startedMs = clock.nowMs();
  try {
    const { exitCode, stderr } = await callHost({ hosts: context.hosts, signal }, to, {
      argv: shellArgv(scriptText('remote/script-opening.sh', 'remote/source-link.sh') + checkScript('peer.sh'), [
        ...sourceRoute(runbook, from, to),
      ]),
      timeoutMs: loginMs,
    });
    const tookMs = clock.nowMs() - startedMs;
    if (exitCode === 0) {
      return say.ok(`in ${formatDuration(tookMs)}`, { threshold, metrics: [{ name: 'login_ms', value: tookMs }] });
    }
    return say.fail(lastWords(stderr) || `ssh ended with ${exitCode}`, { threshold, advice });
  } catch (thrown) {
    signal.throwIfAborted();
    return say.unknown(toError(thrown).message, { threshold, advice });
  }
}
