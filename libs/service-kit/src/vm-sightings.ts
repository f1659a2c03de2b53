import type { VmState } from '@vfleet/contracts';
import type { NatsConnection } from '@nats-io/transport-node';

const SUBJECT = 'vfleet.internal.vm.seen';

/** What a platform said of a VM. */
export interface VmSighting {
  readonly vmId: string;
  readonly state: VmState;
  readonly hostId?: string | undefined;
  /** RFC 3339. */
  readonly receivedAt: string;
}

/** What was reported by request is no fact on the bus: whoever waits for a VM hears of it so, or asks by and by. */
export const tellSighting = (nats: NatsConnection, sighting: VmSighting): void => nats.publish(SUBJECT, JSON.stringify(sighting));

/** Calls back whenever a VM was reported by request. */
export const onSighting = (nats: NatsConnection, hear: (sighting: VmSighting) => void): void => {
  nats.subscribe(SUBJECT, { callback: (_, message) => hear(message.json<VmSighting>()) });
};
