import { systemClock } from '../../base/clock.ts';
import { DrpError, isDrpError } from '../../base/errors.ts';
import type { Event } from '../../events/event.ts';
import { siteState } from '../../executor/site.ts';
import { unheardWords, type UnheardWord } from '../../gates/spool.ts';
import type { Journal } from '../../journal/journal.ts';
import { journalExists, spoolFolder } from '../../journal/open.ts';
import { readRuns } from '../../journal/read-runs.ts';
import {
  changeLines,
  rehearsalHeadline,
  undoneLines,
  unwalkedLines,
  type RehearsalDebt,
} from '../../plan/rehearsal-debt.ts';
import { fitRows } from '../../views/layout.ts';
import { isPastDue, lessonsOfRuns, pastDueLines, type SiteLesson } from '../../views/lessons-text.ts';
import { nothingYetText } from '../../views/nothing-yet-text.ts';
import { elapsedMs, runSummary, type GateSummary, type RunSummary } from '../../views/run-summary.ts';
import { statusText, type SiteStanding, type StatusView } from '../../views/status-text.ts';
import { examples } from '../examples.ts';
import { forShowing } from '../for-showing.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { pickRun } from '../pick-run.ts';
import { planOf } from '../plan-of.ts';
import { estimatesOfRun } from '../site-history.ts';
import type { Verb } from '../verb.ts';
import { possibleNow, waitingNow, type PossibleNow } from '../waiting-now.ts';
import { watchRun } from '../watch-status.ts';
import {
  openRunbook,
  resolveProcedure,
  withJournal,
  withJournalShown,
  withJournalToCome,
  withJournalWatched,
} from '../wire.ts';

interface StatusOptions {
  readonly run?: string;
  readonly site?: string;
  readonly journal?: string;
  readonly watch?: boolean;
  readonly gate?: string;
  readonly approvalText?: string;
  readonly rejectionText?: string;
  readonly qr?: boolean;
  readonly reason?: string;
}

const nothingPossible: PossibleNow = { switchBackFrom: [] };

export const verb: Verb = (command, { io, action }) => {
  command
    .option('--run <run>', 'run to show; else the one under way, else the latest')
    .option('--site <name>', 'site to show')
    .option('--watch', 'go on showing until Ctrl-C or the end of the run; where none is under way, wait for the next')
    .option('--approval-text <person>', 'print the text this person signs to approve, for signing without drp')
    .option('--rejection-text <person>', 'print the text this person signs to reject')
    .option('--gate <gate>', 'with these: gate to answer; may be left out where one is open. Alone: only what it shows')
    .option('--reason <text>', 'with these: stands in the text; needed to reject, and where evidence is red')
    .option('--qr', 'with these: the text as a QR code, for a phone that holds the key')
    .addHelpText(
      'after',
      examples([
        ['drp status', 'the run under way: now, what waits for whom, what to type'],
        ['drp status --watch', 'look on from another terminal, also before the run begins'],
        ['drp status --gate switchover --approval-text anne > approval.json', 'to sign with ssh-keygen, anywhere'],
        ['drp status --approval-text anne --qr', 'the same text on the screen, for the camera of a phone'],
        ['drp status --site gravelines --json', 'for programs; takes no lock'],
      ]),
    )
    .action(
      action((options: StatusOptions) => {
        const signs = options.approvalText !== undefined || options.rejectionText !== undefined;
        const show = (journal: Journal) => status(io, journal, options);
        if (signs) return withJournal(io, options.journal, show);
        const named = options.journal !== undefined || options.run !== undefined;
        if (options.watch === true) return watch(io, options, { named });
        return named ? withJournalShown(io, options.journal, show) : withJournalToCome(io, show);
      }),
    );
};

async function status(io: Io, journal: Journal, options: StatusOptions): Promise<VerbAnswer> {
  const signer = options.approvalText ?? options.rejectionText;
  if (signer !== undefined) return await toSign(io, journal, { options, person: signer });
  refuseWithoutSigner('--qr', options.qr);
  refuseWithoutSigner('--reason', options.reason);
  const showing = forShowing(journal);
  if (options.gate !== undefined) await refuseUnlessOpen(showing, options, options.gate);
  const seen = await look(io, showing, options);
  const underWay = seen.summary !== undefined && seen.summary.outcome === undefined;
  // In the middle of a run nobody rehearses, and everybody waits for this answer.
  return answer(io, underWay ? seen : { ...seen, ...(await rehearsalOf(io, showing, seen)) });
}

