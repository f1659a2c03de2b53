import { Svcm } from '@nats-io/services';
import type { NatsConnection } from '@nats-io/transport-node';
import { answeringAt, type MayAnswerAt } from './answering.js';
import type { Log } from './log.js';

/** What an instance that waits for its turn says of itself. */
export interface Standby {
  /** The micro service that it stands by for, `vfleet-allocator`. */
  readonly service: string;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
  readonly mayAnswerAt: MayAnswerAt;
  readonly log: Log;
}

/**
 * Lets NATS discovery find an instance that stands by, as `<service>-standby`: whoever pings the service itself asks
 * for somebody who is ready. It has no endpoints; its metadata says whom it stands by for. Returns how to end it.
 */
export const announceStandby = async (nats: NatsConnection, standby: Standby): Promise<() => Promise<void>> => {
  const { service, version, description, mayAnswerAt, log } = standby;
  const metadata = { role: 'standby', service };
  const announced = await new Svcm(answeringAt(nats, mayAnswerAt, log)).add({ name: `${service}-standby`, version, description, metadata });
  return async () => {
    await announced.stop();
  };
};
