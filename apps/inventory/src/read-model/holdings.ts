import type { Holding } from '@vfleet/contracts';
import type { KnownEvent } from './known-event.js';

/** A holding with the positions at which it began and ended; of what went on in one step, the first position. */
export interface Held extends Holding {
  readonly since: number;
  readonly until: number | null;
}

/** Who has held a device after an event, the earliest first. A VM that is given in one step what it gave back in it has held it all along. */
export const applyToHoldings = (before: readonly Held[] | null, event: KnownEvent): readonly Held[] => {
  const holdings = before ?? [];
  const last = holdings.at(-1);
  const { position, recordedAt } = event;
  switch (event.type) {
    case 'DevicesReserved':
    case 'ReservationAdopted': {
      const { vmId, hostId } = event.data;
      if (last?.until === null && last.vmId === vmId) return holdings;
      if (last && last.to === recordedAt && last.vmId === vmId) return [...holdings.slice(0, -1), { ...last, to: null, until: null }];
      return [...holdings, { vmId, hostId, from: recordedAt, to: null, since: position, until: null }];
    }
    case 'DevicesReleased':
      if (!last || last.until !== null) return holdings;
      return [...holdings.slice(0, -1), { ...last, to: recordedAt, until: position }];
    default:
      return holdings;
  }
};
