import type { DomainEvent, FactOf } from '@vfleet/contracts';
import { takeOver } from './adoption.js';
import { NOTHING, type Decision, type Fleet, type Surroundings } from './decision.js';
import { equal } from './equal.js';
import { recovered } from './host.decider.js';
import { MAX_DEVICES, type Host, type HostReservation, type HostSeen } from './host.js';
import { findOrphans, type Orphans } from './orphans.js';
import { released } from './release.js';

type Attestation = FactOf<'InventoryAttested'>['data'];

/**
 * A heartbeat. It shows that the host is alive, what is really attached (so that devices on their way back become
 * free, and attachments that nobody reserved become known), and by its digest whether the agent and the journal still
 * mean the same devices. One that is not newer than the last says nothing.
 */
export const attest = (fleet: Fleet, host: Host, fact: Attestation, surroundings: Surroundings): Decision => {
  if (host.seen?.epoch === fact.epoch && fact.sequence <= (host.seen.sequence ?? 0)) return NOTHING;
  const attachments = fact.attachments?.map(({ vmId, address }) => `${vmId} ${address}`).sort();
  const { events: attached, detached, unplugged } = compareAttachments(fleet, host, fact, surroundings);
  const { epoch, sequence } = fact;
  const agrees = surroundings.digestOf(host) === fact.digest;
  const seen: HostSeen = {
    lastSeenAt: surroundings.now,
    epoch,
    sequence,
    ...(attachments && { attachments }),
    ...(detached.length > 0 && { detached }),
    ...(unplugged.length > 0 && { unplugged }),
    ...stillThere(host.seen, attachments),
    ...(!agrees && { diverged: true }),
  };
  const diverged: DomainEvent = {
    type: 'InventoryDiverged',
    data: { hostId: host.hostId, attested: fact.devices, known: host.devices.size - host.missing.size, digest: fact.digest },
  };
  return {
    ...NOTHING,
    events: [
      ...(host.status === 'stale' ? [recovered(host, surroundings.now)] : []),
      ...attached,
      ...(agrees || host.diverged === fact.digest ? [] : [diverged]),
    ],
    marks: [
      {
        key: `host:${host.hostId}`,
        value: seen,
        lasting:
          !equal(attachments, host.seen?.attachments) || !equal(seen.detached, host.seen?.detached) || !equal(seen.unplugged, host.seen?.unplugged),
      },
    ],
    // One that has more than are taken would be asked for ever.
    effects: agrees || fact.devices > MAX_DEVICES ? [] : [{ type: 'ProbeHost', hostId: host.hostId }],
  };
};

/** Where guests see what is still attached to them; an agent that cannot see attachments says nothing of it. */
const stillThere = (seen: HostSeen | undefined, attachments: readonly string[] | undefined): Pick<HostSeen, 'guestAddresses'> => {
  const known = Object.entries(seen?.guestAddresses ?? {}).filter(([one]) => attachments?.includes(one) !== false);
  return known.length > 0 ? { guestAddresses: Object.fromEntries(known) } : {};
};

/** An agent that cannot see attachments says nothing of them, which is not the same as none. */
const compareAttachments = (fleet: Fleet, host: Host, { attachments }: Attestation, surroundings: Surroundings): Orphans => {
  if (!attachments) return { events: [], detached: [], unplugged: [] };
  const attached = new Set(attachments.map(({ vmId, address }) => `${vmId} ${address}`));
  const freed = [...host.reservations.values()].flatMap((reservation) => confirmed(host, reservation, attached, surroundings.now));
  const orphans = findOrphans(fleet, host, attached);
  return { ...orphans, events: [...freed, ...takeOver(fleet, host, attachments, surroundings), ...orphans.events] };
};

/** Devices on their way back that the host no longer has attached are free now. */
export const confirmed = (host: Host, reservation: HostReservation, attached: ReadonlySet<string>, now: string): readonly DomainEvent[] => {
  const free = reservation.devices.filter(
    ({ deviceId }) => reservation.releasing.has(deviceId) && !attached.has(`${reservation.vmId} ${host.devices.get(deviceId)?.address}`),
  );
  return free.length === 0 ? [] : released(host, reservation, free, reservation.cause ?? 'attested', now);
};
