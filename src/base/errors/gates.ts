import type { CatalogEntry } from './entry.ts';

/** Errors of: gates. */
export const gatesErrors = {
  'approval-stale': {
    exitCode: 3,
    message: "the answer stands under another statement than gate '{gate}' shows now: {reason}",
    hint: 'Read what it shows now: drp status --run {run}, then: drp approve {gate} --run {run}.',
  },
  'approval-expired': {
    exitCode: 3,
    message: "the statement of gate '{gate}' expired at {expiresAt}",
    hint: 'Have it rendered anew: drp resume --run {run}, then: drp approve {gate} --run {run}.',
  },
  'already-decided': {
    exitCode: 3,
    message: "'{subject}' was already decided by {person} at {at}: {decision}",
    hint: 'Look at the run: drp status --run {run}.',
  },
  'person-unknown': {
    exitCode: 3,
    message: '{who} is nobody in the runbook of this run',
    hint: 'See who may decide: drp who-can --site SITE. People are listed in the runbook under people.',
  },
  'person-ambiguous': {
    exitCode: 3,
    message: "OS user '{osUser}' stands for several people: {people}",
    hint: 'Say which one: --person NAME.',
  },
  'person-mismatch': {
    exitCode: 3,
    message: "{who} is not '{person}'",
    hint: 'Decide as yourself: who speaks is read from the OS user or the signature.',
  },
  'role-missing': {
    exitCode: 3,
    message: "{person} may not {verb} '{subject}': needs {roles}",
    hint: 'Who has that role: {who}. Every gate and person: drp who-can --site SITE.',
  },
  'order-not-theirs': {
    exitCode: 3,
    message: 'the {procedure} of {site} cannot begin on this order: {reason}',
    hint: "Name who may order: --ordered-by {able}. Somebody else's order is confirmed by one of them first: say so with --ordered-how. Every person: drp who-can --site {site}.",
  },
  'not-allowed-here': {
    message: "gate '{gate}' of run {run} does not take {what}",
    hint: 'Answer it as its policy says. Who may, and how: drp status --run {run}.',
    exitCode: 3,
  },
  'starter-may-not': {
    exitCode: 3,
    message: "{person} started run {run} and may not approve gate '{gate}'",
    hint: 'Someone else approves with: drp approve {gate} --run {run}. See who may: drp who-can --site SITE.',
  },
  'second-person-needed': {
    exitCode: 3,
    message: "{person} may not {verb} '{subject}': {reason}",
    hint: 'Someone else does it: see drp who-can --site SITE.',
  },
  'strength-too-low': {
    exitCode: 3,
    message: "gate '{gate}' needs identity by {needed}, this answer has {found}",
    hint: 'Sign it: drp approve {gate} --run {run} --key FILE.',
  },
  'signature-invalid': {
    exitCode: 3,
    message: 'the signature does not hold: {reason}',
    hint: 'Sign the exact text again: ssh-keygen -Y sign -n drp-approval@v1 -f KEY FILE.',
  },
  'key-unknown': {
    exitCode: 3,
    message: 'key {fingerprint} is no known key of {who}',
    hint: 'Keys are listed in the runbook (people, allowedSigners) and frozen with the run.',
  },
  'key-not-valid-now': {
    exitCode: 3,
    message: 'key {fingerprint} of {who} is not valid at {at}: {reason}',
    hint: 'Use another key, or have someone else decide: drp who-can --site SITE.',
  },
  'key-unreadable': {
    exitCode: 2,
    message: 'key {file} cannot be used: {reason}',
    hint: 'Name the file of an unencrypted OpenSSH private key; load one with a passphrase into the agent: ssh-add {file}.',
  },
  'evidence-changed': {
    exitCode: 3,
    message: "the evidence of gate '{gate}' changed since it was shown: {what}",
    hint: 'It is shown anew; read it again: drp status --run {run}.',
  },
  'evidence-red': {
    exitCode: 3,
    message: "gate '{gate}' shows red evidence that cannot be overridden: {what}",
    hint: 'Mend it, then have the gate rendered anew: drp decide renew {gate} --run {run} --reason TEXT.',
  },
  'reason-missing': {
    exitCode: 2,
    message: "'{verb}' needs {what}",
    hint: 'Say it: --reason TEXT (--evidence TEXT, too, for mark-done; --note TEXT for a handover; a note is its text).',
  },
  'not-skippable': {
    exitCode: 3,
    message: "step '{step}' may not be skipped",
    hint: 'Retry it: drp decide retry {step} --reason TEXT, or attest it: drp decide mark-done {step} --evidence TEXT --reason TEXT.',
  },
  'word-unreadable': {
    exitCode: 2,
    message: 'a word dropped for run {run} cannot be read: {reason}',
    hint: 'Send it again with: drp approve, decide, note or abort.',
  },
  'spool-closed': {
    exitCode: 3,
    message: 'no place to leave a word for run {run}: {folder} ({reason})',
    hint: 'Sign the answer instead, or ask the driver of the run.',
  },
} as const satisfies Record<string, CatalogEntry>;
