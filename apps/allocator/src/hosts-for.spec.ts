import { describe, expect, it } from '@jest/globals';
import type { DomainEvent } from '@vfleet/contracts';
import type { Wish } from '@vfleet/pci';
import { aDevice } from '@vfleet/testing';
import { understand } from './domain/reserve.js';
import type { FleetMemory } from './fleet-memory.js';
import { discovered, fleetOf, online, quiet } from './testing/given.js';

const hostWith = (hostId: string, count: number): readonly DomainEvent[] => [
  online(hostId),
  ...discovered(hostId, ...Array.from({ length: count }, (_, n) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n + 1 }))),
];

const held = (vmId: string, hostId: string, ...functions: readonly number[]): DomainEvent => ({
  type: 'DevicesReserved',
  data: {
    vmId,
    hostId,
    reservationId: 'r',
    devices: functions.map((n) => ({ deviceId: aDevice(hostId, `0000:28:00.${n}`).deviceId, address: `0000:28:00.${n}`, requestName: 'a' })),
    requests: [],
    reservedAt: '2026-11-20T10:00:00.000Z',
  },
});

const hostsFor = (fleet: FleetMemory, vmId: string, device: string, count = 1): readonly string[] => {
  const understood = understand(fleet, { vmId, wishes: { devices: [{ device, count }] } }, quiet());
  return [...fleet.hostsFor((understood as { readonly wish: Wish }).wish)];
};

describe('the hosts for a VM', () => {
  const fleet = fleetOf([...hostWith('a', 3), ...hostWith('b', 1), ...hostWith('c', 1), held('vm-1', 'b', 0), held('vm-2', 'c', 0)]);

  it('are those that can serve, the fullest first', () => {
    expect(hostsFor(fleetOf([...hostWith('a', 3), ...hostWith('b', 1)]), 'vm-9', '10GE')).toEqual(['b', 'a']);
    expect(hostsFor(fleet, 'vm-9', '10GE')).toEqual(['a']);
  });

  it('begin with where it holds something, which is free to it', () => {
    expect(hostsFor(fleet, 'vm-1', '10GE')).toEqual(['b', 'a']);
  });

  it('are the one that is nearest to it where nobody can serve, so that somebody says why not', () => {
    expect(hostsFor(fleet, 'vm-9', '10GE', 4)).toEqual(['a']);
    expect(hostsFor(fleetOf([]), 'vm-9', '10GE')).toEqual([]);
  });
});
