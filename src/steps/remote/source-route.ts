import type { PlannedWorld } from '../../plan/plan.ts';
import { hostOf } from './host-path.ts';

/**
 * How a job on `target` reaches `source`: the seven arguments of `link_up`. All '' where both are one host. The host
 * keys are the pinned ones, whatever the copying host itself knows.
 */
export function sourceRoute(world: PlannedWorld, source: string, target: string): readonly string[] {
  if (source === target) return ['', '', '', '', '', '', ''];
  const host = hostOf(world, source);
  const peers = host.peers ?? {};
  return [
    host.address,
    String(host.port),
    host.user,
    peers.sshConfig ?? '',
    peers.sshConfig === undefined ? '' : (peers.alias ?? ''),
    peers.keyFile ?? '',
    host.hostKeys.join('\n'),
  ];
}

/** The way as people read it in a plan. */
export function routeInWords(world: PlannedWorld, source: string, target: string): string {
  if (source === target) return '';
  const host = hostOf(world, source);
  const to = host.peers?.alias ?? `${host.user}@${host.address}`;
  return host.peers?.sshConfig === undefined ? `ssh -p ${host.port} ${to}` : `ssh -F ${host.peers.sshConfig} ${to}`;
}
