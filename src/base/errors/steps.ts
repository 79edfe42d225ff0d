import type { CatalogEntry } from './entry.ts';

/** Errors of: steps. */
export const stepsErrors = {
  'mode-forbids': {
    exitCode: 3,
    message: "step '{step}' changes what users see and is not run in a {mode}",
    hint: 'Nothing was changed. Leave it out of this procedure in the runbook.',
  },
  'step-invalid': {
    exitCode: 2,
    message: "step '{step}' cannot be planned: {reason}",
    hint: 'Mend it in the runbook, then: drp plan --site SITE.',
  },
  'step-failed': {
    exitCode: 1,
    message: "step '{step}' failed: {reason}",
    hint: 'Decide with: drp decide retry {step} --reason TEXT, or skip, or mark-done with --evidence TEXT.',
  },
  'output-invented': {
    exitCode: 1,
    message: "step '{step}' builds on '{needs}', which was only rehearsed",
    hint: 'A dry run cannot know what that step would have found out. A drill does: drp drill --site SITE.',
  },
  'in-doubt': {
    exitCode: 1,
    message: "nobody can tell whether step '{step}' ran: {reason}",
    hint: 'Look at what it should have done ({verifies}), then: drp decide retry {step} --reason TEXT, or mark-done with --evidence TEXT.',
  },
  'not-stopped': {
    exitCode: 1,
    message: 'something may still run: {reason}',
    hint: 'Look at the host; when nothing of it runs any more, say so: drp decide stopped SUBJECT --reason TEXT.',
  },
  'postcondition-failed': {
    exitCode: 1,
    message: "step '{step}' ended, but the world does not show it: {reason}",
    hint: 'Exit 0 is not success. Look at the host, then: drp decide retry {step} --reason TEXT.',
  },
} as const satisfies Record<string, CatalogEntry>;
