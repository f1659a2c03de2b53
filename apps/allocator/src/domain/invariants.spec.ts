import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import fc from 'fast-check';
import { FleetMemory } from '../fleet-memory.js';
import { fact, quiet, take, vmState } from '../testing/given.js';
import { decide, type Command } from './decide.js';

/** A planted flaw showed after 1,800 to 11,000 runs; the default of 100 misses it. */
const RUNS = Number(process.env['VFLEET_PROPERTY_RUNS'] ?? 5_000);

const pf = (hostId: string, iommuGroup: number) =>
  aDevice(hostId, '0000:03:00.0', { name: 'pf', functionType: 'pf', totalVfs: 2, numVfs: 0, iommuGroup });
const vf = (hostId: string, n: number, iommuGroup: number) =>
  aDevice(hostId, `0000:03:10.${n}`, { name: 'vf', functionType: 'vf', vfIndex: n, parentDeviceId: pf(hostId, 0).deviceId, iommuGroup });
const plain = (hostId: string, n: number, iommuGroup: number) => aDevice(hostId, `0000:28:00.${n}`, { name: 'vf', iommuGroup });

const hostId = fc.constantFrom('h1', 'h2');
const vmId = fc.constantFrom('vm-1', 'vm-2', 'vm-3');
const group = fc.integer({ min: 1, max: 3 });
const device = fc
  .tuple(hostId, group, fc.integer({ min: 0, max: 3 }))
  .map(([host, iommuGroup, which]) =>
    which === 0
      ? { host, device: pf(host, iommuGroup) }
      : which < 3
        ? { host, device: vf(host, which - 1, iommuGroup) }
        : { host, device: plain(host, 1, iommuGroup) },
  );
const wish: fc.Arbitrary<DeviceRequest[]> = fc.constantFrom<DeviceRequest[]>(
  [{ device: 'vf' }],
  [{ device: 'vf', count: 2 }],
  [{ match: { functionType: 'pf' } }],
  [{ device: 'vf' }, { device: 'pf' }],
);

const command: fc.Arbitrary<() => Command> = fc.oneof(
  { weight: 4, arbitrary: device.map((one) => () => fact('DeviceDiscovered', one.host, { device: one.device })) },
  {
    weight: 1,
    arbitrary: device.map(
      (one) => () => fact('DeviceRemoved', one.host, { deviceId: one.device.deviceId, address: one.device.address, reason: 'gone' }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(vmId, hostId, wish).map(
      ([vm, host, devices]) =>
        () =>
          vmState(vm, 'starting', { hostId: host, devices }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(vmId, wish).map(
      ([vm, devices]) =>
        () =>
          vmState(vm, 'starting', { devices }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(vmId, fc.constantFrom('stopped' as const, 'running' as const)).map(
      ([vm, state]) =>
        () =>
          vmState(vm, state),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(hostId, vmId, fc.boolean()).map(
      ([host, vm, attached]) =>
        () =>
          attest(host, attached ? [vm] : []),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(vmId, hostId, wish).map(
      ([vm, host, devices]) =>
        () =>
          ({ type: 'Reserve', request: { vmId: vm, hostId: host, devices } }) as Command,
    ),
  },
  { weight: 1, arbitrary: vmId.map((vm) => () => ({ type: 'Release', request: { vmId: vm } }) as Command) },
);

const attest = (host: string, vms: readonly string[]): Command =>
  fact('InventoryAttested', host, {
    devices: 0,
    digest: 'same',
    attachments: vms.flatMap((vm) => ['0000:03:10.0', '0000:03:10.1', '0000:28:00.1'].map((address) => ({ vmId: vm, address }))),
  });

/** Runs a history and calls `check` with the fleet after each decision. */
const run = (
  history: readonly (() => Command)[],
  check: (fleet: FleetMemory, events: ReturnType<typeof decide>['events'], before: FleetMemory) => void,
): void => {
  const fleet = new FleetMemory();
  const shadow = new FleetMemory();
  for (const make of history) {
    const decision = decide(fleet, make(), quiet());
    take(fleet, decision);
    check(fleet, decision.events, shadow);
    take(shadow, decision);
  }
};

const everyHistory = (check: Parameters<typeof run>[1]): void => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (history) => run(history, check)),
    { numRuns: RUNS },
  );
};

describe('whatever happens in whatever order', () => {
  it('no device is given to a VM while another has it', () =>
    everyHistory((_, events, before) => {
      const holders = new Map<string, string>();
      for (const id of ['h1', 'h2']) for (const [deviceId, vm] of before.host(id)?.holders ?? []) holders.set(deviceId, vm);
      for (const event of events) {
        if (event.type === 'DevicesReleased') for (const { deviceId } of event.data.devices) holders.delete(deviceId);
        if (event.type !== 'DevicesReserved') continue;
        for (const { deviceId } of event.data.devices) {
          expect(holders.get(deviceId)).toBeUndefined();
          holders.set(deviceId, event.data.vmId);
        }
      }
    }));

  it('a new reservation never puts two VMs into one IOMMU group, nor a PF beside its VFs', () =>
    everyHistory((fleet, events) => {
      for (const event of events) {
        if (event.type !== 'DevicesReserved') continue;
        const host = fleet.host(event.data.hostId);
        for (const { deviceId } of event.data.devices) {
          const given = host?.devices.get(deviceId);
          for (const [other, vm] of host?.holders ?? []) {
            const neighbour = host?.devices.get(other);
            if (neighbour?.iommuGroup === given?.iommuGroup) expect(vm).toBe(event.data.vmId);
            expect(neighbour?.parentDeviceId).not.toBe(deviceId);
            if (given?.functionType === 'vf') expect(other).not.toBe(given.parentDeviceId);
          }
        }
      }
    }));

  it('what is kept per host, per VM and per device says the same', () =>
    everyHistory((fleet) => {
      for (const id of ['h1', 'h2']) {
        const host = fleet.host(id);
        const fromReservations = [...(host?.reservations.values() ?? [])].flatMap(({ vmId: vm, devices }) =>
          devices.map(({ deviceId }) => [deviceId, vm]),
        );
        expect(new Map(host?.holders)).toEqual(new Map(fromReservations as [string, string][]));
        expect(fromReservations).toHaveLength(host?.holders.size ?? 0);
        for (const { vmId: vm } of host?.reservations.values() ?? []) expect(fleet.hostsOf(vm)).toContain(id);
      }
      for (const vm of fleet.holders()) for (const id of fleet.hostsOf(vm)) expect(fleet.host(id)?.reservations.has(vm)).toBe(true);
    }));

  it('a device that its host attests as attached is never free the moment its VM stops', () =>
    everyHistory((_, events, before) => {
      for (const event of events) {
        if (event.type !== 'DevicesReleased' || event.data.cause !== 'stopped') continue;
        const host = before.host(event.data.hostId);
        const pending = host?.reservations.get(event.data.vmId)?.releasing;
        const stillAttached = event.data.devices.filter(
          ({ deviceId, address }) => !pending?.has(deviceId) && host?.seen?.attachments?.includes(`${event.data.vmId} ${address}`),
        );
        expect(stillAttached).toEqual([]);
      }
    }));
});
