import { DrpError } from '../../base/errors.ts';
import type { Argv } from '../../transports/transport.ts';
import { callHost, lastWords, shellArgv, type Exited } from '../remote/read-host.ts';
import type { StepContext } from '../step-kind.ts';

/** A command that lasts a moment and may safely be repeated, and the check of what it was for. */
export interface ShortCommand {
  readonly host: string;
  /** Both begin in this folder. */
  readonly base: string;
  readonly run: Argv;
  readonly verify: Argv;
}

/** What came of it: it ran and was checked in one session. */
export type ShortEnd =
  | { readonly kind: 'ran'; readonly exitCode: number; readonly words: string; readonly check: Exited }
  /** Barred before it began: it was stopped. */
  | { readonly kind: 'barred' }
  | { readonly kind: 'no-folder'; readonly words: string };

/**
 * TOKEN BASE COUNT, then the check (COUNT words), then the command. Words stay words: those of the check are brought to the front
 * by turning the list. The command's output goes to stderr, so that the first line of stdout is ours. A token that was stopped
 * is barred as a job's is.
 */
const script = `
token=$1 count=$3
cd -- "$2" || exit 97
[ ! -e "$HOME/.drp/jobs/$token/cancel" ] || { echo "@$token barred"; exit 0; }
shift 3
(shift "$count" && exec "$@") </dev/null >&2
code=$?
echo "@$token ran $code"
[ "$code" -eq 0 ] || exit 0
left=$#
while [ "$left" -gt 0 ]; do
  [ "$count" -le 0 ] || set -- "$@" "$1"
  shift
  count=$((count - 1)) left=$((left - 1))
done
exec "$@"
`;

/** The whole of it as one command; its processes carry the token. */
export function shortArgv(token: string, { base, run, verify }: Omit<ShortCommand, 'host'>): Argv {
  return ['env', `DRP_JOB=${token}`, ...shellArgv(script, [token, base, String(verify.length), ...verify, ...run])];
}

/** Late is never killed: only a session that nobody could want any more is given up, ms. */
const longestMs = 24 * 3_600_000;

/**
 * Runs a short command and its check in one session, behind the proof of the host and of the claim. All its processes carry the
 * token, so that it is found and stopped like a job. Throws what callHost throws: connection-lost leaves open whether it ran.
 */
export async function runShort(context: StepContext, command: ShortCommand): Promise<ShortEnd> {
  const { host } = command;
  const { token } = context;
  const call = { argv: shortArgv(token, command), timeoutMs: longestMs };
  const claim = context.claim === undefined ? {} : { claim: context.claim };
  const ended = await callHost(context, host, { ...call, ...claim });
  const mark = `@${token} `;
  const line = ended.stdout.startsWith(mark) ? (ended.stdout.slice(mark.length).split('\n', 1)[0] ?? '') : '';
  const [word, code] = line.split(' ');
  if (word === 'barred') return { kind: 'barred' };
  if (word === 'ran') {
    const check = { ...ended, stdout: ended.stdout.slice(mark.length + line.length + 1) };
    return { kind: 'ran', exitCode: Number(code), words: lastWords(ended.stderr), check };
  }
  if (ended.exitCode === 97) return { kind: 'no-folder', words: lastWords(ended.stderr) };
  throw new DrpError('connection-lost', { host, reason: `the session ended with ${ended.exitCode} and no answer` });
}

const looksMs = 30_000;

/** Throws connection-lost while something of an earlier session with this token still runs: two of it must not meet. */
export async function refuseBeside(context: StepContext, host: string): Promise<void> {
  const look = shellArgv('grep -qszxF -e "DRP_JOB=$1" /proc/[0-9]*/environ', [context.token]);
  const { exitCode } = await callHost(context, host, { argv: look, timeoutMs: looksMs });
  if (exitCode === 0) throw new DrpError('connection-lost', { host, reason: 'what was begun before still runs' });
}
