import { dataStepsErrors } from './errors/data-steps.ts';
import { dnsErrors } from './errors/dns.ts';
import type { CatalogEntry } from './errors/entry.ts';
import { gatesErrors } from './errors/gates.ts';
import { generalErrors } from './errors/general.ts';
import { hostsAndTransportsErrors } from './errors/hosts-and-transports.ts';
import { journalErrors } from './errors/journal.ts';
import { runbookErrors } from './errors/runbook.ts';
import { runsErrors } from './errors/runs.ts';
import { stepsErrors } from './errors/steps.ts';
import { ticketsErrors } from './errors/tickets.ts';

export type { CatalogEntry } from './errors/entry.ts';

const entries = {
  ...generalErrors,
  ...runbookErrors,
  ...journalErrors,
  ...hostsAndTransportsErrors,
  ...stepsErrors,
  ...dataStepsErrors,
  ...runsErrors,
  ...dnsErrors,
  ...ticketsErrors,
  ...gatesErrors,
} as const;

/** Code of an error of the catalog. */
export type ErrorCode = keyof typeof entries;

/**
 * Every error drp can show. `message` says what happened (lower-case, no full stop), `hint` is a sentence with the next
 * command to type; `{name}` is filled from the details. Exit codes: 0 done · 1 failed · 2 wrong usage or an invalid
 * runbook · 3 refused by a law, lock or policy · 4 a host or service could not be reached · 5 journal or audit integrity ·
 * 75 parked, waiting for a person · 130 detached by the operator.
 */
export const catalog: Readonly<Record<ErrorCode, CatalogEntry>> = entries;
