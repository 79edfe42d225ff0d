import { formatDuration } from '../base/duration.ts';
import { printableLine } from './escape.ts';
import { facts, table, wrap } from './layout.ts';
import type { Style } from './style.ts';

/** One procedure's verdict, as it is shown. */
export interface ProofView {
  readonly name: string;
  readonly safe: boolean;
  readonly states: number;
  readonly transitions: number;
  readonly ms: number;
  readonly breaches: readonly { readonly law: string; readonly sentence: string; readonly story: readonly string[] }[];
  readonly points: readonly {
    readonly gate: string;
    readonly undoable: readonly { readonly step: string; readonly undo: string; readonly expectMs?: number }[];
    readonly irreversible: readonly string[];
    readonly lasting: readonly string[];
    readonly unsaid: readonly string[];
    readonly finalSoFar: readonly string[];
  }[];
  readonly lanes: readonly {
    readonly phase: string;
    readonly groups: readonly (readonly string[])[];
    readonly reduced: boolean;
  }[];
}

interface ProofSpace {
  readonly width: number;
  readonly style: Style;
}

/**
 * The verdicts first, a line each; then the stories of what is wrong; then for each safe procedure what can and cannot be
 * taken back behind each gate. The verdict once more at the end, where a long answer leaves the reader.
 */
export function proofText(site: string, proofs: readonly ProofView[], view: ProofSpace): string {
  const { style, width } = view;
  const unsafe = proofs.filter(({ safe }) => !safe);
  const head = style.bold(`Site ${site}: `) + verdictWord(unsafe.length === 0, style);
  const maps = proofs.filter(({ safe }) => safe).flatMap((proof) => ['', ...mapLines(proof, view)]);
  return [
    head,
    ...verdictRows(proofs, view),
    ...unsafe.flatMap((proof) => ['', style.bold(proof.name.toUpperCase()), ...storyLines(proof, view)]),
    ...(maps.length === 0
      ? []
      : [
          '',
          ...wrap(
            'Behind each gate: what can be taken back and how (in brackets the work lost by it), and what is final.',
            width,
          ),
          ...maps,
        ]),
    '',
    `${head}  ${proofs.map(({ name, safe }) => `${name} ${verdictWord(safe, style)}`).join(' · ')}`,
    '',
  ].join('\n');
}

function verdictWord(safe: boolean, style: Style): string {
  return safe ? style.good('SAFE') : style.bad('UNSAFE');
}

function verdictRows(proofs: readonly ProofView[], { style, width }: ProofSpace): string[] {
  const rows = table(
    proofs.map(({ name, safe, states, transitions, ms }) => [
      name,
      verdictWord(safe, style),
      `${states} states, ${transitions} transitions, ${ms} ms`,
    ]),
    '  ',
  );
  return proofs.flatMap(({ breaches }, at) => {
    const laws = breaches.map(({ law }) => law).join(', ');
    return [rows[at] ?? '', ...(laws === '' ? [] : wrap(`    breaks ${laws}`, width, '  '))];
  });
}

function storyLines({ breaches }: ProofView, { width, style }: ProofSpace): string[] {
  return breaches.flatMap((breach, nth) => [
    ...(nth === 0 ? [] : ['']),
    ...wrap(`  ${style.bad(`breaks ${breach.law}`)}: ${breach.sentence}`, width, '  '),
    '  The shortest way there:',
    ...breach.story.flatMap((line, at) =>
      wrap(`    ${String(at + 1).padStart(2)}  ${printableLine(line)}`, width, '    '),
    ),
  ]);
}

function mapLines(proof: ProofView, { width, style }: ProofSpace): string[] {
  return [style.bold(proof.name.toUpperCase()), ...pointLines(proof, width), ...laneLines(proof, width)];
}

/** Where one order of lanes stood for all, and where it could not. */
function laneLines({ lanes }: ProofView, width: number): string[] {
  return lanes.flatMap(({ phase, groups, reduced }) => {
    const named = groups.map((group) => group.join(' with ')).join(' | ');
    const how = reduced
      ? `one order stands for all, since they share nothing: ${named}`
      : `every order was looked at: ${groups.flat().join(', ')}`;
    return wrap(`  lanes of ${phase}: ${how}`, width, '  ');
  });
}

/** The map of points of no return: behind each gate what can be taken back and at what cost, and what is final by then. */
function pointLines(proof: ProofView, width: number): string[] {
  const pairs = proof.points.flatMap((point): (readonly [string, string])[] => {
    const costMs = point.undoable.reduce((sum, { expectMs }) => sum + (expectMs ?? 0), 0);
    const all = [
      ...point.irreversible.map((step) => `${step}: CANNOT BE UNDONE`),
      ...point.lasting,
      ...point.undoable.map(({ step, undo, expectMs }) => `${step}: ${undo}${lostText(expectMs)}`),
      ...point.unsaid.map((step) => `${step}: the plan says no undo`),
      ...(costMs > 0 && point.undoable.length > 1 ? [`all of it${lostText(costMs)}`] : []),
      `final by its end: ${point.finalSoFar.length === 0 ? 'nothing yet' : point.finalSoFar.join('; ')}`,
    ];
    return all.map((text, at) => [at === 0 ? point.gate : '', printableLine(text)]);
  });
  return facts(pairs, width, '  ');
}

/** What it costs beside the undo itself: the work was for nothing, and is to be done again. */
function lostText(ms: number | undefined): string {
  return ms === undefined ? '' : ` (about ${formatDuration(ms).replace(/ 00 (?:s|min)$/, '')})`;
}
