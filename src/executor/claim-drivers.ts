import { sha256Hex } from '../events/digest.ts';
import type { Driver, Event } from '../events/event.ts';
import type { ClaimChange } from '../transports/claims.ts';

/**
 * What a record knows of its drivers, for the claim on the hosts: their epochs alone would not tell two records of one run
 * apart, since both count on from the same number after a journal was copied.
 */
export function claimDrivers(
  events: readonly Event[],
  own: { readonly driver: Driver; readonly epoch: number },
): Required<Pick<ClaimChange, 'driver' | 'known' | 'overtakes'>> {
  const attached = events.flatMap((event) => (event.type === 'driver.attached' ? [event] : []));
  const adoptedSeq = events.findLast((event) => event.type === 'run.adopted')?.seq;
  const first = attached.find((event) => adoptedSeq !== undefined && event.seq > adoptedSeq);
  return {
    driver: driverMark(own.driver, own.epoch),
    known: attached.map(({ data }) => driverMark(data.driver, data.epoch)),
    // An adoption begins above every epoch of the original, whose last drivers its copy may not know.
    overtakes: adoptedSeq === undefined ? 0 : (first?.data.epoch ?? own.epoch),
  };
}

/** Twelve digits of who drove and when: the same from the record as in the process itself. */
function driverMark({ machine, bootId, pid, startTime }: Driver, epoch: number): string {
  return sha256Hex(JSON.stringify([machine, bootId, pid, startTime, epoch])).slice(0, 12);
}
