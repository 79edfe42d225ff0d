import type { CatalogEntry } from './entry.ts';

/** Errors of: hosts and transports. */
export const hostsAndTransportsErrors = {
  'host-unreachable': {
    exitCode: 4,
    message: "host '{host}' ({address}:{port}) could not be reached: {reason}",
    hint: 'Try by hand: ssh -p {port} {address}. When it answers again: drp resume.',
    atGate:
      "Try by hand: ssh -p {port} {address}. When it answers again, renew this gate: 'renew' at its prompt, or drp decide renew GATE --reason TEXT.",
    atStep:
      "Try by hand: ssh -p {port} {address}. When it answers again: 'retry' at its prompt, or drp decide retry STEP --reason TEXT.",
  },
  'host-key-mismatch': {
    exitCode: 3,
    message: "host '{host}' ({address}:{port}) shows host key {found}, pinned is {pinned}",
    hint: 'Nothing was sent to it. Ask its owner for the fingerprint by another way. A machine that was replaced is pinned for later runs with: drp hosts pin {host} --site SITE.',
  },
  'host-key-not-pinned': {
    exitCode: 3,
    message: "host '{host}' has no pinned host key",
    hint: 'Pin it after checking the fingerprint: drp hosts pin {host} --site SITE.',
  },
  'identity-mismatch': {
    exitCode: 3,
    message: "host '{host}' says it is '{found}', the runbook expects '{expected}' in {file}",
    hint: 'Nothing was changed on it. Check which machine answers at this address before anything else.',
  },
  'login-refused': {
    exitCode: 4,
    message: "host '{host}' refused the login as '{user}': {reason}",
    hint: 'Check the key: ssh -p {port} -l {user} {address}. Logins that need a prompt: drp connect {host} --site SITE.',
  },
  'connection-lost': {
    exitCode: 4,
    message: "lost contact with host '{host}': {reason}",
    hint: 'Remote jobs go on by themselves. Go on with: drp resume.',
    atStep:
      "Remote jobs go on by themselves. When it answers again: 'retry' at its prompt, or drp decide retry STEP --reason TEXT.",
    atGate: "When it answers again, renew this gate: 'renew' at its prompt, or drp decide renew GATE --reason TEXT.",
  },
  'remote-refused': {
    exitCode: 1,
    message: "host '{host}' could not take the command: {reason}",
    hint: 'Look at the host, then retry: drp decide retry STEP --reason TEXT.',
    atGate: "Look at the host, then renew this gate: 'renew' at its prompt, or drp decide renew GATE --reason TEXT.",
  },
  'job-script-incomplete': {
    exitCode: 4,
    message: "the script of job {token} did not arrive whole on host '{host}'",
    hint: 'Nothing was started. Go on with: drp resume.',
    atGate:
      "Nothing was started. When it answers again, renew this gate: 'renew' at its prompt, or drp decide renew GATE --reason TEXT.",
  },
  'job-token-reused': {
    exitCode: 1,
    message: "job {token} on host '{host}' already stands for another script",
    hint: 'Nothing was started. Look at the run with: drp status.',
  },
  'claim-lost': {
    exitCode: 3,
    message: "site '{site}' is claimed on '{host}' by run {holder} epoch {epoch}",
    hint: 'This driver stops here; nothing more is started by it. See which runs this record knows: drp runs. A run may have two records, where a journal was copied: go on with the one that holds the claim, or, where that is lost, with: drp run adopt FILE --reason TEXT.',
  },
} as const satisfies Record<string, CatalogEntry>;
