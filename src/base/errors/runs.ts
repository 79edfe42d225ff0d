import type { CatalogEntry } from './entry.ts';

/** Errors of: runs. */
export const runsErrors = {
  'drill-leftover': {
    exitCode: 3,
    message: "an earlier drill left something on host '{host}': {what}",
    hint: 'Finish its clean-up with: drp resume --run {run}. Where that record is lost, remove by hand what is listed under CLEAN-UP by: drp plan --site {site} --procedure drill; then, on {host}, its claim: ~/.drp/claims/{site}.drill.',
  },
  'drill-refused': {
    exitCode: 3,
    message: 'no drill now: {what}',
    hint: 'See where the site stands: drp status --site {site}. What a drill would do: drp plan --site {site} --procedure drill.',
  },
  'hold-too-late': {
    exitCode: 3,
    message: "step '{step}' has opened the recovery site again: what users write there now would be left behind",
    hint: 'Go on with the switch back; what failed there is tried again with: drp decide retry STEP --reason TEXT.',
  },
  'journal-diverges': {
    exitCode: 5,
    message: 'event {seq} was written by a drp that read it differently: {what}',
    hint: 'Nothing was done. Resume with the version named in the first event: drp audit show.',
  },
  'proof-too-large': {
    exitCode: 3,
    message: 'the {procedure} has more than {states} states: it could not be proven',
    hint: 'Let lanes that run beside each other share nothing, or put their steps into fewer lanes, then look again with: drp prove --site {site}.',
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
  'run-not-ended': {
    exitCode: 3,
    message: 'run {run} has not ended: it can only be continued',
    hint: 'Continue it with: drp run adopt FILE --reason TEXT.',
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
} as const satisfies Record<string, CatalogEntry>;
