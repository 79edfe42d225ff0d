import { formatDuration } from '../base/duration.ts';
import type { Statement } from '../events/event.ts';
import { sixWords } from '../gates/six-words.ts';
import { cannotBeTakenBack, statementText } from '../gates/statement.ts';
import { printable } from './escape.ts';
import { commandLines, fold, wrap } from './layout.ts';
import type { Style } from './style.ts';

export interface GateView {
  readonly width: number;
  readonly style: Style;
  readonly nowMs: number;
  /** Digest of the statement: what an answer binds to. */
  readonly digest: string;
  readonly journal: string;
}

/**
 * What a gate shows before anybody may answer: the statement, byte for byte as the record keeps it, then what is so at this
 * moment and what can be typed.
 */
export function gateText(statement: Statement, view: GateView): string {
  const rule = '-'.repeat(Math.min(view.width, 80));
  const lines = [
    rule,
    ...printable(statementText(statement))
      .trimEnd()
      .split('\n')
      .map((line, at) => emphasised(line, at, view.style)),
    '',
    ...momentLines(statement, view),
    ...signingLines(statement).flatMap((line) => typedLines(line, view.width)),
    ...asideLines(statement, view.digest).flatMap((line) => typedLines(line, view.width)),
    rule,
  ];
  return `${lines.join('\n')}\n`;
}

/** Colour alone is added; evidence below its mark is indented, so nothing of a host can look like a mark. */
function emphasised(line: string, at: number, style: Style): string {
  if (at === 0) return style.bold(line);
  if (line === cannotBeTakenBack) return style.bad(line);
  if (line.startsWith('ATTENTION ')) return line.replace('ATTENTION', style.attention('ATTENTION'));
  if (line.startsWith('RED ')) return line.replace('RED', style.bad('RED'));
  return line.startsWith('ok ') ? line.replace('ok', style.good('ok')) : line;
}

function momentLines(statement: Statement, view: GateView): string[] {
  const { style, width, digest, journal } = view;
  const leftMs = Date.parse(statement.expiresAt) - view.nowMs;
  const left = leftMs > 0 ? `${formatDuration(leftMs)} left to answer` : style.bad('EXPIRED');
  return [
    ...wrap(`Statement ${style.bold(digest.slice(0, 12))}: ${left}`, width, '  '),
    ...wrap(`Record: ${journal}, event ${statement.head.seq}, head ${statement.head.hash.slice(0, 12)}`, width, '  '),
  ];
}

/** A command can be pasted as it stands there; what is said about it breaks between words. */
function typedLines(line: string, width: number): string[] {
  return /^ {2}(drp|ssh-keygen) /.test(line) ? commandLines(line, width) : fold(line, width).split('\n');
}

/** How to approve with a key that lives on a machine without drp. */
function signingLines({ policy, run, gate }: Statement): string[] {
  if (policy.strength === 'os-user') return [];
  return [
    'To sign on a machine without drp (text out, signature back):',
    `  drp status --run ${run} --gate ${gate} --approval-text PERSON > approval.json`,
    '  ssh-keygen -Y sign -n drp-approval@v1 -f KEY approval.json',
    `  drp approve ${gate} --run ${run} --signed approval.json`,
    `  To reject: --rejection-text PERSON --reason TEXT, then drp reject ${gate}`,
    '  On a phone: --qr shows the text as a QR code',
  ];
}

/** Ways past the ordinary policy, where this gate has them. */
function asideLines({ policy, run, gate }: Statement, digest: string): string[] {
  return [
    ...(policy.attested === true
      ? [
          `Over the phone: read all this out; who approves reads back: ${sixWords(digest)}`,
          `  drp approve ${gate} --run ${run} --attest PERSON --words 'SIX WORDS' --number NUMBER --witness NAME`,
        ]
      : []),
    ...(policy.breakGlass === true
      ? [`Break-glass, alone: drp approve ${gate} --run ${run} --break-glass --reason TEXT (a review is owed)`]
      : []),
  ];
}
