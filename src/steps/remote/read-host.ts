import { DrpError } from '../../base/errors.ts';
import { provenExec } from '../../transports/proven-exec.ts';
import type { Argv, ClaimCheck, ExecResult } from '../../transports/transport.ts';
import type { StepContext } from '../step-kind.ts';

/** A short command on a host, and its limits. */
export interface HostCall {
  readonly argv: Argv;
  readonly timeoutMs: number;
  readonly stdin?: string;
  readonly maxOutputBytes?: number;
  /** Given for commands that change something. */
  readonly claim?: ClaimCheck;
}

export type Exited = Extract<ExecResult, { kind: 'exited' }>;

/** argv for a script text of ours with its data as positional parameters. */
export function shellArgv(script: string, args: readonly string[]): Argv {
  return ['sh', '-c', script, 'drp', ...args];
}

/**
 * Runs one short command, behind the proof of the host's identity (and of the claim where one is given). Throws
 * host-unreachable, connection-lost (also on a deadline), identity-mismatch, claim-lost; any exit code is a value.
 */
export async function callHost(
  context: Pick<StepContext, 'hosts' | 'signal' | 'redaction'>,
  host: string,
  call: HostCall,
): Promise<Exited> {
  const transport = await context.hosts.connect(host, { signal: context.signal });
  const { argv, ...options } = call;
  const result = await provenExec(transport, argv, { ...options, signal: context.signal });
  switch (result.kind) {
    case 'exited':
      // Only for people, and cut to its last words: half a secret would not be found any more.
      return { ...result, stderr: context.redaction?.text(result.stderr) ?? result.stderr };
    case 'signalled':
      throw new DrpError('connection-lost', { host, reason: `the command was ended by ${result.signalName}` });
    case 'timed-out':
      throw new DrpError('connection-lost', { host, reason: `no answer within ${result.afterMs} ms` });
    case 'lost':
      throw new DrpError('connection-lost', { host, reason: result.cause.message }, { cause: result.cause });
  }
}

/** The last words of a command, on one line. */
export function lastWords(text: string): string {
  return text.trim().split('\n').slice(-3).join(' / ').slice(0, 400);
}
