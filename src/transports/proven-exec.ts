import { proofRefusal, provenArgv, type ProvenCall } from './host-proof.ts';
import type { Argv, ClaimCheck, ExecOptions, ExecResult, Transport } from './transport.ts';

/** Limits of the call, and the claim it is made under. */
export interface ProvenExecOptions extends ExecOptions {
  readonly claim?: ClaimCheck;
}

/**
 * Runs one short command that changes something, after the host has proved in the same session that it is the right one
 * and that the run still holds the site. Nothing is durable, and `lost` and `timed-out` leave open whether it ran: only
 * for acts that may safely be repeated. Throws identity-mismatch, claim-lost; then the command was not begun.
 */
export async function provenExec(transport: Transport, command: Argv, options: ProvenExecOptions): Promise<ExecResult> {
  const { claim, ...limits } = options;
  const call: ProvenCall = { script: 'proven-exec', args: command, ...(claim === undefined ? {} : { claim }) };
  const { command: proven, nonce } = provenArgv(transport.target, call);
  const result = await transport.exec(proven, limits);
  const refused = proofRefusal(transport, call, { result, nonce });
  if (refused !== undefined) throw refused;
  return result;
}
