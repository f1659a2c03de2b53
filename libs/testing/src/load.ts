import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { DeviceObservation, HostFactName } from '@vfleet/contracts';
import { tellOfHost } from './host-facts.js';
import { aDevice } from './observations.js';
import { until } from './until.js';

const IN_FLIGHT = 96;
const WAIT_MS = 100;

/** Tries again until it succeeds: what a careful publisher does while servers come and go. */
export const insist = async <T>(work: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
};

/** Runs the work for 0…count-1, so many at a time. */
export const each = async (count: number, work: (n: number) => Promise<void>): Promise<void> => {
  let next = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let n = next++; n < count; n = next++) await work(n);
    }),
  );
};

/** What `publishHosts` tells of a host's devices. */
export const devicesOfHost = (hostId: string, devices: number): readonly DeviceObservation[] =>
  Array.from({ length: devices }, (_, d) => aDevice(hostId, `0000:${(16 + (d >> 3)).toString(16)}:00.${d & 7}`, { name: '10GE', iommuGroup: d }));

const TAKEN_MS = 120_000;

/** Resolves when the allocator has taken every fact of its stream, but for those of hosts that have to wait for all others. */
export const factsTaken = (nats: NatsConnection, withinMs = TAKEN_MS): Promise<true> =>
  until(
    'the facts to be read',
    async () => {
      const manager = await jetstreamManager(nats);
      // Its consumers that are named for a host are for hosts that have to wait.
      for await (const { name, num_pending, num_ack_pending } of manager.consumers.list('VFLEET_IN'))
        if (/^allocator-\d+$/.test(name) && num_pending + num_ack_pending === 0) return true;
      return false;
    },
    withinMs,
  );

/**
 * Publishes hosts `h0`, `h1`… with network functions named `10GE`, each in an IOMMU group of its own, as their agents would, and
 * resolves when the allocator knows them: what is asked of it may overtake what it is told.
 */
export const publishHosts = async (nats: NatsConnection, hosts: number, devices: number): Promise<void> => {
  await each(hosts, async (n) => {
    const hostId = `h${n}`;
    const say = (fact: HostFactName, sequence: number, data: object): Promise<void> => insist(() => tellOfHost(nats, hostId, sequence, fact, data));
    await say('HostOnline', 1, { hostname: hostId, agentVersion: '0', heartbeatSeconds: 3_600 });
    for (const [d, device] of devicesOfHost(hostId, devices).entries()) await say('DeviceDiscovered', d + 2, { device });
  });
  await factsTaken(nats);
};

/** A refusal that trying again does not mend. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

const TIMEOUT_MS = 1_000;
const TRY_AGAIN = new Set(['429', '503']);

/**
 * Asks as a platform does: nobody there, no answer in time, 429 and 503 mean "try again".
 * @throws Refused for any other refusal
 */
export const ask = async <T>(nats: NatsConnection, subject: string, body: object): Promise<T> => {
  for (;;) {
    try {
      const reply = await nats.request(`vfleet.api.${subject}`, JSON.stringify(body), { timeout: TIMEOUT_MS });
      const code = reply.headers?.get('Nats-Service-Error-Code');
      if (!code) return reply.json<T>();
      if (!TRY_AGAIN.has(code)) throw new Refused(reply.string());
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
};
