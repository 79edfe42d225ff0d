import { Option } from 'commander';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { formatDuration, parseDuration } from '../../base/duration.ts';
import { DrpError, isDrpError } from '../../base/errors.ts';
import { exitCodeOf, type CheckReport } from '../../checks/verdict.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import { plainStyle } from '../../views/style.ts';
import { checkAnswer, writeWhole, type CheckFormat } from '../check-answer.ts';
import { checkOnce } from '../check-once.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import type { Verb } from '../verb.ts';
import { watchChecks } from '../watch-checks.ts';
import { openRunbook } from '../wire.ts';

interface CheckVerbOptions {
  readonly site: string;
  readonly runbooks?: string;
  readonly journal?: string;
  readonly lost?: readonly string[];
  readonly only?: string;
  readonly all?: boolean;
  readonly format: CheckFormat;
  readonly output?: string;
  readonly junit?: string | true;
  readonly watch?: string;
}

const leftCode = 130;
const watchMsMin = 5_000;
const watchMsMax = 7 * 86_400_000;

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--site <name>', 'site to look at')
    .option('--lost <datacentre...>', 'as if these were gone: nothing in them is contacted')
    .option('--only <probe>', 'only what begins so, e.g. host, host.clock, backup')
    .option('--all', 'also show what is well, a line each')
    .addOption(
      new Option('--format <format>', 'for monitoring: exit codes and text as it expects them')
        .choices(['table', 'nagios', 'prometheus'])
        .default('table'),
    )
    .option('--output <file>', 'into a file, replaced whole; nothing on stdout')
    .option('--junit [file]', 'JUnit XML, into a file or on stdout')
    .option('--watch <interval>', 'look again and again until Ctrl-C; a line for what changed, e.g. 30m')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .addHelpText(
      'after',
      `
Only reads, and changes nothing anywhere. Exit codes: 0 nothing failed, 1 something failed,
4 something was out of reach; with --format nagios 0 ok, 1 warning, 2 critical, 3 unknown.
${examples([
  ['drp check --site gravelines', 'what is wrong tonight, the worst first, and what to do'],
  ['drp check --site gravelines --lost limburg', 'what would be left without that datacentre'],
  ['drp check --site gravelines --only host.clock --all', 'one probe, every host'],
  ['drp check --site gravelines --watch 30m', 'a line whenever something changes'],
  ['drp check --site gravelines --format nagios', 'as a plugin of Nagios or Icinga'],
])}`,
    )
    .action(
      action(({ output, ...options }: CheckVerbOptions) =>
        monitored(io, output === undefined || ['-', '/dev/stdout'].includes(output) ? options : { ...options, output }),
      ),
    );
};

/** What could not be looked at at all is UNKNOWN to monitoring, in words on stdout: 2 would say that the site is broken. */
async function monitored(io: Io, options: CheckVerbOptions): Promise<VerbAnswer> {
  if (options.format !== 'nagios' || options.junit !== undefined) return await check(io, options);
  const unknown = async (why: string, json: object): Promise<VerbAnswer> => {
    const { nagiosUnknown } = await import('../../views/check-nagios.ts');
    return { json, ...nagiosUnknown(options.site, why) };
  };
  try {
    const answer = await check(io, options);
    return answer.exitCode === leftCode ? await unknown('the look was interrupted', answer.json) : answer;
  } catch (thrown) {
    if (!isDrpError(thrown)) throw thrown;
    const { code, message, hint } = thrown;
    return await unknown(`${message}; ${hint}`, { error: { code, message, hint }, exitCode: 3 });
  }
}

async function check(io: Io, options: CheckVerbOptions): Promise<VerbAnswer> {
  const { site, runbooks, only, watch } = options;
  const everyMs = watch === undefined ? undefined : intervalOf(watch);
  if (
    watch !== undefined &&
    (options.format !== 'table' || options.output !== undefined || options.junit !== undefined)
  ) {
    const what = '--watch speaks in lines: --format, --output and --junit are for one look';
    throw new DrpError('wrong-usage', { what, command: 'check' });
  }
  const { runbook } = await openRunbook(io, site, runbooks);
  const lost = lostOf(runbook, options.lost ?? []);
  const question = {
    site,
    lost,
    stateFolder: stateFolder(io),
    ...(runbooks === undefined ? {} : { runbooks }),
    ...(only === undefined ? {} : { only }),
    ...(options.journal === undefined ? {} : { journal: options.journal }),
  };
  const look = async (signal: AbortSignal): Promise<CheckReport> => {
    const { report, troubles } = await checkOnce(io, question, signal);
    for (const trouble of troubles) io.stderr.write(`NOTE ${trouble}\n`);
    return report;
  };
  if (everyMs !== undefined) return await watchChecks(io, { everyMs, all: options.all === true, look });
  const report = await untilInterrupted(look);
  if (report === undefined) return { json: { left: true }, exitCode: leftCode };
  if (only !== undefined && report.findings.length === 0) throw nothingBegins(only);
  if (typeof options.junit === 'string') await writeJunit(options.junit, report);
  const answer = await checkAnswer(report, {
    width: io.width,
    // A file is no terminal.
    style: options.output === undefined ? io.style : plainStyle,
    all: options.all === true,
    piped: options.output !== undefined || io.stdout.isTTY !== true,
    format: options.format,
    junit: options.junit === true || options.junit === '-',
  });
  if (options.output === undefined) return answer;
  await writeWhole(options.output, answer.text ?? '');
  return { json: answer.json, exitCode: answer.exitCode ?? exitCodeOf(report.findings) };
}

/** Ctrl-C ends a look at once, and its connections with it; undefined then. */
async function untilInterrupted(look: (signal: AbortSignal) => Promise<CheckReport>): Promise<CheckReport | undefined> {
  const leave = new AbortController();
  const onSignal = (): void => leave.abort(new Error('left by the operator'));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  try {
    return await look(leave.signal);
  } catch (thrown) {
    if (!leave.signal.aborted) throw thrown;
    return undefined;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  }
}

async function writeJunit(file: string, report: CheckReport): Promise<void> {
  if (file === '-') return;
  const { checkJunit } = await import('../../views/check-junit.ts');
  await writeWhole(file, checkJunit(report));
}

/** Names as they are written, with commas or apart. Throws wrong-usage where the runbook has no such datacentre. */
function lostOf(runbook: Runbook, given: readonly string[]): readonly string[] {
  const names = [...new Set(given.flatMap((text) => text.split(',')).map((text) => text.trim()))].filter(
    (text) => text !== '' && text !== 'none',
  );
  const unknown = names.find((name) => !Object.hasOwn(runbook.datacentres, name));
  if (unknown === undefined) return names;
  const known = Object.keys(runbook.datacentres).join(', ');
  throw new DrpError('wrong-usage', { what: `no datacentre '${unknown}'; there are: ${known}`, command: 'check' });
}

function intervalOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= watchMsMin && ms <= watchMsMax) return ms;
  const what = `--watch ${text}: expected a time from ${formatDuration(watchMsMin)} to ${formatDuration(watchMsMax)}, e.g. 30m`;
  throw new DrpError('wrong-usage', { what, command: 'check' });
}

function nothingBegins(only: string): DrpError {
  const what = `there is no probe whose name begins with '${only}'; names stand in: drp check --site SITE --all`;
  return new DrpError('wrong-usage', { what, command: 'check' });
}

/** The XDG base directory specification: a relative path is to be ignored. */
function stateFolder({ env }: Io): string {
  const given = env['XDG_STATE_HOME'];
  return given?.startsWith('/') === true ? given : join(env['HOME'] ?? homedir(), '.local', 'state');
}
