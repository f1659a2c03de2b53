import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { unavailability } from './availability.js';
import type { Alternative, Wish } from './ask.js';
import { chooseDevices, type ChosenDevice } from './choose.js';
import { companions } from './companions.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import type { DeviceRequest } from './device-request.js';
import { aDevice, aHost, aPfWithVfs, aWish } from './testing.js';

const RUNS = Number(process.env['VFLEET_PROPERTY_RUNS'] ?? 6_000);

const ADDRESSES = ['0000:28:00.0', '0000:28:02.0', '0000:28:02.1', '0000:29:00.0', '0000:29:02.0', '0000:41:00.0', '0000:41:00.1'];

const hardware = fc
  .record({
    groups: fc.array(fc.option(fc.integer({ min: 1, max: 4 }), { nil: null, freq: 12 }), { minLength: 7, maxLength: 7 }),
    drivers: fc.array(fc.constantFrom(undefined, 'vfio-pci', 'ixgbe'), { minLength: 7, maxLength: 7 }),
    inHostUse: fc.option(fc.integer({ min: 0, max: 6 }), { nil: -1, freq: 1 }),
    ambiguous: fc.option(fc.integer({ min: 0, max: 6 }), { nil: -1, freq: 1 }),
  })
  .map(({ groups, drivers, inHostUse, ambiguous }) =>
    [
      ...aPfWithVfs({ address: ADDRESSES[0] as string }, ADDRESSES.slice(1, 3)),
      ...aPfWithVfs({ address: ADDRESSES[3] as string }, ADDRESSES.slice(4, 5)),
      aDevice({ address: ADDRESSES[5] as string, name: 'GPU', class: '030000' }),
      aDevice({ address: ADDRESSES[6] as string, class: '040300' }),
    ].map((device, index) => {
      const driver = drivers[index];
      return {
        ...device,
        iommuGroup: groups[index] as number | null,
        ...(driver && { driver }),
        ...(index === ambiguous && { ambiguous: true }),
        hostUse: index === inHostUse ? [{ code: 'mounted', detail: '' }] : [],
      };
    }),
  );

const hosts = fc
  .record({
    devices: hardware,
    holders: fc.array(fc.constantFrom(undefined, undefined, undefined, 'vm-1', 'vm-2'), { minLength: 7, maxLength: 7 }),
    unsafeIommuGroups: fc.boolean().map((yes) => yes),
    cordoned: fc.option(fc.integer({ min: 0, max: 6 }), { nil: -1, freq: 1 }),
  })
  .map(({ devices, holders, unsafeIommuGroups, cordoned }) =>
    aHost(devices, {
      unsafeIommuGroups,
      heldBy: Object.fromEntries(ADDRESSES.flatMap((address, index) => (holders[index] ? [[address, holders[index]]] : []))),
      cordoned: new Set(cordoned < 0 ? [] : [(devices[cordoned] as DeviceObservation).deviceId]),
    }),
  );

const requests: fc.Arbitrary<DeviceRequest> = fc.record(
  {
    match: fc.constantFrom<Record<string, unknown>>(
      { name: '10GE' },
      { name: 'GPU' },
      { functionType: 'pf' },
      { functionType: ['pf', 'vf'] },
      { class: '02' },
      { all: true },
      { address: '*:28:*.*' },
    ),
    count: fc.integer({ min: 1, max: 2 }),
  },
  { requiredKeys: ['match'] },
);

const wishes = fc.array(requests, { minLength: 1, maxLength: 3 }).map((list) => aWish(list));

/** Requests of these specs have one alternative, and a number of devices. */
const only = ({ alternatives: [alternative] }: Wish['asks'][number]): Alternative & { readonly count: number } => alternative as never;

const goAlong = (device: DeviceObservation, host: Circumstances): readonly DeviceObservation[] =>
  companions(device, { ...host, holders: new Map([...host.holders].filter(([, vmId]) => vmId !== 'vm-1')) });

