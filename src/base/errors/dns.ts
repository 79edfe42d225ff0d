import type { CatalogEntry } from './entry.ts';

/** Errors of: dns. */
export const dnsErrors = {
  'dns-base-unapproved': {
    exitCode: 3,
    message: "zone '{zone}' has no old values that a gate approved",
    hint: "Let a gate cover step '{step}', so that a person sees what stands there before it is changed.",
  },
  'dns-conflict': {
    exitCode: 3,
    message: "zone '{zone}' no longer stands as it was approved: {current}",
    hint: 'Nothing was changed. Find out who changed it; once it stands as approved again: drp decide retry {step} --reason TEXT.',
  },
  'dns-not-changed': {
    exitCode: 1,
    message: "zone '{zone}' was not changed: {reason}",
    hint: 'Change it by hand at {console}: {records}. Then: drp decide mark-done {step} --evidence TEXT --reason TEXT, which asks the name servers.',
  },
  'dns-not-settled': {
    exitCode: 1,
    message: "zone '{zone}' does not answer the new values everywhere after {after}: {servers}",
    hint: 'Users are sent to both sides meanwhile. Look at these servers, then: drp decide retry {step} --reason TEXT.',
  },
  'dns-refused': {
    exitCode: 3,
    message: "{where} refused the change of zone '{zone}': {reason}",
    hint: '{advice}',
  },
  'dns-unreachable': {
    exitCode: 4,
    message: "zone '{zone}' could not be read at {where}: {reason}",
    hint: 'When it answers again: drp resume. Where it will not, change it by hand, then: drp decide mark-done STEP --evidence TEXT --reason TEXT.',
    atStep:
      "When it answers again: 'retry' at its prompt, or drp decide retry STEP --reason TEXT. Where it will not, change it by hand, then: drp decide mark-done STEP --evidence TEXT --reason TEXT.",
    atGate: "When it answers again, renew this gate: 'renew' at its prompt, or drp decide renew GATE --reason TEXT.",
  },
  'dns-unsupported': {
    exitCode: 3,
    message: "zone '{zone}' holds what cannot be compared and set: {what}",
    hint: 'Make it a plain record set, or change it by hand, then: drp decide mark-done STEP --evidence TEXT --reason TEXT.',
  },
} as const satisfies Record<string, CatalogEntry>;
