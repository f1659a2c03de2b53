import { Svcm } from '@nats-io/services';
import type { NatsConnection } from '@nats-io/transport-node';

/** What an instance that waits for its turn says of itself. */
export interface Standby {
  /** The micro service that it stands by for, `vfleet-allocator`. */
  readonly service: string;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
}

/**
 * Lets NATS discovery find an instance that stands by, as `<service>-standby`: whoever pings the service itself asks
 * for somebody who is ready. It has no endpoints; its metadata says whom it stands by for. Returns how to end it.
 */
export const announceStandby = async (nats: NatsConnection, { service, version, description }: Standby): Promise<() => Promise<void>> => {
  const metadata = { role: 'standby', service };
  const announced = await new Svcm(nats).add({ name: `${service}-standby`, version, description, metadata });
  return async () => {
    await announced.stop();
  };
};
