import type { FactOf } from '@vfleet/contracts';
import { takeOver } from './adoption.js';
import { confirmed } from './attestation.js';
import type { Decision, Fleet, Surroundings } from './decision.js';
import { recovered } from './host.decider.js';
import type { Host, HostSeen } from './host.js';

export type Plugging = FactOf<'HostdevAttached' | 'HostdevDetached'>;

/**
 * A device was plugged into a VM, or unplugged: known at once, without waiting for the next attestation, and older than no
 * later one. One that something newer was ordered after, and that is told again, says nothing. What was on its way back and is unplugged now is free.
 */
export const plug = (fleet: Fleet, host: Host, { name, data }: Plugging, surroundings: Surroundings): Decision => {
  const { epoch, sequence, vmId, deviceId, superseded = false } = data;
  if (superseded || (host.seen?.epoch === epoch && sequence <= (host.seen.sequence ?? 0))) return { events: [], answer: { kind: 'nothing' } };
  const address = host.devices.get(deviceId)?.address ?? data.address;
  const attachment = `${vmId} ${address}`;
  const before = host.seen?.attachments;
  const rest = before?.filter((one) => one !== attachment);
  const attachments = name === 'HostdevAttached' ? [...(rest ?? []), attachment].sort() : rest;
  const known = Object.entries(host.seen?.guestAddresses ?? {}).filter(([one]) => one !== attachment);
  const { guestAddress } = data;
  const guestAddresses = Object.fromEntries(
    name === 'HostdevAttached' && guestAddress !== undefined ? [...known, [attachment, guestAddress]] : known,
  );
  const seen: HostSeen = {
    ...host.seen,
    lastSeenAt: surroundings.now,
    epoch,
    sequence,
    guestAddresses,
    ...(attachments && { attachments }),
  };
  const held = host.reservations.get(vmId);
  const attached = new Set(attachments);
  return {
    events: [
      ...(host.status === 'stale' ? [recovered(host, surroundings.now)] : []),
      ...(held && name === 'HostdevDetached' && attachments ? confirmed(host, held, attached, surroundings.now) : []),
      ...(name === 'HostdevAttached' ? takeOver(fleet, host, [{ vmId, address }], surroundings) : []),
    ],
    marks: [{ key: `host:${host.hostId}`, value: seen, lasting: true }],
    answer: { kind: 'nothing' },
  };
};
