import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { DrpError, toError } from '../../base/errors.ts';
import type { Event } from '../../events/event.ts';
import { statementText } from '../../gates/statement.ts';
import { exportRun } from '../../journal/export.ts';
import { auditText, verdictPage } from '../../views/audit-text.ts';
import { printable, printableLine } from '../../views/escape.ts';
import { wrap } from '../../views/layout.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { packageVersion } from '../overview.ts';
import { pickRun } from '../pick-run.ts';
import { readGiven, readGivenText } from '../read-given.ts';
import { isSyncRecord, syncFile } from '../sync-file.ts';
import type { Verb } from '../verb.ts';
import { withJournalRead } from '../wire.ts';
import { compareWitnesses } from '../witnesses.ts';

interface RunOptions {
  readonly run?: string;
  readonly site?: string;
  readonly journal?: string;
}
interface VerifyOptions extends RunOptions {
  readonly allowedSigners?: string;
  readonly anchor?: readonly string[];
  readonly witness?: boolean;
  readonly sync?: boolean;
}
interface ShowOptions extends RunOptions {
  readonly gate?: string;
}
interface ExportOptions extends RunOptions {
  readonly output?: string;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .command('show')
    .description('The record of a run, event by event.')
    .option('--run <run>', 'run; else the one under way, else the latest')
    .option('--site <name>', 'the latest run of this site')
    .option(
      '--gate <gate>',
      'what this gate showed, byte for byte; with the last opening where it opened more than once',
    )
    .addHelpText(
      'after',
      examples([
        ['drp audit show --run k3f9-2a7m', 'who did what, when'],
        ['drp audit show --gate switchover', 'the statement that was answered, and its digest'],
        ['drp audit show --json', 'whole events'],
      ]),
    )
    .action(action((options: ShowOptions) => show(io, options)));
  command
    .command('verify')
    .description(
      'Checks a record: chain, statements, signatures, policy, the way of the machine, anchors. Works offline.',
    )
    .argument('[file]', 'an export, or a record of syncs; else a run of the journal')
    .option('--run <run>', 'run; else the one under way, else the latest')
    .option('--site <name>', 'the latest run of this site')
    .option('--allowed-signers <file>', 'who people are, from outside the record (ssh-keygen format)')
    .option('--anchor <text...>', "a head seen elsewhere, as tickets carry it: 'RUN SEQ:HEAD12'; of syncs HEAD12")
    .option('--sync', 'the record of what drp sync did for --site')
    .option('--witness', "compare with the copies on the run's hosts, too; reads only")
    .addHelpText(
      'after',
      examples([
        ['drp audit verify --run k3f9-2a7m', 'the record in this journal'],
        ['drp audit verify k3f9-2a7m.jsonl --allowed-signers signers', 'a file, with keys you trust'],
        ["drp audit verify k3f9.jsonl --anchor 'k3f9-2a7m 41:0f3a9c2b7d51'", 'nothing before event 41 was rewritten'],
        [
          'drp audit verify --sync --site gravelines --anchor 0f3a9c2b7d51',
          'what syncs did, and a head that cron mailed',
        ],
      ]),
    )
    .action(action((file: string | undefined, options: VerifyOptions) => verify(io, file, options)));
  command
    .command('export')
    .description('Writes a run as one file that can be verified without this journal.')
    .option('--run <run>', 'run; else the one under way, else the latest')
    .option('--site <name>', 'the latest run of this site')
    .option('--output <file>', 'where to; stdout where not given')
    .addHelpText(
      'after',
      examples([
        ['drp audit export --run k3f9-2a7m --output k3f9-2a7m.jsonl', 'for the auditor; drp audit verify reads it'],
      ]),
    )
    .action(action((options: ExportOptions) => exportTo(io, options)));
};

function show(io: Io, options: ShowOptions): Promise<VerbAnswer> {
  return withJournalRead(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'any');
    const events = await journal.read(row.run);
    if (options.gate !== undefined) return showGate(row.run, options.gate, events);
    return { text: auditText(events, io.width), json: { run: row.run, journal: journal.url, events } };
  });
}

/** The same text for the same statement, whoever asks and when: rendered from what is stored, digest and all. */
function showGate(run: string, gate: string, events: readonly Event[]): VerbAnswer {
  const shown = events.flatMap((event) => (event.type === 'gate.opened' && event.data.gate === gate ? [event] : []));
  const last = shown.at(-1);
  if (last === undefined) {
    const what = `gate '${gate}' of run ${run} has shown nothing`;
    throw new DrpError('nothing-to-do', { what, advice: `Its gates: drp audit show --run ${run}.` });
  }
  const answers = events.flatMap((event) =>
    event.type === 'gate.decided' && event.data.statementDigest === last.data.digest ? [event.data] : [],
  );
  return {
    text: printable(statementText(last.data.statement)),
    exact: true,
    json: {
      run,
      gate,
      seq: last.seq,
      digest: last.data.digest,
      statement: last.data.statement,
      answers,
      openings: shown.length,
    },
  };
}

