import { types } from 'node:util';
import { catalog, type ErrorCode } from './error-catalog.ts';
import type { CatalogEntry } from './errors/entry.ts';

export type { ErrorCode } from './error-catalog.ts';

/** Plain facts about an error: what was wrong, named. Never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** One finding of many, placed where its reader can act on it: `file:line:column`. */
export interface Problem {
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly hint?: string;
}

/**
 * The only error drp throws on purpose. Message and hint come from the catalog, so every code says what happened and
 * what to type next; `docs/errors.md` is generated from the same catalog.
 */
export class DrpError extends Error {
  override readonly name = 'DrpError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly hint: string;
  /** What to do where a gate shows it. */
  readonly gateHint: string;
  /** The same where a step failed by it, in a run that is driven. */
  readonly stepHint: string;
  readonly exitCode: number;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    options: { readonly cause?: unknown; readonly problems?: readonly Problem[] } = {},
  ) {
    const entry: CatalogEntry = catalog[code];
    super(fill(entry.message, details), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = details;
    this.hint = fill(entry.hint, details);
    this.gateHint = fill(entry.atGate ?? entry.hint, details);
    this.stepHint = fill(entry.atStep ?? entry.hint, details);
    this.exitCode = entry.exitCode;
    this.problems = options.problems ?? [];
  }
}

/** True for a DrpError, and only for one of the given code when a code is given. */
export function isDrpError(error: unknown, code?: ErrorCode): error is DrpError {
  return error instanceof DrpError && (code === undefined || error.code === code);
}

/** Any thrown value as an Error, so that a cause is never lost. */
export function toError(thrown: unknown): Error {
  return types.isNativeError(thrown) ? thrown : new Error(String(thrown));
}

/** Fails to compile where a closed union is not handled whole; fails loudly should bad data get there. */
export function assertNever(value: never): never {
  throw new DrpError('internal', { what: `unexpected value ${JSON.stringify(value)}` });
}

function fill(template: string, details: ErrorDetails): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '?'));
}
