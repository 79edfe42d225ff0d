import { systemClock } from '../../src/base/clock.ts';
import { provenArgv } from '../../src/transports/host-proof.ts';
import { quote } from '../../src/transports/quote.ts';
import { createRemoteJobs } from '../../src/transports/remote-job.ts';
import type { ExecResult, HostTarget, RemoteJobs } from '../../src/transports/transport.ts';
import { siteOf, workOf, type StepWorld } from './step-world.ts';

/** What is sent to a host, and what its answer must hold before the next is sent. */
export interface SentLine {
  readonly host: number;
  readonly line: string;
  readonly stdin?: string;
  readonly until?: string;
}

/** As a command step of drp has it: what follows the folder, in that folder. */
const inFolder = 'cd -- "$1" || exit 97\nshift\nexec "$@"\n';

/** The very lines that drp sends for steps run as jobs: start, look until it has ended, and the check of what it was for. */
export async function jobLines(
  world: StepWorld,
  { run, steps }: { readonly run: string; readonly steps: number },
): Promise<readonly SentLine[]> {
  const lines: SentLine[] = [];
  for (let index = 0; index < steps; index += 1) {
    const host = index % world.targets.length;
    const target = world.targets[host];
    if (target === undefined) throw new Error('no hosts');
    const token = `${run}.1.s${String(index)}`;
    const claim = { site: siteOf, run, epoch: 1 };
    const work = workOf(index);
    const args = [target.base, ...work.run];
    const started = await sentBy(target, (jobs) => jobs.start(target.name, { token, script: inFolder, args, claim }));
    const polled = await sentBy(target, (jobs) => jobs.poll(target.name, token, 0, { waitMs: 1_000 }));
    const check = ['sh', '-c', inFolder, 'drp', target.base, ...work.verify];
    const checked = quote(provenArgv(target, { script: 'proven-exec', args: check }).command);
    lines.push({ host, ...started }, { host, ...polled, until: ' done 0' }, { host, line: checked });
  }
  return lines;
}

/** What a call would send; it is answered by nobody. */
async function sentBy(
  target: HostTarget,
  call: (jobs: RemoteJobs) => Promise<unknown>,
): Promise<{ readonly line: string; readonly stdin?: string }> {
  let sent: { readonly line: string; readonly stdin?: string } | undefined;
  const exec: (
    command: readonly [string, ...string[]],
    options: { readonly stdin?: Uint8Array },
  ) => Promise<ExecResult> = (command, { stdin }) => {
    sent = { line: quote(command), ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin).toString('latin1') }) };
    return Promise.resolve({ kind: 'lost', cause: new Error('only looked at') });
  };
  const transport = { target, exec, close: () => Promise.resolve() };
  const pool = { connect: () => Promise.resolve(transport), closeAll: () => Promise.resolve() };
  await call(createRemoteJobs(pool as never, systemClock)).catch(() => undefined);
  if (sent === undefined) throw new Error('nothing was sent');
  return sent;
}