function refuseWithoutSigner(option: string, given: unknown): void {
  if (given === undefined) return;
  const what = `${option} goes with --approval-text or --rejection-text`;
  throw new DrpError('wrong-usage', { what, command: 'status' });
}

/** A gate that is mistyped must not look like the one that is open. Throws nothing-to-do, already-decided. */
async function refuseUnlessOpen(journal: Journal, options: StatusOptions, gate: string): Promise<void> {
  const { openGate } = await import('../answer-gate.ts');
  const { run } = await pickRun(journal, options, 'any');
  const { events, waiting } = await waitingNow(journal, run);
  openGate(waiting, gate, { run, events });
}

async function watch(io: Io, options: StatusOptions, { named }: { readonly named: boolean }): Promise<VerbAnswer> {
  for (const option of ['qr', 'reason', 'gate'] as const) refuseWithoutSigner(`--${option}`, options[option]);
  const { stdout } = io;
  let readerGone = false;
  stdout.once('error', () => (readerGone = true));
  const drawn = stdout.isTTY && !io.json;
  return await withJournalWatched(io, { url: options.journal, named }, (journalNow) =>
    watchRun<Seen>(options.run, {
      look: async (run) =>
        await look(io, forShowing(await journalNow()), run === undefined ? options : { ...options, run }),
      runOf: ({ summary }) =>
        summary && { run: summary.run, head: summary.head.hash, ended: summary.outcome !== undefined },
      show: async (seen, { idle, changed }) => {
        if (!drawn && !changed) return;
        if (io.json) {
          stdout.write(`${JSON.stringify((await answer(io, seen)).json)}\n`);
          return;
        }
        const text = `${idle ? `${waitingForRun}\n\n` : ''}${await textOf(io, seen, { statements: false })}`;
        stdout.write(drawn ? `${clear}${fitRows(text, stdout.rows)}` : `${text}\n`);
      },
      // The whole of it is what this verb answers: not also drawn.
      answer: (seen) => {
        if (drawn) stdout.write(clear);
        return answer(io, seen);
      },
      readerGone: () => readerGone,
      pause: () => systemClock.sleep(watchEveryMs),
    }),
  );
}
const watchEveryMs = 1_000;
const clear = '\u001b[H\u001b[2J';
const waitingForRun = 'No run is under way: the next one is shown as soon as it begins (Ctrl-C ends).';

async function toSign(
  io: Io,
  journal: Journal,
  asked: { readonly options: StatusOptions; readonly person: string },
): Promise<VerbAnswer> {
  const { options, person } = asked;
  const { reason = '' } = options;
  const decision = options.approvalText === undefined ? 'reject' : 'approve';
  if (options.approvalText !== undefined && options.rejectionText !== undefined) {
    throw new DrpError('wrong-usage', { what: 'approve or reject: one text at a time', command: 'status' });
  }
  if (decision === 'reject' && reason.trim() === '')
    throw new DrpError('reason-missing', { verb: 'reject', what: 'a reason' });
  const [{ openGate }, { answerText }] = await Promise.all([
    import('../answer-gate.ts'),
    import('../signed-elsewhere.ts'),
  ]);
  const { run } = await pickRun(journal, options, 'unfinished');
  const { events, waiting } = await waitingNow(journal, run);
  const { statement, subject } = openGate(waiting, options.gate, { run, events });
  if (planOf(events).world.people[person] === undefined) throw new DrpError('person-unknown', { who: `'${person}'` });
  const text = answerText(statement, { decision, person, reason, at: systemClock.nowIso() });
  const shown = options.qr === true && !io.json ? await asQr(io, text) : text;
  return { text: shown, exact: true, json: { run, gate: subject, person, decision, text } };
}

