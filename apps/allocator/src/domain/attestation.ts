import type { DomainEvent, FactOf } from '@vfleet/contracts';
import { NOTHING, type Decision, type Surroundings } from './decision.js';
import { equal } from './equal.js';
import { recovered } from './host.decider.js';
import type { Host, HostReservation, HostSeen } from './host.js';
import { released } from './release.js';

/**
 * A heartbeat. It shows that the host is alive, what is really attached (so that devices on their way back become
 * free), and by its digest whether the agent and the journal still mean the same devices.
 */
export const attest = (host: Host, fact: FactOf<'InventoryAttested'>['data'], surroundings: Surroundings): Decision => {
  const attachments = fact.attachments?.map(({ vmId, address }) => `${vmId} ${address}`).sort();
  const seen: HostSeen = { lastSeenAt: surroundings.now, epoch: fact.epoch, ...(attachments && { attachments }) };
  const events: DomainEvent[] = [];
  if (host.status === 'stale') events.push(recovered(host, surroundings.now));
  if (attachments)
    for (const reservation of host.reservations.values()) events.push(...confirmed(host, reservation, new Set(attachments), surroundings.now));

  const agrees = surroundings.digestOf(host) === fact.digest;
  const told = host.diverged === fact.digest;
  if (!agrees && !told)
    events.push({
      type: 'InventoryDiverged',
      data: { hostId: host.hostId, attested: fact.devices, known: host.devices.size - host.missing.size, digest: fact.digest },
    });
  return {
    ...NOTHING,
    events,
    marks: [{ key: `host:${host.hostId}`, value: seen, lasting: !equal(attachments, host.seen?.attachments) }],
    effects: agrees ? [] : [{ type: 'ProbeHost', hostId: host.hostId }],
  };
};

/** Devices on their way back that the host no longer has attached are free now. */
const confirmed = (host: Host, reservation: HostReservation, attached: ReadonlySet<string>, now: string): readonly DomainEvent[] => {
  const free = reservation.devices.filter(
    ({ deviceId }) => reservation.releasing.has(deviceId) && !attached.has(`${reservation.vmId} ${host.devices.get(deviceId)?.address}`),
  );
  return free.length === 0 ? [] : released(host, reservation, free, reservation.cause ?? 'attested', now);
};
