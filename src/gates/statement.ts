import { digestOf } from '../events/digest.ts';
import type { EvidenceItem, Json, RunMode, Statement } from '../events/event.ts';
import type { PlannedGate } from '../plan/plan.ts';
import type { GatePolicy } from '../runbook/schema/world.ts';

export interface StatementRequest {
  readonly run: string;
  readonly site: string;
  readonly procedure: string;
  readonly mode: RunMode;
  readonly planDigest: string;
  readonly gate: PlannedGate;
  readonly attempt: number;
  readonly evidence: readonly EvidenceItem[];
  readonly irreversible: readonly string[];
  /** Last event before the gate opens: an approval signs it, and so anchors everything before. */
  readonly head: { readonly seq: number; readonly hash: string };
  readonly nonce: string;
  /** ISO instant. */
  readonly openedAt: string;
}

/** What a gate shows, ready to be journalled. Pure: the same request gives the same statement. */
export function renderStatement(request: StatementRequest): Statement {
  const { gate, evidence, openedAt, ...place } = request;
  return {
    format: 'drp-statement@v1',
    run: place.run,
    site: place.site,
    procedure: place.procedure,
    mode: place.mode,
    planDigest: place.planDigest,
    gate: gate.id,
    attempt: place.attempt,
    title: gate.title,
    evidence,
    evidenceDigest: evidenceDigest(evidence),
    irreversible: place.irreversible,
    head: { seq: place.head.seq, hash: place.head.hash },
    nonce: place.nonce,
    openedAt,
    expiresAt: new Date(Date.parse(openedAt) + gate.expiresMs).toISOString(),
    word: gate.word,
    policy: policyShown(gate),
  };
}

/** The policy of a gate as its statement shows it. */
export function policyShown(gate: GatePolicy): Statement['policy'] {
  const { roles, approvals, notTheStarter, strength } = gate;
  return {
    roles,
    approvals,
    notTheStarter,
    strength,
    ...(gate.attested === true ? { attested: true } : {}),
    ...(gate.breakGlass === true ? { breakGlass: true } : {}),
  };
}

/** SHA-256 over what an approval binds to: each finding's choice and severity. Merely newer facts do not change it. */
export function evidenceDigest(evidence: readonly EvidenceItem[]): string {
  return digestOf(evidence.map(({ id, severity, choice }) => ({ id, severity, choice: choice ?? null })));
}

/** SHA-256 over the canonical statement: what every answer names. */
export function statementDigest(statement: Statement): string {
  return digestOf(statement);
}

/**
 * How evidence gathered again differs from what was shown: `same`, `facts` (newer candidates, nothing chosen changed) or
 * `changed` (a choice or a severity is another: the statement is stale).
 */
export function compareEvidence(
  shown: readonly EvidenceItem[],
  now: readonly EvidenceItem[],
): 'same' | 'facts' | 'changed' {
  if (evidenceDigest(shown) !== evidenceDigest(now)) return 'changed';
  const facts = (items: readonly EvidenceItem[]): Json => items.map((item) => [item.facts ?? null, item.lines]);
  return digestOf(facts(shown)) === digestOf(facts(now)) ? 'same' : 'facts';
}

const marks = { ok: 'ok', attention: 'ATTENTION', red: 'RED' } as const;
const markWidth = 11;
/** Every terminal and every page shows this many columns. */
const textWidth = 80;

/**
 * The statement as people read it: at the gate on every path, in the audit and in the report, byte for byte the same for the
 * same statement. Text from runbook and hosts is as it came; views escape what a terminal would act on.
 */
export function statementText(statement: Statement): string {
  const { policy, evidence, irreversible, mode, head } = statement;
  const said = (text: string, indent: number): string[] => broken(text, indent, textWidth);
  const lines = [
    ...said(`GATE ${statement.gate}: ${statement.title}`, 2),
    ...said(
      `${statement.procedure} of ${statement.site}${mode === 'real' ? '' : ` [${mode.toUpperCase()}]`}, run ${statement.run}, attempt ${statement.attempt}`,
      2,
    ),
    '',
    ...evidence.flatMap(evidenceLines),
    ...(evidence.length === 0 ? ['No evidence is shown at this gate.'] : []),
    '',
    ...(irreversible.length === 0
      ? ['Everything that follows this gate can be taken back.']
      : [cannotBeTakenBack, ...irreversible.flatMap((text) => said(`  - ${text}`, 4))]),
    '',
    ...said(`May approve: ${policyText(policy)}.`, 2),
    ...said(`Word to approve: ${statement.word}`, 2),
    `Opened ${statement.openedAt}, expires ${statement.expiresAt}.`,
    `Plan ${statement.planDigest.slice(0, 12)}, journal ${head.seq}:${head.hash.slice(0, 12)}, statement ${statementDigest(statement).slice(0, 12)}.`,
  ];
  return `${lines.join('\n')}\n`;
}
export const cannotBeTakenBack = 'Cannot be taken back once this is approved:';

function evidenceLines(item: EvidenceItem): readonly string[] {
  const fixed = item.severity === 'red' && item.overridable === false ? ' (cannot be overridden)' : '';
  const mark = marks[item.severity].padEnd(markWidth);
  const indent = ' '.repeat(markWidth);
  return [
    ...broken(`${mark}${item.title}${fixed}`, markWidth, textWidth),
    ...item.lines.flatMap((line) =>
      line.split('\n').flatMap((part) => broken(`${indent}${part}`, markWidth + 2, textWidth)),
    ),
  ];
}

/** Breaks a line at spaces; what follows is indented. A word longer than a line stays whole, so that it can be copied. */
function broken(text: string, indent: number, width: number): string[] {
  const lines: string[] = [];
  // A line end inside would begin a line of its own, which could look like another finding.
  let rest = text.replaceAll('\n', String.raw`\n`);
  while (rest.length > width) {
    const lead = /^ */.exec(rest)?.[0].length ?? 0;
    const before = rest.lastIndexOf(' ', width);
    const place = before > lead ? before : rest.indexOf(' ', Math.max(width, lead));
    if (place < 0) break;
    lines.push(rest.slice(0, place).trimEnd());
    rest = `${' '.repeat(indent)}${rest.slice(place).trimStart()}`;
  }
  return [...lines, rest];
}

/** How many people of which roles must approve, in words. */
export function approversText({ approvals, roles }: Pick<Statement['policy'], 'approvals' | 'roles'>): string {
  const role = `the role ${roles.join(' or ')}`;
  return approvals === 1 ? `one person with ${role}` : `${approvals} different people, each with ${role}`;
}

function policyText(policy: Statement['policy']): string {
  const strength = {
    'ssh-key': ', signed by an SSH key',
    'hardware-key': ', signed by a touched hardware key',
    'hardware-key-pin': ', signed by a hardware key with touch and PIN',
  };
  return [
    approversText(policy),
    policy.notTheStarter ? ', not who started the run' : '',
    strength[policy.strength as keyof typeof strength] ?? '',
    policy.attested === true ? '; or over the phone, attested (a review is then owed)' : '',
    policy.breakGlass === true ? '; or one operator alone by break-glass (a review is then owed)' : '',
  ].join('');
}
