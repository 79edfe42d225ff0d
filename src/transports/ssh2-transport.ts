import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { DrpError, toError } from '../base/errors.ts';
import { cappedOutput } from './capped-output.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { quote } from './quote.ts';
import { createSlots, type Slots } from './slots.ts';
import type { Argv, ExecOptions, ExecResult, HostTarget } from './transport.ts';
import type { TunnelTransport } from './tunnel.ts';

/** A logged-in ssh2 client as a transport: commands beside each other on channels, never more than the limit. */
export function createSsh2Transport(target: HostTarget, client: Client, limits: ConnectionLimits): TunnelTransport {
  const slots = createSlots(limits.channelsMax);
  const open = new Set<ClientChannel>();
  const ended = new AbortController();
  let lastError: Error | undefined;
  client.on('error', (error) => {
    lastError = error;
  });
  const finish = (): void =>
    ended.abort(new Error(lastError?.message ?? 'the connection was closed', { cause: lastError }));
  client.on('close', finish);

  const give = (): void => {
    finish();
    // Nothing answers on this connection any more: waiting for its polite end would wait for ever.
    client.destroy();
  };

  return {
    target,
    ended: ended.signal,
    exec: (command, options) =>
      execOnChannel({ client, slots, open, ended: ended.signal, limits, give }, command, options),
    openTunnel: (address, port) =>
      openTunnel(client, { host: target.name, address, port, timeoutMs: limits.channelTimeoutMs }),
    close: async () => {
      if (ended.signal.aborted) return;
      const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
      client.end();
      const timer = setTimeout(give, 1_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** A way through this host to an address beyond it. Throws host-unreachable. */
function openTunnel(
  client: Client,
  to: { readonly host: string; readonly address: string; readonly port: number; readonly timeoutMs: number },
): Promise<Duplex> {
  const { host, address, port, timeoutMs } = to;
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: Error): void => {
      clearTimeout(timer);
      const options = cause === undefined ? {} : { cause };
      reject(new DrpError('host-unreachable', { host, address, port, reason }, options));
    };
    const timer = setTimeout(() => fail(`no tunnel within ${timeoutMs} ms`), timeoutMs);
    try {
      client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (error !== undefined) return fail(`no tunnel through '${host}': ${error.message}`, error);
        clearTimeout(timer);
        resolve(channel);
      });
    } catch (error) {
      fail('the connection is closed', toError(error));
    }
  });
}

const openTriesMax = 5;
const openPauseMs = 50;
/** A session that stays refused while others of this connection run means that the host lets no more run at once. */
const fullTries = 2;

interface ChannelSource {
  readonly client: Client;
  readonly slots: Slots;
  /** Channels of this connection whose commands run. */
  readonly open: Set<ClientChannel>;
  readonly ended: AbortSignal;
  readonly limits: ConnectionLimits;
  readonly give: () => void;
}

/** On a host that lets fewer sessions run at once than the limit, a command waits for one to end, as it does at the limit. */
async function execOnChannel(source: ChannelSource, command: Argv, options: ExecOptions): Promise<ExecResult> {
  for (;;) {
    const result = await tryOnChannel(source, quote(command), options);
    if (result !== 'full') return result;
  }
}

