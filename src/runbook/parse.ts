import type { Problem } from '../base/errors.ts';
import { checkBackups } from './checks/backups.ts';
import { checkDrill } from './checks/drill.ts';
import { checkGates } from './checks/gates.ts';
import { checkExposure, checkHosts } from './checks/hosts.ts';
import { checkOrder } from './checks/order.ts';
import { checkPeople } from './checks/people.ts';
import { checkReferences } from './checks/references.ts';
import { checkSecrets, secretsInComments } from './checks/secrets.ts';
import { checkStepIds } from './checks/step-ids.ts';
import { checkStepShapes } from './checks/step-shapes.ts';
import { checkTexts } from './checks/texts.ts';
import { outlineOf } from './outline.ts';
import { checkSchema, type Finding } from './schema-problems.ts';
import type { Runbook } from './schema/runbook.ts';
import { readSource, type RunbookSource } from './source.ts';

export interface ParsedRunbook {
  /** Absent where there is any problem. */
  readonly runbook?: Runbook;
  /** All of them, in the order of the text. */
  readonly problems: readonly Problem[];
  /** What is allowed and still unwise, e.g. every copy of a backup in one building. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads a runbook: checked and complete, or every problem at once with file, line, column and what was expected.
 * Pure; never throws, whatever the text.
 */
export function parseRunbook(text: string, options: { readonly file: string }): ParsedRunbook {
  const source = readSource(text, options.file);
  if (source.data === undefined || source.data === null) {
    const empty = { message: 'the file is empty: expected a runbook', file: options.file, line: 1, column: 1 };
    return { problems: source.problems.length > 0 ? source.problems : [empty], warnings: [] };
  }
  const { runbook, findings } = checkSchema(source.data);
  const outline = outlineOf(source.data);
  const meaning = [
    checkReferences(outline),
    checkHosts(outline),
    checkStepIds(outline),
    checkStepShapes(outline),
    checkOrder(outline),
    checkGates(outline),
    checkDrill(outline),
    checkPeople(outline),
    checkSecrets(source.data),
    checkTexts(source.data),
  ].flat();
  const place = placer(source, options.file);
  const problems = inOrder([
    ...source.problems,
    ...[...findings, ...meaning].map(place),
    ...secretsInComments(source.comments).map((problem) => ({ ...problem, file: options.file })),
  ]);
  const warnings = inOrder([...checkBackups(outline), ...checkExposure(outline)].map(place));
  return runbook === undefined || problems.length > 0 ? { problems, warnings } : { runbook, problems, warnings };
}

function placer(source: RunbookSource, file: string): (finding: Finding) => Problem {
  return ({ path, at, message }) => ({ message: `${where(path)}${message}`, file, ...source.locate(path, at) });
}

function where(path: Finding['path']): string {
  return path.length === 0 ? '' : `${path.map(String).join('.')}: `;
}

/**
 * In the order of the text. At one place the first problem says enough (a wrong type is not also an unknown name), unless
 * they are about different things that are missing there.
 */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const isMissing = (problem: Problem | undefined): boolean => problem?.message.includes('missing ') === true;
  return sorted.filter((problem, index) => {
    const previous = sorted[index - 1];
    if (previous?.line !== problem.line || previous?.column !== problem.column) return true;
    return problem.message !== previous?.message && (isMissing(problem) || isMissing(previous));
  });
}
