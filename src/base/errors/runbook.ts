import type { CatalogEntry } from './entry.ts';

/** Errors of: runbook. */
export const runbookErrors = {
  'runbook-invalid': {
    exitCode: 2,
    message: 'runbook {file} has {count} problem(s)',
    hint: 'Mend the places named above, then try again: drp plan --site {site}.',
  },
  'runbook-not-found': {
    exitCode: 2,
    message: "no runbook for site '{site}' in {folder}{meant}",
    hint: 'Name the folder with --runbooks DIR, or write one with: drp init --site {newSite}.',
  },
  'runbooks-unreadable': {
    exitCode: 2,
    message: 'the folder of runbooks {folder} cannot be looked into: {reason}',
    hint: 'Mend its name or its rights, then look again: drp status. Another folder is named by DRP_RUNBOOKS, or by --runbooks DIR.',
  },
  'backup-choice-refused': {
    exitCode: 3,
    message: "copy {copy} of backup '{backup}' cannot be chosen: {reason}",
    hint: 'Choose one of those listed at the restoration gate, with a reason.',
  },
  'procedure-not-filled': {
    exitCode: 2,
    message: "the runbook of site '{site}' does not describe the procedure '{procedure}'",
    hint: 'It describes activation and return: drp plan --site {site}.',
  },
  'signers-unreadable': {
    exitCode: 2,
    message: 'the allowed signers in {file} could not be read: {reason}',
    hint: 'Put the file there, or mend allowedSigners in the runbook. Without it nobody can be told by a key.',
  },
  'secret-unreadable': {
    exitCode: 2,
    message: 'secret {reference} could not be read: {reason}',
    hint: 'Put it there (readable by you alone), then resume: drp resume.',
    atStep:
      "Put it there (readable by you alone), then: 'retry' at its prompt, or drp decide retry STEP --reason TEXT.",
    atGate:
      "Put it there (readable by you alone), then renew this gate: 'renew' at its prompt, or drp decide renew GATE --reason TEXT.",
  },
} as const satisfies Record<string, CatalogEntry>;
