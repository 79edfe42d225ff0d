import type { CatalogEntry } from './entry.ts';

/** Errors of: general. */
export const generalErrors = {
  internal: {
    exitCode: 1,
    message: 'internal error: {what}',
    hint: 'Nothing was done after this point. Look at the run with: drp status, and report this message.',
  },
  'wrong-usage': { exitCode: 2, message: '{what}', hint: 'See: drp {command} --help.' },
  'verb-unknown': { exitCode: 2, message: "there is no verb '{verb}'{meant}", hint: 'See them all: drp --help.' },
  'facts-missing': {
    exitCode: 2,
    message: 'this must be said, and there is no terminal to ask on: {what}',
    hint: 'Give them: {options}.',
  },
  'folder-gone': {
    exitCode: 2,
    message: 'the folder this was typed in is not there any more',
    hint: 'Change into one that is, then type it again: cd.',
  },
  'run-ambiguous': {
    exitCode: 2,
    message: 'several runs fit: {runs}',
    hint: 'Name one with --run RUN. List them with: drp runs.',
  },
  'output-unwritable': {
    exitCode: 1,
    message: 'what was to be shown could not be written: {reason}',
    hint: 'Make room there, or name another place, and ask again. What was done stands: drp status.',
  },
  'nothing-to-do': { exitCode: 2, message: '{what}', hint: '{advice}' },
  // Said by bin/drp itself, before any of this can be read.
  'runtime-too-old': {
    exitCode: 2,
    message: 'Node.js 24 or newer is needed, found {found}',
    hint: "Run 'npm ci' in the folder of drp, it brings its own runtime.",
  },
} as const satisfies Record<string, CatalogEntry>;
