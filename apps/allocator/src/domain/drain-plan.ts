import type { MovePlan } from '@vfleet/contracts';
import type { DomainEvent } from '@vfleet/contracts';
import type { Decision, Fleet, Surroundings } from './decision.js';
import { decidePlanMove } from './move.decider.js';
import { evolveHost } from './host.evolve.js';
import { newHost, type Host, type HostEvent } from './host.js';
import { isStanding } from './moves.js';

/** VMs that hold something on a host, those that hold longest first. */
export const vmsOn = ({ reservations }: Host): readonly string[] =>
  [...reservations.values()]
    .filter(isStanding)
    .sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.vmId < b.vmId ? -1 : 1))
    .map(({ vmId }) => vmId);

/**
 * Where the VMs of a host would go, one after the other on a copy of the fleet that lives as long as the answer, so that no
 * device is planned for two of them. Each plan is made and held there as the move itself would do it.
 */
export const planDrain = (fleet: Fleet, host: Host, surroundings: Surroundings): readonly MovePlan[] => {
  let copy = fleet;
  return vmsOn(host).flatMap((vmId) => {
    const decision = decidePlanMove(copy, { vmId, migrationId: `drain ${host.hostId} ${vmId}` }, surroundings);
    if (decision.answer.kind !== 'plan') return [];
    copy = withEvents(copy, decision.events);
    return [{ ...decision.answer.plan, held: false }];
  });
};

/** The fleet after some events of hosts. Who may serve is still asked of the fleet itself: less is free in the copy, never more. */
const withEvents = (fleet: Fleet, events: Decision['events']): Fleet => {
  const hosts = new Map<string, Host>();
  const holding = new Map<string, readonly string[]>();
  for (const { type, data } of events as readonly DomainEvent<'DevicesReserved' | 'DevicesReleased' | 'ReleasePending'>[]) {
    const { hostId, vmId } = data;
    const host = evolveHost(hosts.get(hostId) ?? fleet.host(hostId) ?? newHost(hostId), { type, data } as HostEvent);
    hosts.set(hostId, host);
    const others = (holding.get(vmId) ?? fleet.hostsOf(vmId)).filter((other) => other !== hostId);
    holding.set(vmId, host.reservations.has(vmId) ? [...others, hostId] : others);
  }
  return { ...viewOf(fleet), host: (hostId) => hosts.get(hostId) ?? fleet.host(hostId), hostsOf: (vmId) => holding.get(vmId) ?? fleet.hostsOf(vmId) };
};

/** A fleet may be of a class, whose methods a spread would leave behind. */
const viewOf = (fleet: Fleet): Fleet => ({
  host: (hostId) => fleet.host(hostId),
  vm: (vmId) => fleet.vm(vmId),
  hostsOf: (vmId) => fleet.hostsOf(vmId),
  hostIds: () => fleet.hostIds(),
  hostsFor: (wish) => fleet.hostsFor(wish),
  catalog: () => fleet.catalog(),
  usedOf: (quotaName) => fleet.usedOf(quotaName),
  chargedTo: (deviceId) => fleet.chargedTo(deviceId),
});
