import { formatDuration } from '../base/duration.ts';
import { printableLine } from './escape.ts';
import { facts, wrap } from './layout.ts';
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

/** The verdict on each procedure, the stories of what is wrong, and behind each gate what can and cannot be taken back. */
export function proofText(
  site: string,
  proofs: readonly ProofView[],
  view: { readonly width: number; readonly style: Style },
): string {
  return `${proofs.flatMap((proof, at) => [...(at === 0 ? [] : ['']), ...procedureLines(site, proof, view)]).join('\n')}\n`;
}

function procedureLines(
  site: string,
  proof: ProofView,
  view: { readonly width: number; readonly style: Style },
): string[] {
  const { style, width } = view;
  const verdict = proof.safe ? style.good('SAFE') : style.bad('UNSAFE');
  const size = `${proof.states} states, ${proof.transitions} transitions, ${proof.ms} ms`;
  return [
    style.bold(`${proof.name.toUpperCase()} of site ${site}: `) + `${verdict}  (${size})`,
    ...proof.breaches.flatMap((breach) => [
      '',
      ...wrap(`  ${style.bad(`breaks ${breach.law}`)}: ${breach.sentence}`, width, '  '),
      '  The shortest way there:',
      ...breach.story.flatMap((line, at) =>
        wrap(`    ${String(at + 1).padStart(2)}  ${printableLine(line)}`, width, '    '),
      ),
    ]),
    ...laneLines(proof, width),
    ...(proof.safe ? ['', ...pointLines(proof, width)] : []),
  ];
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
      ...(costMs > 0 && point.undoable.length > 1 ? [`all of it taken back${lostText(costMs)}`] : []),
      `final by its end: ${point.finalSoFar.length === 0 ? 'nothing yet' : point.finalSoFar.join('; ')}`,
    ];
    return all.map((text, at) => [at === 0 ? point.gate : '', printableLine(text)]);
  });
  return ['  Behind each gate, what can be taken back, how, and what is final:', ...facts(pairs, width, '    ')];
}

/** What it costs beside the undo itself: the work was for nothing, and is to be done again. */
function lostText(ms: number | undefined): string {
  return ms === undefined ? '' : ` (about ${formatDuration(ms)} of work lost)`;
}
