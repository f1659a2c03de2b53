import type { NatsConnection } from '@nats-io/transport-node';
import { hostFactSubject, inventoryDigest } from '@vfleet/contracts';
import { devicesOfHost } from '@vfleet/testing';
import type { Attached } from './vm-traffic.js';

export interface HeartbeatOptions {
  readonly nats: NatsConnection;
  readonly hosts: number;
  readonly devicesPerHost: number;
  readonly attachedOn: (host: number) => readonly Attached[];
  /** Between two attestations of one host. */
  readonly everyMs: number;
}

/** Later than that of the hosts' first report: their agents have started anew. */
const EPOCH = '0197b9d8-0000-7000-8000-000000000002';

/** Attests each host in turn, as its agent would: what it has, and what of it is attached. Returns how to end it. */
export const beat = ({ nats, hosts, devicesPerHost, attachedOn, everyMs }: HeartbeatOptions): (() => void) => {
  const digests = Array.from({ length: hosts }, (_, n) => inventoryDigest(devicesOfHost(`h${n}`, devicesPerHost)));
  let sequence = 0;
  const one = (): void => {
    const n = sequence % hosts;
    const hostId = `h${n}`;
    sequence += 1;
    const told = { hostId, epoch: EPOCH, sequence, observedAt: new Date().toISOString(), devices: devicesPerHost, digest: digests[n] };
    nats.publish(hostFactSubject(hostId, 'InventoryAttested'), JSON.stringify({ ...told, attachments: attachedOn(n) }));
  };
  const beating = setInterval(one, everyMs / hosts);
  return () => clearInterval(beating);
};
