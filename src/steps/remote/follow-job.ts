import type { JobRequest } from '../../transports/transport.ts';
import type { Progress, StepContext } from '../step-kind.ts';
import type { RedactionStream } from './redact.ts';

/** One line `@TOKEN WORD REST` of a job. */
export interface Said {
  readonly word: string;
  readonly rest: string;
}

/** How a job ended. */
export type JobEnd =
  | { readonly kind: 'done'; readonly exitCode: number; readonly said: readonly Said[]; readonly tail: string }
  | { readonly kind: 'cancelled' }
  /** The host went down under it, or its record there was removed. */
  | { readonly kind: 'lost' };

/** Progress as a script says it: `@TOKEN progress DONE TOTAL TEXT`. */
function progressOf(rest: string, at: string): Progress | undefined {
  const match = /^(\d+) (\d+) ?(.*)$/.exec(rest);
  if (match === null) return undefined;
  return { doneBytes: Number(match[1]), totalBytes: Number(match[2]), text: match[3] ?? '', lastOutputAt: at };
}

/** A job that says nothing new for this long is shown as stalled, ms; it is followed all the same. */
const stalledMs = 15_000;
const pollFirstMs = 150;
const pollMaxMs = 2_000;
const saidMax = 10_000;
const tailCharacters = 8_000;

/**
 * Starts the job unless its token was used before, follows it to its end and reports its progress. Resolves when the
 * job has ended; its output is on its host. Called again after a loss of contact it reads the output anew from its start.
 * Throws what RemoteJobs throws, and the signal's reason when it aborts: the job goes on then.
 */
export async function followJob(
  context: Pick<StepContext, 'jobs' | 'clock' | 'signal' | 'report' | 'claim' | 'redaction'>,
  host: string,
  request: JobRequest,
): Promise<JobEnd> {
  const claim = context.claim === undefined ? {} : { claim: context.claim };
  await context.jobs.start(host, { ...request, ...claim, signal: context.signal });
  const hidden = context.redaction?.stream();
  const news = newsOf(context);
  const reader = lineReader(request.token, hidden, news.hear);
  let offset = 0;
  let waitMs = pollFirstMs;
  for (;;) {
    const askedMs = context.clock.nowMs();
    // The host answers when the job ends, or when it has waited so long: nobody waits for a look that comes late.
    const poll = await context.jobs.poll(host, request.token, offset, { waitMs, signal: context.signal });
    offset += poll.output.length;
    reader.push(poll.output);
    if (poll.output.length > 0 && offset < poll.outputBytes) continue;
    news.tell();
    switch (poll.status.state) {
      case 'done':
        if (poll.status.afterCancel) return { kind: 'cancelled' };
        return { kind: 'done', exitCode: poll.status.exitCode, ...reader.end() };
      case 'cancelled':
      case 'lost':
        return { kind: poll.status.state };
      case 'absent':
        // Its start was on the host's disk: somebody removed the record. Starting it again could be a second time.
        return { kind: 'lost' };
      case 'accepted':
      case 'running':
        news.quiet();
        await context.clock.sleep(Math.max(0, askedMs + waitMs - context.clock.nowMs()), context.signal);
        waitMs = Math.min(pollMaxMs, waitMs * 1.5);
    }
  }
}

/**
 * Reports progress, the last that was said by the time of a look: what a job said while nobody was there is not how it goes
 * now. One that says the same again is no news: a job whose work hangs may well go on talking.
 */
function newsOf(context: Pick<StepContext, 'clock' | 'report'>) {
  let last: Progress = {
    doneBytes: 0,
    totalBytes: 0,
    text: 'it has said nothing yet',
    lastOutputAt: context.clock.nowIso(),
  };
  let lastMs = context.clock.nowMs();
  let heard: Progress | undefined;
  return {
    hear: (said: Said | undefined): void => {
      const at = context.clock.nowIso();
      const next = said?.word === 'progress' ? progressOf(said.rest, at) : undefined;
      const { doneBytes, totalBytes, text } = next ?? last;
      if (
        said?.word === 'progress' &&
        doneBytes === last.doneBytes &&
        totalBytes === last.totalBytes &&
        text === last.text
      )
        return;
      last = { doneBytes, totalBytes, text, lastOutputAt: at };
      lastMs = context.clock.nowMs();
      heard = next ?? heard;
    },
    tell: (): void => {
      if (heard !== undefined) context.report(heard);
      heard = undefined;
    },
    /** The host has just answered that the job runs, and there was nothing new. */
    quiet: (): void => {
      if (context.clock.nowMs() - lastMs < stalledMs) return;
      context.report({ ...last, text: `stalled, its job is alive; ${last.text}` });
    },
  };
}

function lineReader(
  token: string,
  hidden: RedactionStream | undefined,
  onLine: (said: Said | undefined) => void,
): { push(bytes: Uint8Array): void; end(): Pick<Extract<JobEnd, { kind: 'done' }>, 'said' | 'tail'> } {
  const decoder = new TextDecoder();
  const mark = `@${token} `;
  const said: Said[] = [];
  let rest = '';
  let tail = '';
  const take = (line: string): void => {
    if (!line.startsWith(mark)) {
      tail = `${tail}${line}\n`.slice(-tailCharacters);
      onLine(undefined);
      return;
    }
    const text = line.slice(mark.length);
    const space = text.indexOf(' ');
    const one = space < 0 ? { word: text, rest: '' } : { word: text.slice(0, space), rest: text.slice(space + 1) };
    if (one.word !== 'progress' && said.length < saidMax) said.push(one);
    onLine(one);
  };
  const read = (text: string): void => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  };
  return {
    push: (bytes) => {
      const text = decoder.decode(bytes, { stream: true });
      // Before anything is kept or cut to its last words: half a secret would not be found any more.
      read(hidden?.push(text) ?? text);
    },
    end: () => {
      read(hidden?.end() ?? '');
      if (rest !== '') take(rest);
      return { said, tail };
    },
  };
}
