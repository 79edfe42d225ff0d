import type { CatalogEntry } from './entry.ts';

/** Errors of: tickets. */
export const ticketsErrors = {
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
} as const satisfies Record<string, CatalogEntry>;
