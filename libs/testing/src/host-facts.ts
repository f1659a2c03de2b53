import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { hostFactSubject, type HostFactName } from '@vfleet/contracts';

/** Of one start of every agent that specs play. */
const EPOCH = '0197b9d8-0000-7000-8000-000000000001';

/** Publishes a fact as a host's agent would, and resolves when the stream has it. `sequence` counts what was told of the host, from 1. */
export const tellOfHost = async (nats: NatsConnection, hostId: string, sequence: number, fact: HostFactName, data: object): Promise<void> => {
  const body = JSON.stringify({ hostId, epoch: EPOCH, sequence, observedAt: new Date().toISOString(), ...data });
  await jetstream(nats).publish(hostFactSubject(hostId, fact), body, { msgID: `${hostId}:${EPOCH}:${sequence}` });
};
