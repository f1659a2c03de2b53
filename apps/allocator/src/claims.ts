import type { DomainEvent } from '@vfleet/contracts';
import type { ClaimChange } from '@vfleet/journal';

/** What an event means for the second guard, the table of claims. */
export const claimsOf = ({ type, data }: DomainEvent): readonly ClaimChange[] => {
  if (type !== 'DevicesReserved' && type !== 'ReservationAdopted' && type !== 'DevicesReleased') return [];
  const change = type === 'DevicesReleased' ? 'release' : 'claim';
  return data.devices.map(({ deviceId }) => ({ change, claimed: deviceId, holder: data.vmId }));
};
