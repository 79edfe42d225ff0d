import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DrpError } from '../base/errors.ts';
import type { Argv, ClaimCheck, ExecOptions, ExecResult, HostTarget, Transport } from './transport.ts';

/** A script of this folder that runs behind the proof of its host. */
export type ProvenScript = 'claims' | 'proven-exec' | 'remote-job' | 'witness';

/** What a script said, without its marks: the words of the answer, and the bytes that follow it. */
export interface HostAnswer {
  readonly word: string;
  readonly rest: string;
  readonly payload: Uint8Array;
}

/** One call of a script on a host. */
export interface ProvenCall {
  readonly script: ProvenScript;
  readonly args: readonly string[];
  readonly claim?: ClaimCheck;
  /** Named in errors about a job. */
  readonly token?: string;
}

const names = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/;
// `exec "$self"` cannot hand a text to itself; eval of the first argument can, and so one text serves every shell.
const bootstrap = 'self=$1; shift; eval "$self"';
const refusedExitCode = 97;

/** Throws internal where a site, a run or an epoch could be taken for something else on the host. */
export function checkClaim(claim: ClaimCheck): void {
  const { site, run, epoch, driver = '-' } = claim;
  if (
    !names.test(site) ||
    !names.test(run) ||
    !Number.isSafeInteger(epoch) ||
    epoch < 0 ||
    !/^[a-z0-9-]+$/.test(driver)
  ) {
    throw new DrpError('internal', { what: `not a claim: ${JSON.stringify(claim)}` });
  }
}

/** The whole command of a proven call, and the nonce its answers carry. Data travels as arguments only. */
export function provenArgv(target: HostTarget, call: ProvenCall): { readonly command: Argv; readonly nonce: string } {
  if (call.claim !== undefined) checkClaim(call.claim);
  const nonce = randomBytes(8).toString('hex');
  const { claim, args } = call;
  const proof = [target.identity.file, target.identity.text];
  const held =
    claim === undefined ? ['', '', '', '-'] : [claim.site, claim.run, String(claim.epoch), claim.driver ?? '-'];
  return { command: ['sh', '-c', bootstrap, 'drp', scriptText(call.script), nonce, ...proof, ...held, ...args], nonce };
}

/**
 * Runs a script of this folder behind the proof of its host and returns its answer. Throws identity-mismatch,
 * claim-lost, remote-refused, job-script-incomplete, job-token-reused; connection-lost where the outcome is unknown.
 */
export async function callHost(transport: Transport, call: ProvenCall, options: ExecOptions): Promise<HostAnswer> {
  const { command, nonce } = provenArgv(transport.target, call);
  const result = await transport.exec(command, { ...options, stdoutAs: 'latin1' });
  const answer = result.kind === 'exited' ? findAnswer(result.stdout, nonce) : undefined;
  if (answer !== undefined && answer.word !== 'refused') return answer;
  throw answer === undefined
    ? unanswered(transport.target, result, call)
    : refusal(transport.target, call, answer.rest);
}

/** The error behind a result of `proven-exec` that its proof ended; undefined where the command itself was reached. */
export function proofRefusal(
  transport: Transport,
  call: ProvenCall,
  outcome: { readonly result: ExecResult; readonly nonce: string },
): DrpError | undefined {
  const { result, nonce } = outcome;
  if (result.kind !== 'exited' || result.exitCode !== refusedExitCode) return undefined;
  const answer = findAnswer(result.stdout, nonce);
  return answer?.word === 'refused' ? refusal(transport.target, call, answer.rest) : undefined;
}

const texts = new Map<ProvenScript, string>();

function scriptText(script: ProvenScript): string {
  const known = texts.get(script);
  if (known !== undefined) return known;
  const text = ['host-proof', script]
    .map((name) => readFileSync(new URL(`./${name}.sh`, import.meta.url), 'utf8'))
    .join('')
    // Comments stay at home: the text travels with every call.
    .replaceAll(/^\s*#.*\n/gm, '');
  texts.set(script, text);
  return text;
}

function findAnswer(stdout: string, nonce: string): HostAnswer | undefined {
  const mark = `drp1 ${nonce} `;
  const start = stdout.indexOf(mark);
  const end = start < 0 ? -1 : stdout.indexOf('\n', start);
  if (end < 0) return undefined;
  const line = stdout.slice(start + mark.length, end);
  const space = line.indexOf(' ');
  return {
    word: space < 0 ? line : line.slice(0, space),
    rest: space < 0 ? '' : line.slice(space + 1).trim(),
    payload: Buffer.from(stdout.slice(end + 1), 'latin1'),
  };
}

function refusal(target: HostTarget, call: ProvenCall, said: string): DrpError {
  const [kind = '', ...details] = said.split(' ');
  const host = target.name;
  switch (kind) {
    case 'identity': {
      const found = Buffer.from(details.join(' '), 'latin1').toString('utf8');
      return new DrpError('identity-mismatch', {
        host,
        found: printable(found === '' ? 'nothing' : found),
        expected: target.identity.text,
        file: target.identity.file,
      });
    }
    case 'claim': {
      const [holder = '-', epoch = '0'] = details;
      const site = call.claim?.site ?? call.args[1] ?? '?';
      return new DrpError('claim-lost', {
        site,
        host,
        holder: holder === '-' ? 'nobody' : printable(holder),
        epoch: Number(epoch),
      });
    }
    case 'incomplete':
      return new DrpError('job-script-incomplete', { host, token: call.token });
    case 'reused':
      return new DrpError('job-token-reused', { host, token: call.token });
    case 'tools':
      return new DrpError('remote-refused', { host, reason: `it lacks the program '${printable(details.join(' '))}'` });
    case 'room':
      return new DrpError('remote-refused', { host, reason: 'its home folder cannot be written (full or read-only)' });
    default:
      return new DrpError('remote-refused', { host, reason: printable(said) });
  }
}

function unanswered(target: HostTarget, result: ExecResult, call: ProvenCall): DrpError {
  const host = target.name;
  switch (result.kind) {
    case 'lost':
      return new DrpError('connection-lost', { host, reason: result.cause.message }, { cause: result.cause });
    case 'timed-out':
      return new DrpError('connection-lost', { host, reason: `no answer after ${result.afterMs} ms` });
    case 'signalled':
      return new DrpError('connection-lost', { host, reason: `the remote shell was ended by ${result.signalName}` });
    case 'exited': {
      const stderr = printable(result.stderr.trim().split('\n').at(-1) ?? '');
      const reason = `${call.script} ended with ${result.exitCode} and no answer${stderr === '' ? '' : `: ${stderr}`}`;
      return new DrpError('remote-refused', { host, reason });
    }
  }
}

/** Text of another machine, safe for a terminal and short. */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}\u2028\u2029]/gu, '?').slice(0, 200);
}
