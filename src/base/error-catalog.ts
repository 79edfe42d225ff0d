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
  'verb-unknown': { exitCode: 2, message: "there is no verb '{verb}'{meant}", hint: 'See them all: drp --help.' },
  'facts-missing': {
    exitCode: 2,
    message: 'this must be said, and there is no terminal to ask on: {what}',
    hint: 'Give them: {options}.',
  },
  'run-ambiguous': {
    exitCode: 2,
    message: 'several runs fit: {runs}',
    hint: 'Name one with --run RUN. List them with: drp runs.',
  },
  'nothing-to-do': { exitCode: 2, message: '{what}', hint: '{advice}' },
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
  },

  // journal
  'not-canonical': {
    exitCode: 1,
    message: 'a value at {path} cannot be journalled: {reason}',
    hint: 'Only text, true or false, whole numbers and lists or maps of them can be. Report this message.',
  },
  'journal-url-invalid': {
    exitCode: 2,
    message: "'{url}' is not a journal",
    hint: 'Give --journal sqlite:/path/to/journal.sqlite.',
  },
  'journal-store-missing': {
    exitCode: 2,
    message: "journals at '{scheme}:' are not supported yet",
    hint: 'Use --journal sqlite:/path/to/journal.sqlite.',
  },
  'journal-network-folder': {
    exitCode: 3,
    message: 'journal folder {folder} is on a network file system ({type})',
    hint: 'Give a local disk: --journal sqlite:/path/to/journal.sqlite.',
  },
  'journal-unwritable': {
    exitCode: 5,
    message: 'journal {path} cannot be used: {reason}',
    hint: 'Mend that, then go on with: drp resume. Nothing is started that is not on record.',
  },
  'journal-not-durable': {
    exitCode: 5,
    message: 'journal {path} does not keep what it acknowledges ({pragma} is {found})',
    hint: 'Give another place: --journal sqlite:/path/to/journal.sqlite.',
  },
  'journal-full': {
    exitCode: 5,
    message: 'no room left for journal {path}',
    hint: 'Free some space there, then go on with: drp resume. Remote jobs go on by themselves.',
  },
  'journal-busy': {
    exitCode: 5,
    message: 'journal {path} stayed locked by another process for {afterMs} ms',
    hint: 'See who uses it: fuser {path}. Then go on with: drp resume.',
  },
  'journal-broken': {
    exitCode: 5,
    message: 'the journal of run {run} is good up to event {goodUpTo}: {reason}',
    hint: 'Keep the file as it is. See: drp audit verify --run {run}. A copy continues with: drp run adopt.',
  },
  'journal-newer-format': {
    exitCode: 5,
    message: 'the journal was written by a newer drp ({what})',
    hint: 'Use that version of drp or a newer one.',
  },
  'journal-head-moved': {
    exitCode: 5,
    message: 'run {run} is at event {found}, not at {expected}: somebody else wrote',
    hint: 'Read it again: drp status --run {run}.',
  },
  'run-not-found': { exitCode: 2, message: "no run '{run}' in {journal}", hint: 'List the runs with: drp runs.' },
  'run-exists': {
    exitCode: 5,
    message: "run '{run}' is already in {journal}",
    hint: 'Look at it: drp status --run {run}. Go on with it: drp resume --run {run}.',
  },
  'site-claimed': {
    exitCode: 3,
    message:
      "site '{site}' is held by run {run} ({procedure}, {mode}, since {since}), driven by {osUser} on {machine} (pid {pid}, {liveness})",
    hint: 'Look at it: drp status --run {run}. Go on with it: drp resume --run {run}. End it: drp abort --run {run}.',
  },
  'lease-held': {
    exitCode: 3,
    message: 'run {run} is driven by {osUser} on {machine} (pid {pid}, {liveness}){since}',
    hint: 'Watch it: drp status --run {run}. When that driver is surely gone: drp resume --run {run} --takeover --reason TEXT.',
  },
  'lease-lost': {
    exitCode: 3,
    message: 'run {run} is driven by somebody else now: epoch {found}, this driver had {epoch}',
    hint: 'This driver stops here. See who drives: drp status --run {run}.',
  },
  'event-not-beside': {
    exitCode: 1,
    message: "event '{type}' moves run {run} and can only come from its driver",
    hint: 'Go on with: drp resume --run {run}.',
  },
  'export-unreadable': {
    exitCode: 5,
    message: 'this is not an intact journal export: line {line}: {reason}',
    hint: 'See how far it is good: drp audit verify FILE.',
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
    hint: 'This driver stops here; nothing more is started by it. See who drives: drp status --site {site}.',
  },

  // steps
  'mode-forbids': {
    exitCode: 3,
    message: "step '{step}' changes what users see and is not run in a {mode}",
    hint: 'Nothing was changed. Leave it out of this procedure in the runbook.',
  },
  'step-invalid': {
    exitCode: 2,
    message: "step '{step}' cannot be planned: {reason}",
    hint: 'Mend it in the runbook, then: drp plan.',
  },
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

  // data steps
  'backup-not-chosen': {
    exitCode: 3,
    message: "step '{step}' needs backup '{backup}', and no approved gate has chosen one",
    hint: "Let a gate before it cover step '{step}', so that a person sees and chooses the backup.",
  },
  'copy-differs': {
    exitCode: 1,
    message: "step '{step}': the copy on '{host}' is not what the source holds: {reason}",
    hint: 'The target was not switched. Look whether somebody writes on either side, then: drp decide retry {step}.',
  },
  'database-unreachable': {
    exitCode: 4,
    message: "PostgreSQL could not be asked from host '{host}': {reason}",
    hint: 'Look whether it runs and takes this role. When it answers again: drp resume, or drp decide retry.',
  },
  'dump-unfit': {
    exitCode: 3,
    message: "step '{step}' refused the dump: {reason}",
    hint: 'Nothing was overwritten. Choose another dump: reject the gate, or mend the source and drp decide retry {step}.',
  },
  'import-failed': {
    exitCode: 1,
    message: "step '{step}': the import on '{host}' stopped at its first error: {reason}",
    hint: 'The live database was not touched, the new one is gone. Mend the cause, then: drp decide retry {step}.',
  },
  'import-refused': {
    exitCode: 3,
    message: "step '{step}' was not begun on '{host}': {reason}",
    hint: 'The live database is as it was. Mend the cause, then: drp decide retry {step}.',
  },
  'no-room': {
    exitCode: 3,
    message: "step '{step}': too little room on '{host}': {reason}",
    hint: 'Nothing was overwritten. Make room there, then: drp decide retry {step}.',
  },
  'source-unfit': {
    exitCode: 3,
    message: "step '{step}' refused its source: {reason}",
    hint: 'Nothing was overwritten. Choose another source, or mend this one and: drp decide retry {step}.',
  },
  'source-unreachable': {
    exitCode: 4,
    message: "step '{step}': host '{host}' could not read from the source: {reason}",
    hint: 'What has arrived is kept. Mend the way between the two hosts, then: drp decide retry {step}.',
  },
  'target-unfit': {
    exitCode: 3,
    message: "step '{step}' cannot fill its target on '{host}': {reason}",
    hint: 'Nothing was overwritten. Mend the target, then: drp decide retry {step}.',
  },

  // runs
  'journal-diverges': {
    exitCode: 5,
    message: 'event {seq} was written by a drp that read it differently: {what}',
    hint: 'Nothing was done. Resume with the version named in the first event: drp audit show.',
  },
  'proof-too-large': {
    exitCode: 3,
    message: 'the {procedure} has more than {states} states: it could not be proven',
    hint: 'Let lanes that run beside each other share nothing, or put their steps into fewer lanes, then look again with: drp prove.',
  },
  'plan-unsafe': {
    exitCode: 3,
    message: 'the plan breaks a law: {law}',
    hint: 'Mend the runbook, then look again: drp prove --site {site}.',
  },
  'wrong-direction': {
    exitCode: 3,
    message: '{what}',
    hint: 'See where the site serves: drp status --site {site}.',
  },
  'copy-unverified': {
    exitCode: 5,
    message: 'the copy of run {run} is good up to event {goodUpTo} only: {reason}',
    hint: 'See all of it with: drp audit verify FILE. Look for a better copy: another machine, a host of the run.',
  },
  'run-ended': {
    exitCode: 3,
    message: 'run {run} has ended ({outcome})',
    hint: 'Read its record with: drp audit show --run {run}.',
  },
  'word-holds-secret': {
    exitCode: 3,
    message: 'what was said holds a secret: {secret}',
    hint: 'Say it again without the secret: the record is read by many.',
  },
  'word-refused': { exitCode: 3, message: '{text}', hint: '{advice}' },
  'word-not-now': {
    exitCode: 3,
    message: "'{verb} {subject}' fits nothing that waits now",
    hint: 'See what waits: drp status --run {run}.',
  },
  'override-needs-reason': {
    exitCode: 3,
    message: 'the evidence is red: {what}',
    hint: 'In a disaster it may be overridden, with a reason: drp approve {gate} --reason TEXT.',
  },

  // dns
  'dns-base-unapproved': {
    exitCode: 3,
    message: "zone '{zone}' has no old values that a gate approved",
    hint: "Let a gate cover step '{step}', so that a person sees what stands there before it is changed.",
  },
  'dns-conflict': {
    exitCode: 3,
    message: "zone '{zone}' no longer stands as it was approved: {current}",
    hint: 'Nothing was changed. Find out who changed it; once it stands as approved again: drp decide retry {step}.',
  },
  'dns-not-changed': {
    exitCode: 1,
    message: "zone '{zone}' was not changed: {reason}",
    hint: 'Change it by hand at {console}: {records}. Then: drp decide mark-done {step}, which asks the name servers.',
  },
  'dns-not-settled': {
    exitCode: 1,
    message: "zone '{zone}' does not answer the new values everywhere after {after}: {servers}",
    hint: 'Users are sent to both sides meanwhile. Look at these servers, then: drp decide retry {step}.',
  },
  'dns-refused': {
    exitCode: 3,
    message: "{where} refused the change of zone '{zone}': {reason}",
    hint: '{advice}',
  },
  'dns-unreachable': {
    exitCode: 4,
    message: "zone '{zone}' could not be read at {where}: {reason}",
    hint: 'When it answers again: drp resume. Where it will not: drp decide mark-done, after the change by hand.',
  },
  'dns-unsupported': {
    exitCode: 3,
    message: "zone '{zone}' holds what cannot be compared and set: {what}",
    hint: 'Make it a plain record set, or change it by hand and: drp decide mark-done.',
  },

  // tickets
  'ticket-unknown': {
    exitCode: 4,
    message: 'the message to {desk} may or may not have arrived: {reason}',
    hint: 'Look there for it; where it is missing, paste the text that the obligation holds: drp obligation list.',
  },
  'ticket-unsent': {
    exitCode: 4,
    message: 'the message to {desk} was not sent: {reason}',
    hint: 'Paste the text that the obligation holds: drp obligation list.',
  },

  // gates
  'gate-needs-operator': {
    exitCode: 75,
    message: "gate '{gate}' of run {run} waits for a person",
    hint: 'Approve from a terminal with: drp approve {gate} --run {run}, then: drp resume --run {run}.',
  },
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
    hint: 'See who may decide: drp who-can. People are listed in the runbook under people.',
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
    hint: 'See who may: drp who-can --run {run}.',
  },
  'starter-may-not': {
    exitCode: 3,
    message: "{person} started run {run} and may not approve gate '{gate}'",
    hint: 'Someone else approves with: drp approve {gate} --run {run}. See who may: drp who-can.',
  },
  'second-person-needed': {
    exitCode: 3,
    message: "{person} may not {verb} '{subject}': {reason}",
    hint: 'Someone else does it: see drp who-can --run {run}.',
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
    hint: 'Use another key, or have someone else decide: drp who-can.',
  },
  'key-unreadable': {
    exitCode: 2,
    message: 'key {file} cannot be used: {reason}',
    hint: 'Use an unencrypted OpenSSH key file, or load the key: ssh-add {file}.',
  },
  'evidence-changed': {
    exitCode: 3,
    message: "the evidence of gate '{gate}' changed since it was shown: {what}",
    hint: 'It is shown anew; read it again: drp status --run {run}.',
  },
  'evidence-red': {
    exitCode: 3,
    message: "gate '{gate}' shows red evidence that cannot be overridden: {what}",
    hint: 'Mend it, then have the gate rendered anew: drp decide renew {gate} --run {run}.',
  },
  'reason-missing': {
    exitCode: 2,
    message: "'{verb}' needs {what}",
    hint: 'Say it: --reason TEXT (and --evidence TEXT for mark-done).',
  },
  'not-skippable': {
    exitCode: 3,
    message: "step '{step}' may not be skipped",
    hint: 'Retry it: drp decide retry {step}, or attest it: drp decide mark-done {step} --evidence TEXT.',
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

/** Code of an error of the catalog. */
export type ErrorCode = keyof typeof entries;

/** The catalog, by code. */
export const catalog: Readonly<Record<ErrorCode, CatalogEntry>> = entries;
