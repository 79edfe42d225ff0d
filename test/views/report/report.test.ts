import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import type { Event, EventOf } from '../../../src/events/event.ts';
import { frozenPlan } from '../../../src/plan/frozen-plan.ts';
import { reportOf } from '../../../src/views/report/model.ts';
import { sections } from '../../../src/views/report/report.ts';
import { compareReport, renderReport, reportClaim, type ReportForm } from '../../../src/views/report/verify.ts';
import { eventfulRun, settledElsewhere, troubles } from './eventful-run.ts';
import { recordedRun } from './journals.ts';

const forms: readonly ReportForm[] = ['markdown', 'json', 'html'];
const render = (events: readonly Event[], form: ReportForm): string => renderReport(reportOf(events), form);
const names = ['format-1-activation', 'format-1-adopted', 'format-1-return'];

describe('reports of recorded runs', () => {
  test.each(names)('the Markdown of %s reads as it did', (name) => {
    expect(render(recordedRun(name), 'markdown')).toMatchSnapshot();
  });

  test('the JSON of an activation holds what it held', () => {
    expect(render(recordedRun('format-1-activation'), 'json')).toMatchSnapshot();
  });

  test('a run in which everything happened reads as it did', () => {
    expect(render(eventfulRun(), 'markdown')).toMatchSnapshot();
  });

  test('an activation: recovery ends when the probe through the new DNS is green, files and database apart, with skew', () => {
    const events = recordedRun('format-1-activation');
    const { objectives, outages } = reportOf(events);
    const green = events.find((event) => event.type === 'step.done' && event.data.step === 'confirm-recovery');
    const [began] = events;
    const sinceAt = began?.type === 'run.began' ? began.data.situation?.sinceAt : undefined;
    const tookMs = Date.parse(green?.at ?? '') - Date.parse(sinceAt ?? '');
    expect(objectives.map(({ id }) => id)).toEqual(['rto', 'files-loss', 'database-loss', 'skew']);
    expect(objectives[0]).toMatchObject({ achievedMs: tookMs, verdict: 'met' });
    expect(objectives.every(({ achievedMs }) => achievedMs !== undefined)).toBe(true);
    expect(outages).toMatchObject([{ kind: 'unplanned', fromAt: sinceAt, toAt: green?.at, proven: true }]);
  });

  test('a return: downtime is the frozen window, and no loss is claimed', () => {
    const { objectives, outages } = reportOf(recordedRun('format-1-return'));
    expect(outages).toMatchObject([{ kind: 'planned', proven: true }]);
    expect(objectives.every(({ verdict }) => verdict === 'does not apply')).toBe(true);
  });

  test('an activation that was aborted before it moved users lost nothing; one aborted after that may have', () => {
    const run = recordedRun('format-1-activation');
    const plan = frozenPlan(run[0] as EventOf<'run.began'>);
    const switching = plan.phases['switchover']?.flatMap((lane) => lane.steps.map(({ id }) => id)) ?? [];
    const first = run.findIndex((event) => event.type === 'effect.started' && switching.includes(event.data.id));
    const last = run.find((event) => event.type === 'run.ended') as EventOf<'run.ended'>;
    const aborted = { ...last, data: { ...last.data, outcome: 'aborted' } } as Event;
    const [early, moved] = [run.slice(0, first), run.slice(0, first + 1)].map((events) => [...events, aborted]);
    const lossOf = (events: readonly Event[] = []) =>
      reportOf(events)
        .objectives.slice(1)
        .map(({ verdict }) => verdict);
    expect(lossOf(moved)).toEqual(['met', 'met', 'met']);
    expect(lossOf(early)).toEqual(['does not apply', 'does not apply', 'does not apply']);
  });

  test('waiting at gates is drawn apart from work, and the planned length beside it', () => {
    const { timeline, time } = reportOf(recordedRun('format-1-activation'));
    const gate = timeline.rows.find((row) => row.id === 'restoration');
    expect(gate?.bars.map((bar) => bar.kind)).toEqual(['evidence', 'waiting']);
    expect(timeline.rows.find((row) => row.id === 'copy-files')).toMatchObject({ lane: 'files', plannedMs: 9_000_000 });
    expect(time.workedMs + time.waitedMs).toBe(time.elapsedMs);
  });
});

