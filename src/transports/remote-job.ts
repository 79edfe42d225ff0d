import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import { callHost, type HostAnswer, type ProvenCall } from './host-proof.ts';
import { quote } from './quote.ts';
import type {
  CancelOptions,
  FoundJob,
  JobPoll,
  JobRequest,
  JobState,
  PollOptions,
  RemoteJobs,
  TransportPool,
} from './transport.ts';

// Room for the slowest start (waiting for the claim's lock, flushing a busy disk), not for the job itself.
const startTimeoutMs = 60_000;
const pollTimeoutMs = 30_000;
// Far below the time-out of a poll: a host that waits must not be taken for one that is silent.
const waitMsMax = 10_000;
/** Looks that wait on one host at a time, of the eight channels of its connection. */
const waitingMax = 4;
// After the grace the wrapper kills for 5 s more, looking at every process each tenth of a second.
const cancelMarginMs = 30_000;
const defaultGraceMs = 10_000;
const outputBytesMax = 1024 * 1024;

/** Remote jobs over the connections of a pool; what they promise stands at the port. */
export function createRemoteJobs(pool: TransportPool, clock: Clock): RemoteJobs {
  const ask = async (
    hostName: string,
    call: ProvenCall,
    limits: { readonly timeoutMs: number; readonly stdin?: Uint8Array; readonly signal?: AbortSignal | undefined },
  ): Promise<HostAnswer> => {
    const { signal, ...rest } = limits;
    const abort = signal === undefined ? {} : { signal };
    const startedMs = clock.nowMs();
    const transport = await pool.connect(hostName, abort);
    const timeoutMs = Math.max(1, limits.timeoutMs - (clock.nowMs() - startedMs));
    return callHost(transport, call, { ...rest, ...abort, timeoutMs, maxOutputBytes: outputBytesMax + 65_536 });
  };

  const waits = countWaits();

  return {
    start: async (hostName, request) => {
      const { payload, args } = startArguments(request);
      const call: ProvenCall = {
        script: 'remote-job',
        args: ['start', request.token, ...args],
        token: request.token,
        ...(request.claim === undefined ? {} : { claim: request.claim }),
      };
      const answer = await ask(hostName, call, { timeoutMs: startTimeoutMs, stdin: payload, signal: request.signal });
      return parseState(answer.rest);
    },

    // eslint-disable-next-line max-params -- the port's own list
    poll: async (hostName, token, offset, { waitMs = 0, signal }: PollOptions = {}): Promise<JobPoll> => {
      checkToken(token);
      const wait = Math.min(waitMsMax, Math.max(0, Math.round(waitMs)));
      const answer = await waits.during(hostName, wait, (grantedMs) => {
        const args = ['poll', token, String(offset), String(grantedMs)];
        return ask(hostName, { script: 'remote-job', args, token }, { timeoutMs: pollTimeoutMs, signal });
      });
      const [size = '0', ...state] = answer.rest.split(' ');
      return { status: parseState(state.join(' ')), outputBytes: Number(size), output: answer.payload };
    },

    find: async (hostName, run, signal) => {
      checkToken(run);
      const call: ProvenCall = { script: 'remote-job', args: ['find', run], token: run };
      const answer = await ask(hostName, call, { timeoutMs: pollTimeoutMs, signal });
      return foundJobs(answer.payload);
    },

    cancel: async (hostName, token, options: CancelOptions = {}) => {
      checkToken(token);
      const graceMs = options.graceMs ?? defaultGraceMs;
      const call: ProvenCall = {
        script: 'remote-job',
        args: ['cancel', token, String(Math.ceil(graceMs))],
        token,
        ...(options.claim === undefined ? {} : { claim: options.claim }),
      };
      const answer = await ask(hostName, call, { timeoutMs: graceMs + cancelMarginMs, signal: options.signal });
      return {
        remainingPids: answer.rest
          .split(' ')
          .filter((pid) => pid !== '')
          .map(Number),
      };
    },
  };
}

/** A line `TOKEN STATE` a job. */
function foundJobs(payload: Uint8Array): readonly FoundJob[] {
  const lines = Buffer.from(payload).toString('latin1').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [token = '', ...state] = line.split(' ');
      return { token, state: parseState(state.join(' ')).state };
    });
}

/** Looks that wait on their host: each holds a channel of its connection, and others want one at once. More than a few do not wait. */
function countWaits() {
  const waiting = new Map<string, number>();
  return {
    during: async <T>(host: string, waitMs: number, look: (grantedMs: number) => Promise<T>): Promise<T> => {
      const count = waiting.get(host) ?? 0;
      if (waitMs <= 0 || count >= waitingMax) return look(0);
      waiting.set(host, count + 1);
      try {
        return await look(waitMs);
      } finally {
        waiting.set(host, (waiting.get(host) ?? 1) - 1);
      }
    },
  };
}

// The arguments open the script as its positional parameters, so one digest covers both and a token cannot be used for
// the same script with other arguments. The secret follows it unhashed: a digest on a command line would be a hint.
function startArguments(request: JobRequest): { readonly payload: Uint8Array; readonly args: readonly string[] } {
  checkToken(request.token);
  const command = Buffer.from(`${quote(['set', '--', ...request.args])}\n${request.script}\n`);
  const secret = Buffer.from(request.secret ?? '');
  const digest = createHash('sha256').update(command).digest('hex');
  return {
    payload: Buffer.concat([command, secret]),
    args: [digest, String(command.length), String(command.length + secret.length)],
  };
}

function checkToken(token: string): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/.test(token)) {
    throw new DrpError('internal', { what: `not a job token: ${JSON.stringify(token)}` });
  }
}

function parseState(text: string): JobState {
  const [state = '', code = '', after] = text.split(' ');
  switch (state) {
    case 'absent':
    case 'accepted':
    case 'running':
    case 'cancelled':
    case 'lost':
      return { state };
    case 'done':
      if (/^\d+$/.test(code)) return { state, exitCode: Number(code), afterCancel: after === 'after-cancel' };
  }
  throw new DrpError('internal', { what: `a host answered with the job state ${JSON.stringify(text)}` });
}
