import { homedir } from 'node:os';
import { runSubprocess } from './subprocess.ts';
import type { HostTarget, Transport } from './transport.ts';

/** This machine as a host: the same promises, no connection. Commands begin in the home folder, as over SSH. */
export function createLocalTransport(target: HostTarget): Transport {
  return {
    target,
    exec: async (command, options) => (await runSubprocess(command, { ...options, cwd: homedir() })).result,
    close: async () => undefined,
  };
}