describe('what is never hidden', () => {
  test('every override, skip, retry, doubt, refusal and takeover appears exactly once, whatever the order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...troubles]), (chosen) => {
        const events = eventfulRun(chosen);
        const report = reportOf(events);
        const listed = report.exceptions.map(({ seq }) => seq);
        const inserted = events
          .filter((event) => chosen.some((draft) => draft.data === event.data))
          .map(({ seq }) => seq);
        // A second try that somebody asked for is on record as the decision.
        expect(new Set(listed).size).toBe(listed.length);
        expect(listed).toEqual(expect.arrayContaining(inserted));
        expect(report.exceptions.filter(({ kind }) => kind === 'override')).toHaveLength(1);
        expect(report.exceptions.filter(({ kind }) => kind === 'rejected')).toHaveLength(1);
        const markdown = part(renderReport(report, 'markdown'), sections.exceptions);
        for (const seq of listed) expect(markdown.split(`\n| ${String(seq)} | `)).toHaveLength(2);
        const html = renderReport(report, 'html').split('<section id="exceptions"')[1]?.split('</section>')[0] ?? '';
        expect(html.match(/<tr role="row">/g)).toHaveLength(listed.length + 1);
      }),
      { numRuns: 40 },
    );
  });

  test('every obligation and lesson appears once, with how it ended', () => {
    const { obligations, lessons } = reportOf(eventfulRun());
    expect(obligations).toMatchObject([
      { id: 'k3f9-2a7m.fence', settled: { by: 'vera', reason: 'power is off' } },
      { id: 'k3f9-2a7m.review.import.2.anne' },
      { id: 'k3f9-2a7m.review.switchover.1.otto' },
    ]);
    expect(lessons).toMatchObject([
      { id: 'k3f9-2a7m.lesson-7h2k', owner: 'vera' },
      { id: 'k3f9-2a7m.lesson-9x4m', closed: { by: 'otto' } },
    ]);
  });

  test('an approval over the phone and a gate passed alone stand out, with who attests and the review that is owed', () => {
    const report = reportOf(eventfulRun());
    const answers = report.gates.flatMap((gate) => gate.openings.flatMap((opening) => opening.answers));
    expect(answers.filter(({ review }) => review !== undefined)).toMatchObject([
      { person: 'anne', identity: { attested: { by: 'otto', number: '+33180000000', witness: 'vera' } } },
      { person: 'otto', breakGlass: true, review: 'k3f9-2a7m.review.switchover.1.otto' },
    ]);
    expect(report.exceptions.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['over the phone', 'break-glass, override']),
    );
    expect(report.people.find(({ person }) => person === 'otto')?.acts.map(({ text }) => text)).toContain(
      'attested the approval of import by anne over the phone',
    );
  });

  test('the record tells what vouches for it from outside, and how many events nothing does', () => {
    const { record } = reportOf(eventfulRun());
    expect(record.anchors.map(({ kind, name, upToSeq }) => `${kind} ${name} ${String(upToSeq)}`)).toEqual([
      'message announce 12',
      'command git-tag 14',
    ]);
    expect(record.unanchored).toBe(record.events - 14);
    expect(render(eventfulRun(), 'markdown')).toContain('command git-tag (event');
  });

  test.each([
    ['real', 'REAL'],
    ['drill', 'DRILL (EXERCISE)'],
    ['dry-run', 'DRY RUN'],
  ])('a %s run cannot be taken for another', (mode, label) => {
    const [began, ...rest] = eventfulRun();
    const events = [{ ...began, data: { ...began?.data, mode } }, ...rest] as Event[];
    const others = ['REAL', 'DRILL', 'DRY RUN'].filter((other) => !label.startsWith(other));
    for (const form of ['markdown', 'html'] as const) {
      const heading = render(events, form).split(/<h2|## /)[0] ?? '';
      expect(heading).toContain(label);
      for (const other of others) expect(heading).not.toContain(`${other}:`);
    }
    if (mode !== 'real') expect(reportOf(events).outages).toEqual([]);
  });

  test('text of hosts and people is shown, never acted on', () => {
    const html = render(eventfulRun(), 'html');
    expect(html).not.toMatch(/<script|\u202e/);
    expect(html).toContain('&lt;script&gt;');
    const markdown = render(eventfulRun(), 'markdown');
    expect(markdown).not.toMatch(/<script|<b>|\u202e/);
    expect(markdown).toContain(String.raw`the key \| was`);
  });
});

