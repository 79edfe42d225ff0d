/**
 * Every error drp can show. `message` says what happened (lower-case, no full stop), `hint` is a sentence with the next
 * command to type; `{name}` is filled from the details. Exit codes: 0 done · 1 failed · 2 wrong usage or an invalid
 * runbook · 3 refused by a law, lock or policy · 4 a host or service could not be reached · 5 journal or audit integrity ·
 * 75 parked, waiting for a person · 130 detached by the operator.
 */
export interface CatalogEntry {
  readonly exitCode: 1 | 2 | 3 | 4 | 5 | 75 | 130;
  readonly message: string;
  readonly hint: string;
}

const entries = {
  // general
  internal: {
    exitCode: 1,
    message: 'internal error: {what}',
    hint: 'Nothing was done after this point. Look at the run with: drp status, and report this message.',
  },
  'wrong-usage': { exitCode: 2, message: '{what}', hint: 'See: drp {command} --help.' },
  'runtime-too-old': {
    exitCode: 2,
    message: 'Node.js {found} is too old, drp needs 24 or newer',
    hint: "Run 'npm ci' in the folder of drp, it brings its own runtime.",
  },

  // runbook
  'runbook-invalid': {
    exitCode: 2,
    message: 'runbook {file} has {count} problem(s)',
    hint: 'Mend the places named above, then try again: drp plan --site {site}.',
  },
  'runbook-not-found': {
    exitCode: 2,
    message: "no runbook for site '{site}' in {folder}",
    hint: 'Name the folder with --runbooks DIR, or write one with: drp init --site {site}.',
  },
  'secret-unreadable': {
    exitCode: 2,
    message: 'secret {reference} could not be read: {reason}',
    hint: 'Put it there (readable by you alone), then resume: drp resume.',
  },

  // hosts and transports
  'host-unreachable': {
    exitCode: 4,
    message: "host '{host}' ({address}:{port}) could not be reached: {reason}",
    hint: 'Try by hand: ssh -p {port} {address}. When it answers again: drp resume.',
  },
  'host-key-mismatch': {
    exitCode: 3,
    message: "host '{host}' ({address}:{port}) shows host key {found}, pinned is {pinned}",
    hint: 'Nothing was sent to it. Ask its owner for the fingerprint by another way. A replaced machine is signed with: drp decide replace-host.',
  },
  'host-key-not-pinned': {
    exitCode: 3,
    message: "host '{host}' has no pinned host key",
    hint: 'Pin it after checking the fingerprint: drp hosts pin {host}.',
  },
  'identity-mismatch': {
    exitCode: 3,
    message: "host '{host}' says it is '{found}', the runbook expects '{expected}' in {file}",
    hint: 'Nothing was changed on it. Check which machine answers at this address before anything else.',
  },
  'login-refused': {
    exitCode: 4,
    message: "host '{host}' refused the login as '{user}': {reason}",
    hint: 'Check the key: ssh -p {port} -l {user} {address}. Logins that need a prompt: drp connect {host}.',
  },
  'connection-lost': {
    exitCode: 4,
    message: "lost contact with host '{host}': {reason}",
    hint: 'Remote jobs go on by themselves. Go on with: drp resume.',
  },
  'remote-refused': {
    exitCode: 1,
    message: "host '{host}' could not take the command: {reason}",
    hint: 'Look at the host, then retry: drp decide retry {step}.',
  },
  'job-script-incomplete': {
    exitCode: 4,
    message: "the script of job {token} did not arrive whole on host '{host}'",
    hint: 'Nothing was started. Go on with: drp resume.',
  },
  'job-token-reused': {
    exitCode: 1,
    message: "job {token} on host '{host}' already stands for another script",
    hint: 'Nothing was started. Look at the run with: drp status.',
  },
  'claim-lost': {
    exitCode: 3,
    message: "site '{site}' is claimed on '{host}' by run {holder} epoch {epoch}",
    hint: 'This driver stops here. See who drives: drp status --site {site}.',
  },

  // steps
  'step-failed': {
    exitCode: 1,
    message: "step '{step}' failed: {reason}",
    hint: 'Decide with: drp decide retry {step}, or skip, or mark-done.',
  },
  'postcondition-failed': {
    exitCode: 1,
    message: "step '{step}' ended, but the world does not show it: {reason}",
    hint: 'Exit 0 is not success. Look at the host, then: drp decide retry {step}.',
  },

  // gates
  'gate-needs-operator': {
    exitCode: 75,
    message: "gate '{gate}' of run {run} waits for a person",
    hint: 'Approve from a terminal with: drp approve {gate} --run {run}, then: drp resume --run {run}.',
  },
} as const satisfies Record<string, CatalogEntry>;

/** Code of an error of the catalog. */
export type ErrorCode = keyof typeof entries;

/** The catalog, by code. */
export const catalog: Readonly<Record<ErrorCode, CatalogEntry>> = entries;