function exportTo(io: Io, options: ExportOptions): Promise<VerbAnswer> {
  return withJournalRead(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'any');
    const text = await exportRun(journal, row.run, { exportedAt: systemClock.nowIso(), version: packageVersion() });
    const json = { run: row.run, head: row.head, file: options.output ?? null };
    if (options.output === undefined) {
      io.stdout.write(text);
      return { json };
    }
    // Not over what is there: an export is evidence.
    const { output } = options;
    await writeFile(resolve(io.cwd, output), text, { flag: 'wx', mode: 0o600 }).catch((cause: unknown) => {
      const what = `export ${output} cannot be written: ${toError(cause).message}`;
      throw new DrpError('wrong-usage', { what, command: 'audit export' }, { cause });
    });
    return {
      text: wrap(
        `exported run ${row.run} (event ${row.head.seq}, head ${row.head.hash.slice(0, 12)}) to ${printableLine(output)}`,
        io.width,
        '  ',
      ).join('\n'),
      json,
    };
  });
}

async function verify(io: Io, file: string | undefined, options: VerifyOptions): Promise<VerbAnswer> {
  if (options.sync === true) {
    const record = file ?? syncFileOf(io, options);
    return await verifySyncs(io, { file: record, bytes: await readGiven(io, record, 'audit verify') }, options);
  }
  const [{ auditWhole }, { keysSource }] = await Promise.all([
    import('../audit-whole.ts'),
    import('../../gates/answer-check.ts'),
  ]);
  const bytes = file === undefined ? await exported(io, options) : await readGiven(io, file, 'audit verify');
  if (file !== undefined && isSyncRecord(bytes)) return await verifySyncs(io, { file, bytes }, options);
  const { anchorParts } = await import('../../journal/verify.ts');
  const noAnchor = options.anchor?.find((anchor) => anchorParts(anchor) === undefined);
  // A typing error must not read as a broken record.
  if (noAnchor !== undefined) {
    const what = `'${noAnchor}' is no anchor: expected RUN SEQ:HEAD12, e.g. 'k3f9-2a7m 41:0f3a9c2b7d51'`;
    throw new DrpError('wrong-usage', { what, command: 'audit verify' });
  }
  const signers = options.allowedSigners;
  const allowedSigners =
    signers === undefined ? {} : { allowedSigners: await readGivenText(io, signers, 'audit verify') };
  const verdict = auditWhole(bytes, { ...allowedSigners, anchors: options.anchor ?? [] });
  const keys = keysSource(allowedSigners.allowedSigners);
  const witnesses = options.witness === true ? await compareWitnesses(bytes) : [];
  const good = verdict.good && witnesses.every((one) => one.good);
  return {
    text: [
      verdictPage(verdict, { keys, width: io.width, style: io.style }).trimEnd(),
      ...witnesses.map((one) => `  copy on ${one.host}: ${one.text}`),
    ].join('\n'),
    json: { audit: good ? 'verified' : 'broken', keys, ...verdict, ...(options.witness === true ? { witnesses } : {}) },
    exitCode: good ? 0 : 5,
  };
}

function syncFileOf(io: Io, { site, journal }: VerifyOptions): string {
  if (site === undefined) throw new DrpError('wrong-usage', { what: '--sync needs --site', command: 'audit verify' });
  return syncFile(io, { site, ...(journal === undefined ? {} : { journal }) });
}

/** What syncs did belongs to no run: its record has a chain of its own, and its head is in what cron mails. */
async function verifySyncs(
  io: Io,
  { file, bytes }: { readonly file: string; readonly bytes: Uint8Array },
  options: VerifyOptions,
): Promise<VerbAnswer> {
  // Left unheard, an option would let somebody believe that what it asks for was looked at.
  if (options.run !== undefined || options.allowedSigners !== undefined || options.witness === true) {
    const what = 'a record of syncs belongs to no run: it has no signatures and no copies on hosts';
    throw new DrpError('wrong-usage', { what, command: 'audit verify' });
  }
  const [{ verifySync }, { syncVerdictPage }] = await Promise.all([
    import('../../executor/verify-sync.ts'),
    import('../../views/sync-verdict.ts'),
  ]);
  const verdict = verifySync(bytes, options.anchor ?? []);
  return {
    text: syncVerdictPage(verdict, { file, style: io.style }),
    json: { audit: verdict.good ? 'verified' : 'broken', record: 'sync', file, ...verdict },
    exitCode: verdict.good ? 0 : 5,
  };
}

function exported(io: Io, options: RunOptions): Promise<Uint8Array> {
  return withJournalRead(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'any');
    return Buffer.from(
      await exportRun(journal, row.run, { exportedAt: systemClock.nowIso(), version: packageVersion() }),
    );
  });
}