/** A code that is broken over lines is none: a terminal that is too narrow is told how wide it must be. */
async function asQr(io: Io, text: string): Promise<string> {
  const { qrText } = await import('../../views/qr-text.ts');
  const code = qrText(text, io.style.coloured);
  const advice = 'Leave --qr away and send the text.';
  if (code === undefined) {
    throw new DrpError('nothing-to-do', {
      what: 'the text is longer than a QR code holds: say less in --reason',
      advice,
    });
  }
  const { columns, lines } = code;
  const there = io.stdout.isTTY ? io.stdout.columns : columns;
  if (there < columns) {
    const what = `the QR code is ${columns} columns wide and ${lines.length} lines high, this terminal is ${there} columns wide`;
    throw new DrpError('nothing-to-do', { what, advice: `Make it wider or its letters smaller. ${advice}` });
  }
  return lines.join('\n');
}

interface Seen {
  readonly journal: string;
  readonly summary?: RunSummary;
  readonly site?: SiteStanding;
  /** Site asked for, where it has no run; else the only one that has a runbook. */
  readonly name?: string;
  /** Sites that have a runbook; asked for only where there is no run to show. */
  readonly sites?: readonly string[];
  readonly driven: 'driven' | 'not-driven';
  readonly possible: PossibleNow;
  readonly unheard: readonly UnheardWord[];
  /** The only gate whose statement is asked for. */
  readonly gate?: string;
  /** Since when users of a return that is under way cannot write. */
  readonly frozenSinceAt?: string;
  /** Lessons of the site past the day they were due. */
  readonly pastDue: readonly SiteLesson[];
  /** What the site's activation owes to rehearsal, where its runbook is at hand. */
  readonly rehearsal?: RehearsalDebt;
  /** Why its runbook cannot be used. */
  readonly unfit?: string;
}

async function look(io: Io, journal: Journal, options: StatusOptions): Promise<Seen> {
  const row = await pickRun(journal, options, 'any').catch((error: unknown) => {
    if (options.run === undefined && isDrpError(error, 'nothing-to-do')) return undefined;
    throw error;
  });
  // Of a site without runs this journal knows nothing: not even that production serves.
  if (row === undefined) {
    const sites = await sitesWithRunbook(io);
    const name = options.site ?? (sites.length === 1 ? sites[0] : undefined);
    return {
      sites,
      journal: journal.url,
      driven: 'not-driven',
      possible: nothingPossible,
      unheard: [],
      pastDue: [],
      ...(name === undefined ? {} : { name }),
    };
  }
  const runs = await readRuns(journal, row.site);
  const site = siteState(row.site, runs);
  const nowAt = systemClock.nowIso();
  const events = await journal.read(row.run);
  const ended = events.some((event) => event.type === 'run.ended');
  const summary = runSummary(events, ended ? undefined : await estimatesOfRun(journal, row.run, events));
  const possible = summary?.outcome === undefined ? possibleNow(events) : nothingPossible;
  const driven = (await journal.holder(row.run)) === undefined ? 'not-driven' : 'driven';
  const frozenSinceAt = summary?.procedure === 'return' && !ended ? await frozenSince(events) : undefined;
  return {
    journal: journal.url,
    driven,
    possible,
    unheard: unheardIn(spoolFolder(journal.url, row.run)),
    pastDue: lessonsOfRuns(runs).filter((lesson) => isPastDue(lesson, nowAt)),
    ...(summary === undefined ? {} : { summary }),
    ...(frozenSinceAt === undefined ? {} : { frozenSinceAt }),
    ...(options.gate === undefined ? {} : { gate: options.gate }),
    site,
  };
}

/** Loaded only for a return that is under way. */
async function frozenSince(events: readonly Event[]): Promise<string | undefined> {
  const { outagesOf } = await import('../../views/report/outages.ts');
  return outagesOf(events).find(({ toAt }) => toAt === undefined)?.fromAt;
}

/** A journal without a folder of its own has no letter box. */
function unheardIn(folder: string | undefined): readonly UnheardWord[] {
  return folder === undefined ? [] : unheardWords(folder);
}

async function sitesWithRunbook({ cwd, env }: Io): Promise<readonly string[]> {
  const { runbookFolders, sitesIn } = await import('../../plan/load.ts');
  const folder = env['DRP_RUNBOOKS'];
  const folders = runbookFolders({ cwd, env, ...(folder === undefined ? {} : { folder }) });
  return await sitesIn(folders, { named: folder !== undefined });
}

