import type { Event } from '../events/event.ts';
import { printableLine } from './escape.ts';
import { eventLine } from './event-line.ts';
import { instantText } from './instants.ts';
import { table, wrap } from './layout.ts';
import type { Style } from './style.ts';

/** The record of a run, one event after another: number, instant, who, what, and the beginning of its hash. */
export function auditText(events: readonly Event[], width: number): string {
  const digits = String(events.at(-1)?.seq ?? 0).length;
  const lines = events.flatMap((event) => {
    const lead = `${String(event.seq).padStart(digits)}  ${instantText(event.at)}  ${event.hash.slice(0, 8)}  `;
    const [first = '', ...rest] = wrap(
      `${event.by === 'drp' ? '' : `[${event.by}] `}${eventLine(event)}`,
      Math.max(30, width - lead.length),
    );
    return [`${lead}${first}`, ...rest.map((line) => `${' '.repeat(lead.length)}${line}`)];
  });
  return `${lines.join('\n')}\n`;
}

/** What an independent check of a record found; the shape of journal/verify, which this folder may not import. */
export interface VerdictShown {
  readonly good: boolean;
  readonly run: string;
  readonly events: number;
  readonly upToSeq: number;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly problems: readonly { readonly seq: number; readonly message: string }[];
  readonly answers: readonly {
    readonly seq: number;
    readonly subject: string;
    readonly decision: string;
    readonly person: string;
    readonly signature: string;
    readonly text: string;
  }[];
  readonly anchors: readonly { readonly anchor: string; readonly good: boolean; readonly text: string }[];
  readonly anchoredUpToSeq: number;
  readonly checks: readonly { readonly what: string; readonly state: string; readonly text: string }[];
  readonly proved: readonly string[];
  readonly notProved: readonly string[];
  readonly kept: readonly string[];
}

/** The verdict on a record, with what it does not prove. */
export function verdictPage(
  verdict: VerdictShown,
  view: { readonly keys: string; readonly width: number; readonly style: Style },
): string {
  const { style, width } = view;
  const {
    good,
    run,
    events,
    upToSeq,
    head,
    problems,
    answers,
    anchors,
    anchoredUpToSeq,
    checks,
    proved,
    notProved,
    kept,
  } = verdict;
  const title = good
    ? style.good(`verified: run ${run}, ${events} events, head ${head.seq}:${head.hash.slice(0, 12)}`)
    : style.bad(`BROKEN: run ${run} is good up to event ${upToSeq} of ${events}`);
  const rows = answers.map((answer) => [
    `event ${answer.seq}`,
    `${answer.decision} ${answer.subject}`.trim(),
    answer.person,
    `signature: ${answer.signature}`,
    answer.text,
  ]);
  const lines = [
    title,
    ...problems.flatMap((problem) =>
      wrap(`  ${problem.seq === 0 ? 'file' : `event ${problem.seq}`}: ${printableLine(problem.message)}`, width, '  '),
    ),
    ...(rows.length === 0
      ? []
      : [
          `Answers of people (${view.keys}):`,
          ...table(
            rows.map((row) => row.map(printableLine)),
            '  ',
          ),
        ]),
    ...anchors.map((anchor) => `  anchor ${printableLine(anchor.anchor)}: ${anchor.good ? 'holds' : 'DOES NOT HOLD'}`),
    ...checks.flatMap(({ what, state, text }) =>
      wrap(`  ${what}: ${stateText(state, style)}, ${printableLine(text)}`, width, '  '),
    ),
    ...(anchoredUpToSeq === 0
      ? wrap('  nothing from outside vouches for it: whoever owns the store could have rewritten it whole', width, '  ')
      : [`  vouched for from outside up to event ${anchoredUpToSeq}`]),
    ...(kept.length === 0 || anchors.length > 0
      ? []
      : wrap(
          `  the record says that heads are kept by ${printableLine(kept.join(', '))}: get them there, and give them with --anchor 'RUN SEQ:HEAD'`,
          width,
          '  ',
        )),
    ...listed('Proved:', proved, width),
    ...listed('Not proved:', notProved, width),
  ];
  return `${lines.join('\n')}\n`;
}

function stateText(state: string, style: Style): string {
  if (state === 'holds') return style.good('holds');
  return state === 'broken' ? style.bad('BROKEN') : style.attention('not checked');
}

function listed(title: string, lines: readonly string[], width: number): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.flatMap((line) => wrap(`  - ${line}`, width, '  '))];
}
