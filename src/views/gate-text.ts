import { formatDuration } from '../base/duration.ts';
import type { EvidenceItem, Statement } from '../events/event.ts';
import { sixWords } from '../gates/six-words.ts';
import { printable, printableLine } from './escape.ts';
import { instantText } from './instants.ts';
import { facts, padTo, wrap } from './layout.ts';
import type { Style } from './style.ts';

export interface GateView {
  readonly width: number;
  readonly style: Style;
  readonly nowMs: number;
  /** Digest of the statement: what an answer binds to. */
  readonly digest: string;
  readonly journal: string;
}

/** What a gate shows before anybody may answer: evidence, what cannot be taken back, who may answer and how. */
export function gateText(statement: Statement, view: GateView): string {
  const { style, width } = view;
  const rule = '-'.repeat(Math.min(width, 80));
  const mode = statement.mode === 'real' ? '' : ` [${statement.mode.toUpperCase()}]`;
  const lines = [
    rule,
    style.bold(`GATE ${statement.gate}: ${printableLine(statement.title)}`),
    `${statement.procedure} of ${printableLine(statement.site)}, run ${statement.run}${mode}, plan ${statement.planDigest.slice(0, 12)}`,
    '',
    ...statement.evidence.flatMap((item) => evidenceLines(item, style, width)),
    ...irreversibleLines(statement, style, width),
    ...policyLines(statement, view),
    ...signingLines(statement),
    ...asideLines(statement, view.digest),
    rule,
  ];
  return `${lines.join('\n')}\n`;
}

function evidenceLines(item: EvidenceItem, style: Style, width: number): string[] {
  const label = severityLabel(item, style);
  const hard = item.severity === 'red' && item.overridable === false ? style.bad(' (cannot be overridden)') : '';
  return [
    ...facts([[label, `${printableLine(item.title)}${hard}`]], width),
    ...item.lines.flatMap((line) =>
      wrap(printable(line), width - labelWidth - 4, '  ').map((part) => `${' '.repeat(labelWidth + 2)}${part}`),
    ),
  ];
}
const labelWidth = 9;

function severityLabel(item: EvidenceItem, style: Style): string {
  switch (item.severity) {
    case 'ok':
      return padTo(style.good('ok'), labelWidth);
    case 'attention':
      return style.attention('ATTENTION');
    case 'red':
      return padTo(style.bad('RED'), labelWidth);
  }
}

function irreversibleLines(statement: Statement, style: Style, width: number): string[] {
  if (statement.irreversible.length === 0) return [];
  return [
    '',
    style.bad('Cannot be taken back:'),
    ...statement.irreversible.flatMap((line) => wrap(`  - ${printable(line)}`, width, '  ')),
  ];
}

function policyLines(statement: Statement, view: GateView): string[] {
  const { policy } = statement;
  const count = policy.approvals === 1 ? 'one' : String(policy.approvals);
  const who = [
    `${count} ${policy.roles.join(' or ')}`,
    policy.notTheStarter ? 'not the person who started the run' : '',
    policy.strength === 'os-user' ? '' : `identity: ${policy.strength}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
  const leftMs = Date.parse(statement.expiresAt) - view.nowMs;
  const left = leftMs > 0 ? `${formatDuration(leftMs)} left` : view.style.bad('EXPIRED');
  return [
    '',
    `Who may answer: ${who}`,
    ...wrap(
      `Statement ${view.style.bold(view.digest.slice(0, 12))}, shown ${instantText(statement.openedAt)}, valid until ${instantText(statement.expiresAt)} (${left})`,
      view.width,
      '  ',
    ),
    ...wrap(
      `Record: ${view.journal}, event ${statement.head.seq}, head ${statement.head.hash.slice(0, 12)}`,
      view.width,
      '  ',
    ),
  ];
}

/** How to approve with a key that lives on a machine without drp. */
function signingLines({ policy, run, gate }: Statement): string[] {
  if (policy.strength === 'os-user') return [];
  return [
    'To sign on a machine without drp (text out, signature back):',
    `  drp status --run ${run} --gate ${gate} --approval-text PERSON > approval.json`,
    '  ssh-keygen -Y sign -n drp-approval@v1 -f KEY approval.json',
    `  drp approve ${gate} --run ${run} --signed approval.json --signature approval.json.sig`,
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