/** Tries every way to give each request its devices, the laws for single devices taken as given. */
const servable = (host: Circumstances, { vmId, asks }: Wish): boolean => {
  const slots = asks.map(only).flatMap((one) => Array.from({ length: one.count }, () => one));
  const fits = (device: DeviceObservation, ask: Alternative): boolean =>
    ask.accepts(host.topology.attributesOf(device)) && !unavailability(device, host, { ...ask, vmId });
  const fill = (slot: number, taken: readonly DeviceObservation[]): boolean => {
    const ask = slots[slot];
    if (!ask) return true;
    return [...host.topology.devices.values()].some((device) => {
      if (taken.includes(device) || !fits(device, ask)) return false;
      const unit = [device, ...goAlong(device, host)];
      const all = taken.flatMap((one) => [one, ...goAlong(one, host)]);
      const clashes = unit.some((one) => host.topology.rivalsOf(one).some((rival) => all.includes(rival)));
      return !clashes && fill(slot + 1, [...taken, device]);
    });
  };
  return fill(0, []);
};

const broken = (host: Circumstances, wish: Wish, chosen: readonly ChosenDevice[]): readonly string[] => {
  const mine = new Set(chosen.map(({ device }) => device));
  const others = [...host.topology.devices.values()].filter(({ deviceId }) => (host.holders.get(deviceId) ?? 'vm-1') !== 'vm-1');
  const isPfOf = (pf: DeviceObservation, vf: DeviceObservation): boolean => vf.functionType === 'vf' && vf.parentDeviceId === pf.deviceId;
  const faults: string[] = [];
  if (mine.size !== chosen.length) faults.push('a device twice');
  for (const ask of wish.asks)
    if (chosen.filter((one) => one.requestName === ask.requestName && !one.affected).length !== only(ask).count)
      faults.push(`${ask.requestName} has not its count`);
  for (const device of mine) {
    if (others.includes(device)) faults.push('a device of another VM');
    if (device.hostUse.length > 0 || device.ambiguous) faults.push('a device that the host keeps');
    if ([...mine].some((other) => isPfOf(device, other))) faults.push('a PF with one of its VFs');
    if (others.some((other) => isPfOf(device, other) || isPfOf(other, device))) faults.push('a PF or VF that another VM has the other side of');
    if (host.unsafeIommuGroups) continue;
    if (device.iommuGroup === null) faults.push('a device without an IOMMU group');
    const group = [...host.topology.devices.values()].filter(({ iommuGroup }) => iommuGroup === device.iommuGroup);
    if (group.some((member) => others.includes(member))) faults.push('a group that another VM has a part of');
    const rest = group.filter((member) => !mine.has(member) && member.driver === 'ixgbe' && ![...mine].some((own) => isPfOf(own, member)));
    if (rest.length > 0) faults.push(`a part of a group only: ${rest.map(({ address }) => address).join()} stays with its driver`);
  }
  return faults;
};

describe('whatever a VM asks for on whatever host', () => {
  it('nothing that the VM gets breaks a law', () => {
    fc.assert(
      fc.property(hosts, wishes, (host, wish) => {
        const answer = chooseDevices(host, wish);
        if ('chosen' in answer) expect(broken(host, wish, answer.chosen)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('the VM gets it whenever there is a way, and a reason otherwise', () => {
    fc.assert(
      fc.property(hosts, wishes, (host, wish) => {
        const answer = chooseDevices(host, wish);
        expect('chosen' in answer).toBe(servable(host, wish));
        if ('unmet' in answer) {
          expect(answer.unmet.length).toBeGreaterThan(0);
          for (const { reasons } of answer.unmet) expect(reasons).not.toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('the same question gets the same answer, in whatever order the devices were found', () => {
    fc.assert(
      fc.property(hosts, wishes, (host, wish) => {
        const reversed = aHost([...host.topology.devices.values()].reverse());
        const turned = { ...host, topology: reversed.topology };
        const addresses = (answer: ReturnType<typeof chooseDevices>): unknown =>
          'chosen' in answer ? answer.chosen.map(({ device, requestName, affected }) => [device.address, requestName, affected]) : 'no';
        expect(addresses(chooseDevices(turned, wish))).toEqual(addresses(chooseDevices(host, wish)));
      }),
      { numRuns: 2_000 },
    );
  });
});
