import { Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DrpError, toError } from '../../base/errors.ts';
import type { Event } from '../../events/event.ts';
import { readRuns } from '../../journal/read-runs.ts';
import { printableLine } from '../../views/escape.ts';
import { reportOf } from '../../views/report/model.ts';
import { compareReport, renderReport, reportClaim, type ReportForm } from '../../views/report/verify.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { pickRun } from '../pick-run.ts';
import { readGiven } from '../read-given.ts';
import type { Verb } from '../verb.ts';
import { withJournalRead } from '../wire.ts';

interface ReportOptions {
  readonly run?: string;
  readonly site?: string;
  readonly journal?: string;
  readonly format?: ReportForm;
  readonly output?: string;
  readonly from?: readonly string[];
  readonly verify?: string;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .argument('[run]', 'run; else the one under way, else the latest')
    .option('--run <run>', 'the same, as other verbs take it')
    .option('--site <name>', 'the latest run of this site')
    .addOption(
      new Option('--format <name>', 'what to write (default: by the end of --output, else markdown)').choices([
        'markdown',
        'json',
        'html',
      ]),
    )
    .option('--output <file>', 'where to; stdout where not given. Nothing is overwritten')
    .option(
      '--from <export...>',
      'files of drp audit export instead of the journal; the first is the run, the others its site',
    )
    .option('--verify <file>', 'whether this report is what the journal says, byte for byte')
    .addHelpText(
      'after',
      `
A report is made from the journal alone: the same events give the same bytes, on any machine.
${examples([
  ['drp report k3f9-2a7m --output k3f9.html', 'one page that needs no network, and prints'],
  ['drp report k3f9-2a7m > k3f9.md', 'the same as Markdown'],
  ['drp report --verify k3f9.html', 'nobody changed it, and the journal still says so'],
])}`,
    )
    .action(
      action((run: string | undefined, options: ReportOptions) =>
        options.verify === undefined
          ? write(io, run === undefined ? options : { ...options, run })
          : verify(io, options.verify, options),
      ),
    );
};

async function write(io: Io, options: ReportOptions): Promise<VerbAnswer> {
  const { events, others } = await recordOf(io, options);
  const report = reportOf(events, others);
  const form = options.format ?? formOf(options.output);
  const { run, record } = report;
  if (options.output === undefined) {
    if (io.json) return { json: report };
    // Written here: the answer's text would lose its last line ends, and a report is verified byte for byte.
    io.stdout.write(renderReport(report, form));
    return { json: {} };
  }
  try {
    await writeFile(resolve(io.cwd, options.output), renderReport(report, form), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const what = `report ${options.output} cannot be written: ${toError(cause).message}`;
    throw new DrpError('wrong-usage', { what, command: 'report' }, { cause });
  }
  return {
    text: `report of run ${run} (event ${record.head.seq}, head ${record.head.hash.slice(0, 12)}) written to ${options.output}`,
    json: { run, head: record.head, format: form, file: options.output },
  };
}

function formOf(file: string | undefined): ReportForm {
  if (file === undefined) return 'markdown';
  if (/\.html?$/i.test(file)) return 'html';
  return /\.json$/i.test(file) ? 'json' : 'markdown';
}

async function verify(io: Io, file: string, options: ReportOptions): Promise<VerbAnswer> {
  const text = (await readGiven(io, file, 'report')).toString('utf8');
  const claim = reportClaim(text);
  if (claim === undefined) throw new DrpError('report-unreadable', { file });
  const verdict = compareReport(text, claim, await recordOf(io, { ...options, run: claim.run }));
  const about = { file, run: claim.run, format: claim.form, head: { seq: claim.seq, hash: claim.hash } };
  const said = `${file}: report of run ${claim.run}, events 1 to ${claim.seq}`;
  switch (verdict.kind) {
    case 'same': {
      const { laterEvents, outdated } = verdict;
      const held =
        laterEvents === 0
          ? 'what other runs of the site did since'
          : `${laterEvents} later ${laterEvents === 1 ? 'event' : 'events'}`;
      const later = outdated ? `\nThe journal holds ${held}: a new report would say more.` : '';
      return {
        text: `${said}\nGOOD: it is what the journal says, byte for byte.${later}`,
        json: { report: 'same', ...about, laterEvents, outdated },
      };
    }
    case 'run-missing': {
      // Neither good nor broken: it cannot be made again from what is here.
      const { from, journal } = options;
      throw new DrpError('run-not-found', { run: verdict.run, journal: from?.join(', ') ?? journal ?? 'the journal' });
    }
    case 'other-record':
      return {
        text: `${said}\nBROKEN: ${verdict.reason}. One of the two was changed: drp audit verify --run ${claim.run}.`,
        json: { report: 'other-record', ...about, reason: verdict.reason },
        exitCode: 5,
      };
    case 'changed': {
      const { line, found, expected } = verdict;
      const shown = (part: string) => printableLine(part).slice(0, 200);
      return {
        text: `${said}\nBROKEN: line ${line} is not what the journal says.\n  found     ${shown(found)}\n  expected  ${shown(expected)}`,
        json: { report: 'changed', ...about, line, found, expected },
        exitCode: 5,
      };
    }
  }
}

interface RunRecord {
  readonly events: readonly Event[];
  /** The other runs of its site; absent where they are not at hand. */
  readonly others?: readonly (readonly Event[])[];
}

/** From exports where they are given: each is read whole or not at all. One alone knows its own run and no other. */
async function recordOf(io: Io, options: ReportOptions): Promise<RunRecord> {
  const { from = [], run } = options;
  if (from.length === 0) {
    return withJournalRead(io, options.journal, async (journal) => {
      const row = await pickRun(journal, options, 'any');
      const [events, runs] = [await journal.read(row.run), await readRuns(journal, row.site)];
      return { events, others: runs.filter(([began]) => began?.run !== row.run) };
    });
  }
  const { readExport } = await import('../../journal/export.ts');
  const runs: (readonly Event[])[] = [];
  for (const file of from) runs.push(readExport((await readGiven(io, file, 'report')).toString('utf8')).events);
  const events = run === undefined ? runs[0] : runs.find(([began]) => began?.run === run);
  if (events === undefined) throw new DrpError('run-not-found', { run: run ?? '', journal: from.join(', ') });
  return runs.length === 1 ? { events } : { events, others: runs.filter((one) => one !== events) };
}
