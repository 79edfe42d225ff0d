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
    readonly undoable: readonly { readonly step: string; readonly undo: string }[];
    readonly irreversible: readonly string[];
    readonly lasting: readonly string[];
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
    ...(proof.safe ? ['', ...pointLines(proof, width)] : []),
  ];
}

function pointLines(proof: ProofView, width: number): string[] {
  const pairs = proof.points.flatMap((point): (readonly [string, string])[] => {
    const undoable = point.undoable.map(({ step, undo }) => `${step}: ${undo}`);
    const irreversible = point.irreversible.map((step) => `${step}: CANNOT BE UNDONE`);
    const all = [...irreversible, ...point.lasting, ...undoable];
    return (all.length === 0 ? ['nothing to undo'] : all).map((text, at) => [
      at === 0 ? point.gate : '',
      printableLine(text),
    ]);
  });
  return ['  Behind each gate, what can be taken back and how:', ...facts(pairs, width, '    ')];
}
