import { hostFactSubject, type DeviceObservation } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { jetstream } from '@nats-io/jetstream';
import type { Stage } from './stage.js';

const EPOCH = '0197b9d8-0000-7000-8000-000000000001';
const IN_FLIGHT = 256;

export const hostName = (n: number): string => `host-${n}`;

/** A host's devices: network functions named `10GE`, each in an IOMMU group of its own. */
export const devicesOf = (hostId: string, count: number): readonly DeviceObservation[] =>
  Array.from({ length: count }, (_, n) =>
    aDevice(hostId, `0000:${(16 + (n >> 3)).toString(16)}:00.${n & 7}`, {
      name: '10GE',
      iommuGroup: n + 1,
      numaNode: n & 1,
      vendorName: 'Intel Corporation',
      productName: '82576 Virtual Function',
    }),
  );

/** Publishes hosts with their devices as agents do, and resolves with the number of facts when the bus has taken them. */
export const publishFleet = async ({ client }: Stage, hosts: number, devicesPerHost: number, first = 0, epoch = EPOCH): Promise<number> => {
  const js = jetstream(client.nats);
  const under = new Set<Promise<unknown>>();
  let facts = 0;
  const say = async (hostId: string, fact: string, sequence: number, data: object): Promise<void> => {
    const body = JSON.stringify({ hostId, epoch, sequence, observedAt: new Date().toISOString(), ...data });
    const work: Promise<unknown> = js
      .publish(hostFactSubject(hostId, fact), body, { msgID: `${hostId}:${epoch}:${sequence}` })
      .finally(() => under.delete(work));
    under.add(work);
    facts += 1;
    if (under.size >= IN_FLIGHT) await Promise.race(under);
  };
  for (let n = first; n < first + hosts; n += 1) {
    const hostId = hostName(n);
    let sequence = 1;
    await say(hostId, 'HostOnline', sequence, { hostname: hostId, agentVersion: '0', heartbeatSeconds: 3_600 });
    for (const device of devicesOf(hostId, devicesPerHost)) await say(hostId, 'DeviceDiscovered', (sequence += 1), { device });
  }
  await Promise.all(under);
  return facts;
};

/** Resolves when the journal holds so many events. */
export const journalHolds = async ({ pool }: Stage, position: number): Promise<void> => reaches(() => journalPosition(pool), position);

/** Resolves when the inventory has projected so many events. */
export const inventoryHolds = async ({ pool }: Stage, position: number): Promise<void> => reaches(() => checkpoint(pool), position);

export const journalPosition = async (pool: Stage['pool']): Promise<number> =>
  Number((await pool.query<{ position: string }>('select position from journal.counter')).rows[0]?.position ?? 0);

export const checkpoint = async (pool: Stage['pool']): Promise<number> =>
  Number((await pool.query<{ position: string }>(`select position from journal.checkpoints where name = 'inventory'`)).rows[0]?.position ?? 0);

const POLL_MS = 20;

const reaches = async (look: () => Promise<number>, position: number): Promise<void> => {
  while ((await look()) < position) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
};