/**
 * By the runbook as it is now; where there is none here, or it is not valid, nothing can be compared. Throws runbook-not-found for
 * a site that has neither a runbook nor a run: a name that was mistyped is no quiet site.
 */
async function rehearsalOf(io: Io, journal: Journal, seen: Seen): Promise<Pick<Seen, 'rehearsal' | 'unfit'>> {
  const site = seen.site?.site ?? seen.name;
  if (site === undefined) return {};
  try {
    const { historyOf } = await import('../../executor/history.ts');
    const loaded = await openRunbook(io, site, undefined);
    const plan = await resolveProcedure(loaded, 'activation', { onSigners: () => undefined });
    const { rehearsal } = historyOf(plan, await readRuns(journal, site));
    return rehearsal === undefined ? {} : { rehearsal };
  } catch (error) {
    if (!isDrpError(error)) throw error;
    if (error.code !== 'runbook-not-found') return { unfit: error.message };
    if (seen.summary === undefined) throw error;
    return {};
  }
}

async function answer(io: Io, seen: Seen): Promise<VerbAnswer> {
  const { summary, site, sites, driven, journal, possible, unheard, pastDue, rehearsal, unfit } = seen;
  const elapsed = summary === undefined ? {} : { elapsedMs: elapsedMs(summary, systemClock.nowMs()) };
  return {
    text: await textOf(io, seen, { statements: true }),
    json: {
      journal,
      driven,
      switchBackFrom: possible.switchBackFrom,
      unheard,
      pastDue,
      run: summary === undefined ? null : { ...summary, ...elapsed },
      site: site ?? null,
      ...(sites === undefined ? {} : { sites, journalThere: journalExists(journal) }),
      ...(rehearsal === undefined ? {} : { rehearsal }),
      ...(unfit === undefined ? {} : { unfit }),
    },
  };
}

function rehearsalLines(debt: RehearsalDebt, nowMs: number): readonly string[] {
  return [rehearsalHeadline(debt, nowMs), ...changeLines(debt), ...undoneLines(debt), ...unwalkedLines(debt)];
}

async function textOf(io: Io, seen: Seen, options: { readonly statements: boolean }): Promise<string> {
  const { summary, site, driven, journal, possible, unheard, pastDue, rehearsal } = seen;
  const nowMs = systemClock.nowMs();
  const view: StatusView = {
    nowMs,
    width: io.width,
    style: io.style,
    journal,
    driven,
    unheard,
    ...possible,
    ...(seen.frozenSinceAt === undefined ? {} : { frozenSinceAt: seen.frozenSinceAt }),
    ...(site === undefined ? {} : { site }),
    ...(pastDue.length === 0 ? {} : { pastDue: pastDueLines(pastDue, io) }),
    ...(rehearsal === undefined ? {} : { rehearsal: rehearsalLines(rehearsal, nowMs) }),
  };
  if (summary === undefined) {
    const { name, unfit, sites = [] } = seen;
    return nothingYetText({
      ...view,
      ...(unfit === undefined ? {} : { unfit }),
      journalThere: journalExists(journal),
      sites,
      ...(name === undefined ? {} : { name }),
    });
  }
  const asked = ({ id, state }: GateSummary): boolean => state === 'open' && (seen.gate ?? id) === id;
  const open = options.statements && summary.outcome === undefined ? summary.gates.filter(asked) : [];
  return [statusText(summary, view), ...(await statementTexts(open, { ...io, nowMs, journal }))].join('\n');
}

/** Loaded only where a gate is open. */
async function statementTexts(
  gates: readonly GateSummary[],
  look: Pick<Io, 'width' | 'style'> & { readonly nowMs: number; readonly journal: string },
): Promise<readonly string[]> {
  if (gates.length === 0) return [];
  const { gateText } = await import('../../views/gate-text.ts');
  const { width, style, nowMs, journal } = look;
  return gates.flatMap(({ statement, digest }) =>
    statement === undefined || digest === undefined
      ? []
      : [gateText(statement, { width, style, nowMs, digest, journal })],
  );
}