async function tryOnChannel(source: ChannelSource, line: string, options: ExecOptions): Promise<ExecResult | 'full'> {
  const calledOff = [source.ended, ...(options.signal === undefined ? [] : [options.signal])];
  let giveSlotBack: () => void;
  try {
    // Those who are in have deadlines of their own: the wait for them is not the host's silence.
    giveSlotBack = await source.slots.enter(AbortSignal.any(calledOff));
  } catch (error) {
    return { kind: 'lost', cause: toError(error) };
  }
  const startedMs = performance.now();
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const stop = AbortSignal.any([deadline, ...calledOff]);
  const stopped = (): ExecResult =>
    stop.reason === deadline.reason && deadline.aborted
      ? { kind: 'timed-out', afterMs: Math.round(performance.now() - startedMs) }
      : { kind: 'lost', cause: toError(stop.reason) };
  const leave = (): void => {
    source.ended.removeEventListener('abort', leave);
    giveSlotBack();
  };
  return new Promise<ExecResult | 'full'>((resolve) => {
    let channel: ClientChannel | undefined;
    const end = (result: ExecResult | 'full'): void => {
      clearTimeout(openTimer);
      stop.removeEventListener('abort', onStop);
      resolve(result);
    };
    const onStop = (): void => {
      end(stopped());
      // The slot comes back when the host has closed its side, too: until then its session counts there.
      if (source.ended.aborted) leave();
      else channel?.close();
    };
    const openTimer = setTimeout(() => {
      end({ kind: 'lost', cause: new Error(`no channel within ${source.limits.channelTimeoutMs} ms`) });
      source.give();
      leave();
    }, source.limits.channelTimeoutMs);
    source.ended.addEventListener('abort', leave, { once: true });
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) {
      onStop();
      leave();
      return;
    }
    const onChannel = (error: Error | 'full' | undefined, opened: ClientChannel): void => {
      if (error !== undefined) {
        leave();
        end(error === 'full' ? error : { kind: 'lost', cause: error });
        return;
      }
      clearTimeout(openTimer);
      channel = opened;
      source.open.add(opened);
      opened.on('close', () => {
        source.open.delete(opened);
        leave();
      });
      if (stop.aborted) opened.close();
      collect(opened, { options, startedMs }, end);
    };
    openChannel(source, { line, stop }, onChannel);
  });
}

// sshd counts a session a moment longer than its channel lives, so that the next may be refused. Refused is not begun:
// it is asked for again.
function openChannel(
  { client, slots, open }: ChannelSource,
  command: { readonly line: string; readonly stop: AbortSignal },
  done: (error: Error | 'full' | undefined, channel: ClientChannel) => void,
): void {
  let refusals = 0;
  const tryIt = (): void => {
    try {
      client.exec(command.line, (error, channel) => {
        const refused = error !== undefined && 'reason' in error && typeof error.reason === 'number';
        if (!refused || refusals >= openTriesMax || command.stop.aborted) {
          done(error, channel);
          return;
        }
        refusals += 1;
        if (refusals > fullTries && open.size > 0) {
          slots.narrow(open.size);
          done('full', channel);
          return;
        }
        setTimeout(tryIt, openPauseMs * refusals);
      });
    } catch (error) {
      done(toError(error), undefined as never);
    }
  };
  tryIt();
}

/** Reads a channel to its end. */
function collect(
  channel: ClientChannel,
  command: { readonly options: ExecOptions; readonly startedMs: number },
  end: (outcome: ExecResult) => void,
): void {
  const { options, startedMs } = command;
  const stdout = cappedOutput(options.maxOutputBytes);
  const stderr = cappedOutput(options.maxOutputBytes);
  let exit: { readonly code: number | null; readonly signalName: string | undefined } | undefined;
  let failure: Error | undefined;
  channel.on('data', (chunk: Buffer) => stdout.add(chunk));
  channel.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  channel.on('exit', (code: number | null, signalName?: string) => {
    exit = { code, signalName };
  });
  channel.on('error', (error: Error) => {
    failure = error;
  });
  channel.on('close', () => {
    const texts = { stdout: stdout.text(options.stdoutAs ?? 'utf8'), stderr: stderr.text('utf8') };
    if (exit === undefined) {
      end({ kind: 'lost', cause: failure ?? new Error('the channel closed without an exit code') });
    } else if (exit.code === null) {
      end({ kind: 'signalled', signalName: exit.signalName ?? 'unknown', ...texts });
    } else {
      const truncated = stdout.truncated || stderr.truncated;
      const durationMs = Math.round(performance.now() - startedMs);
      end({ kind: 'exited', exitCode: exit.code, ...texts, truncated, durationMs });
    }
  });
  channel.end(options.stdin ?? '');
}
