import { isDrpError } from '../../base/errors.ts';

/** True for errors that say a host could not be reached or logged in to, and so that nothing was done there. */
export function isOutOfReach(thrown: unknown): boolean {
  return (
    isDrpError(thrown, 'host-unreachable') ||
    isDrpError(thrown, 'connection-lost') ||
    isDrpError(thrown, 'login-refused')
  );
}