describe('what other runs of the site settled', () => {
  const id = 'k3f9-2a7m.review.import.2.anne';
  const other = settledElsewhere(id);
  const row = (text: string) => text.split('\n').find((line) => line.includes(`| ${id} |`)) ?? '';
  const state = (events: readonly Event[], others?: readonly (readonly Event[])[]) =>
    row(renderReport(reportOf(events, others), 'markdown'));

  test('it is told with its run; from one file alone nothing is claimed about other runs', () => {
    const events = eventfulRun();
    expect(state(events, [other])).toContain(
      'settled by vera at 2026-11-22 09:00:00Z (event 2 of run m2p4-8x1c): looked at',
    );
    expect(state(events, [])).toMatch(/\| open \|$/);
    expect(state(events)).toContain('open at the end of this record');
    expect(reportOf(events, [other]).verdict.at(-1)).toContain('1 open obligation,');
  });

  test('what this run settled for an earlier one is told in full', () => {
    const events = eventfulRun();
    const { obligations } = reportOf(other, [events]);
    expect(obligations).toMatchObject([{ id, kind: 'review', run: 'k3f9-2a7m', settled: { by: 'vera', seq: 2 } }]);
    expect(reportOf(other).obligations).toMatchObject([{ id, kind: 'of an earlier run' }]);
  });

  test.each(forms)('%s: verified with the other run it was made from, whatever came later', (form) => {
    const events = eventfulRun();
    const text = renderReport(reportOf(events, [other]), form);
    const claim = reportClaim(text)!;
    expect(claim.others).toEqual([{ run: 'm2p4-8x1c', seq: 2, hash: other[1]?.hash }]);
    const check = (others?: readonly (readonly Event[])[]) =>
      compareReport(text, claim, { events, ...(others === undefined ? {} : { others }) });
    expect(check([other])).toEqual({ kind: 'same', laterEvents: 0, outdated: false });
    const third = settledElsewhere('k3f9-2a7m.review.switchover.1.otto', 'z9z9-1a1a');
    expect(check([third, other])).toEqual({ kind: 'same', laterEvents: 0, outdated: true });
    expect(check()).toEqual({ kind: 'run-missing', run: 'm2p4-8x1c' });
    expect(check([other.map((event) => ({ ...event, hash: '0'.repeat(64) }))])).toMatchObject({ kind: 'other-record' });
    const alone = renderReport(reportOf(events), form);
    expect(compareReport(alone, reportClaim(alone)!, { events, others: [other] })).toMatchObject({ kind: 'same' });
  });
});

describe('the same journal gives the same bytes', () => {
  test('in other time zones and locales', () => {
    const script = new URL('digests.ts', import.meta.url).pathname;
    const seen = [
      { TZ: 'UTC', LC_ALL: 'C' },
      { TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' },
      { TZ: 'America/St_Johns', LC_ALL: 'ar_EG.UTF-8', LANG: 'ar_EG.UTF-8' },
    ].map((env) =>
      execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
        env: { PATH: process.env['PATH'] ?? '', ...env },
        encoding: 'utf8',
      }),
    );
    expect(seen[0]?.trim().split('\n')).toHaveLength(2 * names.length * forms.length);
    expect(new Set(seen).size).toBe(1);
  }, 30_000);

  test.each(forms)('%s: verified against the journal it names, and against a journal that went on', (form) => {
    const events = recordedRun('format-1-activation');
    const text = render(events.slice(0, -3), form);
    const claim = reportClaim(text);
    expect(claim).toMatchObject({ form, run: events[0]?.run, seq: events.length - 3 });
    expect(compareReport(text, claim!, { events })).toEqual({ kind: 'same', laterEvents: 3, outdated: true });
  });

  test.each(forms)('%s: a changed, cut or lengthened report is found, with its line', (form) => {
    const events = recordedRun('format-1-activation');
    const text = render(events, form);
    const claim = reportClaim(text)!;
    fc.assert(
      fc.property(fc.integer({ min: 400, max: text.length - 1 }), (place) => {
        const other = text[place] === 'x' ? 'y' : 'x';
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        expect(compareReport(changed, claim, { events }).kind).toBe('changed');
      }),
      { numRuns: 10 },
    );
    expect(compareReport(text.slice(0, -20), claim, { events }).kind).toBe('changed');
    expect(compareReport(`${text}more\n`, claim, { events }).kind).toBe('changed');
  });

  test('a report of a record that was rewritten says so', () => {
    const events = recordedRun('format-1-activation');
    const claim = reportClaim(render(events, 'markdown'))!;
    const rewritten = events.map((event) => ({ ...event, hash: '0'.repeat(64) }));
    expect(compareReport('', claim, { events: rewritten })).toMatchObject({ kind: 'other-record' });
    expect(compareReport('', claim, { events: events.slice(0, 9) })).toMatchObject({ kind: 'other-record' });
  });
});

function part(markdown: string, title: string): string {
  return markdown.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
}
