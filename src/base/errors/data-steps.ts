import type { CatalogEntry } from './entry.ts';

/** Errors of: data steps. */
export const dataStepsErrors = {
  'backup-not-chosen': {
    exitCode: 3,
    message: "step '{step}' needs backup '{backup}', and no approved gate has chosen one",
    hint: "Let a gate before it cover step '{step}', so that a person sees and chooses the backup.",
  },
  'copy-differs': {
    exitCode: 1,
    message: "step '{step}': the copy on '{host}' is not what the source holds: {reason}",
    hint: 'The target was not switched. Look whether somebody writes on either side, then: drp decide retry {step} --reason TEXT.',
  },
  'database-unreachable': {
    exitCode: 4,
    message: "PostgreSQL could not be asked from host '{host}': {reason}",
    hint: 'Look whether it runs and takes this role. When it answers again: drp resume, or: drp decide retry STEP --reason TEXT.',
    atStep:
      "Look whether it runs and takes this role. When it answers again: 'retry' at its prompt, or drp decide retry STEP --reason TEXT.",
    atGate:
      "Look whether it runs and takes this role. When it answers again, renew this gate: 'renew' at its prompt, or drp decide renew GATE --reason TEXT.",
  },
  'dump-unfit': {
    exitCode: 3,
    message: "step '{step}' refused the dump: {reason}",
    hint: 'Nothing was overwritten. Choose another dump: reject the gate, or mend the source and drp decide retry {step} --reason TEXT.',
  },
  'import-failed': {
    exitCode: 1,
    message: "step '{step}': the import on '{host}' stopped at its first error: {reason}",
    hint: 'The live database was not touched, the new one is gone. Mend the cause, then: drp decide retry {step} --reason TEXT.',
  },
  'import-refused': {
    exitCode: 3,
    message: "step '{step}' was not begun on '{host}': {reason}",
    hint: 'The live database is as it was. Mend the cause, then: drp decide retry {step} --reason TEXT.',
  },
  'no-room': {
    exitCode: 3,
    message: "step '{step}': too little room on '{host}': {reason}",
    hint: 'Nothing was overwritten. Make room there, then: drp decide retry {step} --reason TEXT.',
  },
  'source-unfit': {
    exitCode: 3,
    message: "step '{step}' refused its source: {reason}",
    hint: 'Nothing was overwritten. Choose another source, or mend this one and: drp decide retry {step} --reason TEXT.',
  },
  'source-unreachable': {
    exitCode: 4,
    message: "step '{step}': host '{host}' could not read from the source: {reason}",
    hint: 'What has arrived is kept. Mend the way between the two hosts, then: drp decide retry {step} --reason TEXT.',
  },
  'target-unfit': {
    exitCode: 3,
    message: "step '{step}' cannot fill its target on '{host}': {reason}",
    hint: 'Nothing was overwritten. Mend the target, then: drp decide retry {step} --reason TEXT.',
  },
  'sync-failed': {
    exitCode: 1,
    message: "the tree of '{step}' was not refreshed: {reason}",
    hint: 'The next sync goes on with it. See earlier ones: drp sync --site {site} --show.',
  },
  'sync-record-damaged': {
    exitCode: 5,
    message: 'the record of syncs is not whole: {file}: {reason}',
    hint: 'Keep it aside under another name for whoever looks into it; the next sync begins a new one.',
  },
  'sync-refused': {
    exitCode: 3,
    message: 'no sync now: {what}',
    hint: 'See where the site stands: drp status --site {site}.',
  },
} as const satisfies Record<string, CatalogEntry>;
