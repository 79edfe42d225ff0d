import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { DrpError, toError } from '../base/errors.ts';
import { countStatuses, exitCodeOf, type CheckReport } from '../checks/verdict.ts';
import { checkText, type CheckView } from '../views/check-text.ts';
import type { VerbAnswer } from './io.ts';

export type CheckFormat = 'table' | 'nagios' | 'prometheus';

/** The report in the form asked for. */
export async function checkAnswer(
  report: CheckReport,
  view: CheckView & { readonly format: CheckFormat; readonly junit: boolean },
): Promise<VerbAnswer> {
  const json = checkJson(report);
  const exitCode = exitCodeOf(report.findings);
  if (view.junit) {
    const { checkJunit } = await import('../views/check-junit.ts');
    return { text: checkJunit(report), json, exitCode };
  }
  switch (view.format) {
    case 'table':
      return { text: checkText(report, view), json, exitCode };
    case 'nagios': {
      const { checkNagios } = await import('../views/check-nagios.ts');
      return { json, ...checkNagios(report) };
    }
    case 'prometheus': {
      const { checkPrometheus } = await import('../views/check-prometheus.ts');
      return { text: checkPrometheus(report), json, exitCode };
    }
  }
}

export function checkJson(report: CheckReport): object {
  return { ...report, counts: countStatuses(report.findings), exitCode: exitCodeOf(report.findings) };
}

/** Replaces a file whole: whoever reads it at this moment reads the old one or the new one. Throws wrong-usage. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.new`;
  try {
    await writeFile(draft, text.endsWith('\n') ? text : `${text}\n`, { flag: 'wx' });
    await rename(draft, file);
  } catch (cause) {
    // Where not even the folder can be had there is no draft either.
    await rm(draft, { force: true }).catch(() => undefined);
    throw new DrpError(
      'wrong-usage',
      { what: `${file} cannot be written: ${toError(cause).message}`, command: 'check' },
      { cause },
    );
  }
}
