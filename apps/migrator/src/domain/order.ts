import type { EventData } from '@vfleet/contracts';
import type { SagaCommand } from './saga.js';

/** What an agent is told to do with one device, whoever wants it. */
export type Order = Omit<SagaCommand, 'side' | 'state'>;

/** The order that an event tells of. */
export const orderOf = (data: EventData<'HostdevPlugRequested' | 'HostdevUnplugRequested'>, verb: Order['verb']): Order => {
  const { commandId, hostId, deviceId, address, deadline } = data;
  const { mac, vlan, guestAddress }: Partial<EventData<'HostdevPlugRequested'>> = data;
  return {
    commandId,
    verb,
    hostId,
    deviceId,
    address,
    deadline,
    ...(mac !== undefined && { mac }),
    ...(vlan !== undefined && { vlan }),
    ...(guestAddress !== undefined && { guestAddress }),
  };
};
