import { formatDuration } from '../../base/duration.ts';
import { betweenMs, instantText } from '../instants.ts';
import { esc } from './html-parts.ts';
import type { Bar, BarKind, Timeline, TimelineRow } from './report.ts';

const barWords: Readonly<Record<BarKind, string>> = {
  work: 'work',
  waiting: 'waiting for people',
  trouble: 'failed or in doubt',
  evidence: 'gathering evidence',
  unattended: 'no drp drove the run',
};

/** The run drawn to scale: a row a step or gate, waiting apart from work, the planned length as an outline. */
export function drawTimeline({ fromAt, toAt, rows }: Timeline): string {
  const wholeMs = Math.max(1, betweenMs(fromAt, toAt));
  const ticks = ticksOf(wholeMs);
  const scale: Scale = { fromAt, wholeMs, ticks };
  const axis = ticks.map((ms) => `<span style="left:${percent(ms, wholeMs)}">+${esc(tickText(ms))}</span>`).join('');
  let lane = '';
  const items = rows.map((row) => {
    const name = row.phase === '' ? '' : laneName(row);
    const first = name !== '' && name !== lane;
    lane = name;
    return drawRow(row, scale, first ? name : '');
  });
  return `<p>From ${esc(instantText(fromAt))} to ${esc(instantText(toAt))}, ${esc(formatDuration(wholeMs))}. The outline is what the plan expected.</p>
<svg class="patterns" aria-hidden="true" width="0" height="0"><defs>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="3" height="6"/></pattern>
</defs></svg>
<ul class="legend" aria-label="Legend">${legend(rows)}</ul>
<div class="axis" aria-hidden="true"><div>${axis}</div></div>
<ol class="lanes">
${items.join('\n')}
</ol>`;
}

interface Scale {
  readonly fromAt: string;
  readonly wholeMs: number;
  readonly ticks: readonly number[];
}

function laneName({ phase, lane }: TimelineRow): string {
  return lane === '' || lane === phase || lane === 'main' ? phase : `${phase}, lane ${lane}`;
}

function drawRow(row: TimelineRow, scale: Scale, lane: string): string {
  const { fromAt, wholeMs } = scale;
  const shapes = [
    ...scale.ticks.map(
      (ms) => `<line class="tick" x1="${percent(ms, wholeMs)}" x2="${percent(ms, wholeMs)}" y1="0" y2="26"/>`,
    ),
    ...row.bars.map((bar) => drawBar(bar, scale)),
    ...planned(row, scale),
  ];
  const spent = spentText(row);
  const told = row.bars.map(
    (bar) =>
      `${barWords[bar.kind]} from ${instantText(bar.fromAt).slice(11)} for ${formatDuration(betweenMs(bar.fromAt, bar.toAt))}`,
  );
  const expected = row.plannedMs === undefined ? [] : [`planned ${formatDuration(row.plannedMs)}`];
  const label = `${row.id}: ${[...told, ...expected].join('; ')}. It began ${formatDuration(betweenMs(fromAt, row.bars[0]?.fromAt ?? fromAt))} into the run.`;
  const kind = row.kind === 'gate' ? '<small>gate</small> ' : '';
  const head = lane === '' ? '' : `<div class="lane">${esc(lane)}</div>`;
  return `<li class="${row.phase === '' ? 'apart' : 'inlane'}">${head}<div class="row"><span class="label">${kind}${esc(row.id)}</span><svg role="img" aria-label="${esc(label)}" height="26">${shapes.join('')}</svg><span class="spent">${esc(spent)}</span></div></li>`;
}

function drawBar(bar: Bar, { fromAt, wholeMs }: Scale): string {
  const startMs = betweenMs(fromAt, bar.fromAt);
  const lengthMs = Math.max(betweenMs(bar.fromAt, bar.toAt), wholeMs / 250);
  const x = Math.min(startMs, wholeMs - lengthMs);
  return `<rect class="${bar.kind}" x="${percent(x, wholeMs)}" width="${percent(lengthMs, wholeMs)}" y="6" height="14"/>`;
}

/** Longer than the chart: it runs over the edge, and shows no end. */
function planned({ plannedMs, bars }: TimelineRow, { fromAt, wholeMs }: Scale): readonly string[] {
  const [first] = bars;
  if (plannedMs === undefined || first === undefined) return [];
  const startMs = Math.min(betweenMs(fromAt, first.fromAt), wholeMs - wholeMs / 250);
  const lengthMs = Math.min(plannedMs, wholeMs - startMs + wholeMs / 10);
  return [
    `<rect class="planned" x="${percent(startMs, wholeMs)}" width="${percent(lengthMs, wholeMs)}" y="2.5" height="21"/>`,
  ];
}

function spentText({ bars, plannedMs }: TimelineRow): string {
  const ms = bars.reduce((sum, bar) => sum + betweenMs(bar.fromAt, bar.toAt), 0);
  return plannedMs === undefined ? formatDuration(ms) : `${formatDuration(ms)} of ${formatDuration(plannedMs)}`;
}

function legend(rows: readonly TimelineRow[]): string {
  const used = new Set(rows.flatMap((row) => row.bars.map((bar) => bar.kind)));
  const kinds = (Object.keys(barWords) as BarKind[]).filter((kind) => used.has(kind));
  const sample = (cls: string, words: string): string =>
    `<li><svg aria-hidden="true" width="22" height="14"><rect class="${cls}" x="1" y="1" width="20" height="12"/></svg> ${esc(words)}</li>`;
  return [...kinds.map((kind) => sample(kind, barWords[kind])), sample('planned', 'planned')].join('');
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200].map(
  (s) => s * 1000,
);

function ticksOf(wholeMs: number): readonly number[] {
  const step = steps.find((ms) => wholeMs / ms <= 5) ?? Math.ceil(wholeMs / 5 / 86_400_000) * 86_400_000;
  return Array.from({ length: Math.floor((wholeMs * 0.97) / step) + 1 }, (_, at) => at * step);
}

function tickText(ms: number): string {
  if (ms === 0) return '0';
  if (ms % 86_400_000 === 0) return `${String(ms / 86_400_000)} d`;
  if (ms % 3_600_000 === 0) return `${String(ms / 3_600_000)} h`;
  if (ms < 60_000) return `${String(ms / 1000)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = (ms % 60_000) / 1000;
  if (seconds > 0) return `${String(minutes)} min ${String(seconds)} s`;
  return minutes < 60 ? `${String(minutes)} min` : `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
}

/** A share with two decimals: the same text everywhere. */
function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(2)}%`;
}
