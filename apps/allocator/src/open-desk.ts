import type { Journal, Relay } from '@vfleet/journal';
import type { Ownership, Platform } from '@vfleet/service-kit';
import { Desk, type DeskOptions } from './desk.js';
import type { FleetMemory } from './fleet-memory.js';
import { HostProbe } from './outbound/probe-host.js';

export interface DeskParts extends Pick<DeskOptions, 'watch' | 'maxWaiting' | 'onLost'> {
  readonly platform: Platform;
  readonly journal: Journal;
  readonly memory: FleetMemory;
  readonly ownership: Ownership;
  readonly relay: Relay;
}

/** The desk of the owner: it decides while it is that, its events go to the relay, and hosts are asked as decisions want it. */
export const openDesk = ({ platform, journal, memory, ownership, relay, ...rest }: DeskParts): Desk => {
  const { nats, log } = platform;
  const probe = new HostProbe(nats, log);
  return new Desk({
    journal,
    memory,
    fence: () => ownership.fence,
    halted: () => relay.halt,
    onCommit: (events) => relay.offer(events),
    onEffect: ({ hostId }) => probe.ask(hostId),
    log,
    ...rest,
  });
};
