import type { CatalogEntry } from './entry.ts';

/** Errors of: journal. */
export const journalErrors = {
  'journal-missing': {
    exitCode: 2,
    message: 'there is no journal {url}',
    hint: 'Check --journal and DRP_JOURNAL. A run makes it when it begins: drp activate --site SITE.',
  },
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
  'journal-foreign': {
    exitCode: 5,
    message: '{path} is no journal but {what}; it was left as it is',
    hint: 'Give the place of the journal: --journal sqlite:/path/to/journal.sqlite.',
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
    hint: 'Keep the file as it is. See: drp audit verify --run {run}. A copy continues with: drp run adopt FILE --reason TEXT.',
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
  'report-unreadable': {
    exitCode: 2,
    message: 'file {file} is no report of drp',
    hint: 'Give a file that drp report wrote: Markdown, JSON or HTML.',
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
      "site '{site}' is held by run {run} ({procedure}, since {since}), driven by {osUser} on {machine} (pid {pid}, {liveness})",
    hint: 'Look at it: drp status --run {run}. Go on with it: drp resume --run {run}. End it: drp abort --run {run} --reason TEXT.',
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
} as const satisfies Record<string, CatalogEntry>;
