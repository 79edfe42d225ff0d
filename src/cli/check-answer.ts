import { randomBytes } from 'node:crypto';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
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
    return { text: checkJunit(report), exact: true, json, exitCode };
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
      return { text: checkPrometheus(report), exact: true, json, exitCode };
    }
  }
}

export function checkJson(report: CheckReport): object {
  return { ...report, counts: countStatuses(report.findings), exitCode: exitCodeOf(report.findings) };
}

/**
 * Replaces a file whole: whoever reads it at this moment reads the old one or the new one. A link stays a link, and what is
 * no file (/dev/stdout, a pipe) is written to and never replaced. Throws wrong-usage.
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  let draft = '';
  try {
    const found = await stat(file).catch(() => undefined);
    // /dev/stdout may be a file: the log this command was given, which goes on behind what is there.
    const isFile = (found?.isFile() ?? true) && !/^[/](?:dev|proc)[/]/.test(resolve(file));
    if (!isFile && found?.isDirectory() !== true) return await writeFile(file, whole, { flag: 'a' });
    const target = found === undefined ? file : await realpath(file);
    draft = `${target}.${randomBytes(4).toString('hex')}.new`;
    await writeFile(draft, whole, { flag: 'wx' });
    await rename(draft, target);
  } catch (cause) {
    // Where not even the folder can be had there is no draft either.
    if (draft !== '') await rm(draft, { force: true }).catch(() => undefined);
    throw new DrpError(
      'wrong-usage',
      { what: `${file} cannot be written: ${toError(cause).message}`, command: 'check' },
      { cause },
    );
  }
}
