import { systemClock } from '../../base/clock.ts';
import { DrpError, isDrpError } from '../../base/errors.ts';
import { siteState } from '../../executor/site.ts';
import { unheardWords, type UnheardWord } from '../../gates/spool.ts';
import type { Journal } from '../../journal/journal.ts';
import { spoolFolder } from '../../journal/open.ts';
import { gateText } from '../../views/gate-text.ts';
import { elapsedMs, runSummary, type RunSummary } from '../../views/run-summary.ts';
import { statusText, type SiteStanding, type StatusView } from '../../views/status-text.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { pickRun, readRuns } from '../pick-run.ts';
import { planOf } from '../plan-of.ts';
import type { Verb } from '../verb.ts';
import { possibleNow, waitingNow, type PossibleNow } from '../waiting-now.ts';
import { withJournal } from '../wire.ts';

interface StatusOptions {
  readonly run?: string;
  readonly site?: string;
  readonly journal?: string;
  readonly watch?: boolean;
  readonly gate?: string;
  readonly approvalText?: string;
  readonly reason?: string;
}

const watchEveryMs = 1_000;
const nothingPossible: PossibleNow = { switchBackFrom: [] };

export const verb: Verb = (command, { io, action }) => {
  command
    .option('--run <run>', 'run to show; else the one under way, else the latest')
    .option('--site <name>', 'site to show')
    .option('--watch', 'go on showing until Ctrl-C or the end of the run')
    .option('--gate <gate>', 'with --approval-text: gate to answer; may be left out where one is open')
    .option('--approval-text <person>', 'print the text this person signs to approve, for signing without drp')
    .option('--reason <text>', 'with --approval-text: stands in the text; needed where evidence is red')
    .addHelpText(
      'after',
      examples([
        ['drp status', 'the run under way: now, what waits for whom, what to type'],
        ['drp status --watch', 'look on from another terminal'],
        ['drp status --gate switchover --approval-text anne > approval.json', 'to sign with ssh-keygen, anywhere'],
        ['drp status --site gravelines --json', 'for programs; takes no lock'],
      ]),
    )
    .action(
      action((options: StatusOptions) => withJournal(io, options.journal, (journal) => status(io, journal, options))),
    );
};

async function status(io: Io, journal: Journal, options: StatusOptions): Promise<VerbAnswer> {
  if (options.approvalText !== undefined) return await toSign(journal, options, options.approvalText);
  if (options.watch !== true) return answer(io, await look(journal, options));
  let shown = '';
  for (;;) {
    const seen = await look(journal, options);
    const head = seen.summary?.head.hash ?? '';
    if (io.json && head !== shown) io.stdout.write(`${JSON.stringify(answer(io, seen).json)}\n`);
    else if (io.stdout.isTTY) io.stdout.write(`\u001b[H\u001b[2J${textOf(io, seen, { statements: false })}`);
    else if (head !== shown) io.stdout.write(`${textOf(io, seen, { statements: false })}\n`);
    shown = head;
    if (seen.summary === undefined || seen.summary.outcome !== undefined) return answer(io, seen);
    await systemClock.sleep(watchEveryMs);
  }
}

async function toSign(journal: Journal, options: StatusOptions, person: string): Promise<VerbAnswer> {
  const [{ openGate }, { approvalText }] = await Promise.all([
    import('../answer-gate.ts'),
    import('../signed-elsewhere.ts'),
  ]);
  const { run } = await pickRun(journal, options, 'unfinished');
  const { events, waiting } = await waitingNow(journal, run);
  const { statement, subject } = openGate(waiting, options.gate, { run, events });
  if (planOf(events).world.people[person] === undefined) throw new DrpError('person-unknown', { who: `'${person}'` });
  const text = approvalText(statement, { person, reason: options.reason ?? '', at: systemClock.nowIso() });
  return { text, json: { run, gate: subject, person, text } };
}

interface Seen {
  readonly journal: string;
  readonly summary?: RunSummary;
  readonly site?: SiteStanding;
  /** Site asked for, where it has no run. */
  readonly name?: string;
  readonly driven: 'driven' | 'not-driven';
  readonly possible: PossibleNow;
  readonly unheard: readonly UnheardWord[];
}

async function look(journal: Journal, options: StatusOptions): Promise<Seen> {
  const row = await pickRun(journal, options, 'any').catch((error: unknown) => {
    if (options.run === undefined && isDrpError(error, 'nothing-to-do')) return undefined;
    throw error;
  });
  const name = options.site;
  // Of a site without runs this journal knows nothing: not even that production serves.
  if (row === undefined) {
    return {
      journal: journal.url,
      driven: 'not-driven',
      possible: nothingPossible,
      unheard: [],
      ...(name === undefined ? {} : { name }),
    };
  }
  const site = siteState(row.site, await readRuns(journal, row.site));
  const events = await journal.read(row.run);
  const summary = runSummary(events);
  const possible = summary?.outcome === undefined ? await possibleNow(row.run, journal.url, events) : nothingPossible;
  const driven = (await journal.holder(row.run)) === undefined ? 'not-driven' : 'driven';
  return {
    journal: journal.url,
    driven,
    possible,
    unheard: unheardIn(spoolFolder(journal.url, row.run)),
    ...(summary === undefined ? {} : { summary }),
    site,
  };
}

/** A journal without a folder of its own has no letter box. */
function unheardIn(folder: string | undefined): readonly UnheardWord[] {
  return folder === undefined ? [] : unheardWords(folder);
}

function answer(io: Io, seen: Seen): VerbAnswer {
  const { summary, site, driven, journal, possible, unheard } = seen;
  const elapsed = summary === undefined ? {} : { elapsedMs: elapsedMs(summary, systemClock.nowMs()) };
  return {
    text: textOf(io, seen, { statements: true }),
    json: {
      journal,
      driven,
      switchBackFrom: possible.switchBackFrom,
      unheard,
      run: summary === undefined ? null : { ...summary, ...elapsed },
      site: site ?? null,
    },
  };
}

function textOf(io: Io, seen: Seen, options: { readonly statements: boolean }): string {
  const { summary, site, driven, journal, possible, unheard } = seen;
  const nowMs = systemClock.nowMs();
  const view: StatusView = {
    nowMs,
    width: io.width,
    style: io.style,
    journal,
    driven,
    unheard,
    ...possible,
    ...(site === undefined ? {} : { site }),
  };
  if (summary === undefined) {
    return seen.name === undefined ? `no runs in ${journal}\n` : `no run of site '${seen.name}' in ${journal}\n`;
  }
  const open =
    options.statements && summary.outcome === undefined ? summary.gates.filter((gate) => gate.state === 'open') : [];
  const statements = open.flatMap((gate) =>
    gate.statement === undefined || gate.digest === undefined
      ? []
      : [gateText(gate.statement, { width: io.width, style: io.style, nowMs, digest: gate.digest, journal })],
  );
  return [statusText(summary, view), ...statements].join('\n');
}
