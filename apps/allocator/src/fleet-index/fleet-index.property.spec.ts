import { describe, expect, it } from '@jest/globals';
import { compileWhere } from '@vfleet/cel';
import type { DomainEvent } from '@vfleet/contracts';
import { chooseDevices, companions, parseWanted, unavailability, type Alternative, type DeviceRequest, type Wish } from '@vfleet/pci';
import { aDevice } from '@vfleet/testing';
import fc from 'fast-check';
import { toCatalog } from '../domain/catalog.js';
import { streamOf } from '../domain/decision.js';
import { MISSES, fitByCounts, toCounted, type Fit } from '../domain/fit.js';
import { attributesOn, circumstances, type Host } from '../domain/host.js';
import { count, type Lot } from '../domain/lots.js';
import { obstacleOfUnmet } from '../domain/obstacle.js';
import { FleetMemory } from '../fleet-memory.js';
import { FleetIndex, type Ranked } from './fleet-index.js';
import { Signatures } from './signatures.js';
import { discovered, observedAt, online } from '../testing/given.js';

const RUNS = Number(process.env['VFLEET_PROPERTY_RUNS'] ?? 1_000);
const HOSTS = ['h1', 'h2', 'h3'];

const hostId = fc.constantFrom(...HOSTS);
const group = fc.option(fc.integer({ min: 1, max: 4 }), { nil: null, freq: 10 });

/** A PF, two VFs of it and three other functions; what is said of each may differ from host to host and from time to time. */
const device = fc
  .record({
    host: hostId,
    which: fc.integer({ min: 0, max: 5 }),
    iommuGroup: group,
    numaNode: fc.constantFrom(null, 0, 1),
    name: fc.constantFrom('nic', 'gpu', undefined),
    tags: fc.constantFrom<Record<string, string>>({}, {}, { tenant: 'acme' }, { rack: 'b4' }, { remoteManaged: 'true' }),
    driver: fc.constantFrom('vfio-pci', 'vfio-pci', 'ixgbe'),
    inHostUse: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  })
  .map(({ host, which, name, inHostUse, ...rest }) => {
    const more = { ...rest, ...(name !== undefined && { name }), hostUse: inHostUse ? [{ code: 'mounted', detail: '' }] : [] };
    const pf = aDevice(host, '0000:03:00.0').deviceId;
    if (which === 0) return { host, device: aDevice(host, '0000:03:00.0', { ...more, functionType: 'pf', totalVfs: 2, numVfs: 0, net: [net] }) };
    if (which > 2) return { host, device: aDevice(host, `0000:28:00.${which}`, { ...more, pcieRoot: `0000:0${which % 2}:00.0` }) };
    return { host, device: aDevice(host, `0000:03:10.${which}`, { ...more, functionType: 'vf', vfIndex: which - 1, parentDeviceId: pf }) };
  });
const net = { ifname: 'ens1f0', mac: '52:54:00:00:00:01', speedMbps: 10_000 };

type Change = (fleet: FleetMemory) => readonly DomainEvent[];

const freeOn = (fleet: FleetMemory, host: string) =>
  [...(fleet.host(host)?.devices.values() ?? [])].filter((one) => !fleet.host(host)?.holders.has(one.deviceId));

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: device.map((one) => () => discovered(one.host, one.device)) },
  {
    weight: 1,
    arbitrary: device.map(({ host, device: { deviceId, address } }) => () => [
      { type: 'DeviceRemoved', data: { hostId: host, deviceId, address, reason: 'gone', observed: observedAt(9) } } as DomainEvent,
    ]),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(hostId, fc.nat(5), fc.constantFrom('vm-1', 'vm-2')).map(([host, nth, vmId]) => (fleet: FleetMemory) => {
      const one = freeOn(fleet, host)[nth];
      if (!one || fleet.host(host)?.reservations.has(vmId)) return [];
      const data = {
        vmId,
        hostId: host,
        reservationId: 'r',
        devices: [{ deviceId: one.deviceId, address: one.address, requestName: 'a' }],
        requests: [],
      };
      return [{ type: 'DevicesReserved', data: { ...data, reservedAt: '2026-11-20T10:00:00Z' } } as DomainEvent];
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(hostId, fc.constantFrom('vm-1', 'vm-2')).map(([host, vmId]) => (fleet: FleetMemory) => {
      const held = fleet.host(host)?.reservations.get(vmId);
      return held ? [{ type: 'DevicesReleased', data: { ...held, hostId: host, cause: 'request', releasedAt: '' } } as unknown as DomainEvent] : [];
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(hostId, fc.record({ unsafeIommuGroups: fc.boolean(), customDevices: fc.boolean() }, { requiredKeys: [] }))
      .map(([host, more]) => () => [
        online(host, {
          ...more,
          numaNodes: [
            { id: 0, socket: 0 },
            { id: 1, socket: host === 'h3' ? 1 : 0 },
          ],
        }),
      ]),
  },
  {
    weight: 1,
    arbitrary: hostId.map((host) => () => [{ type: 'HostStale', data: { hostId: host, lastSeenAt: '2026-11-20T10:00:00Z' } } as DomainEvent]),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('m1', 'm2'), fc.option(hostId, { nil: undefined })).map(([model, only]) => () => [
      {
        type: 'ModelRegistered',
        data: { model, deviceType: 'fast', vendorId: '8086', productId: '10ca', ...(only && { hostIds: [only] }) },
      } as DomainEvent,
    ]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('02', '020000', '0302', '09')
      .map((code) => () => [
        { type: 'EligibilityPut', data: { name: 'excluded-classes', excludedClasses: [{ class: '06' }, { class: code }] } } as DomainEvent,
      ]),
  },
);

const requests: fc.Arbitrary<DeviceRequest> = fc.oneof(
  fc.constantFrom<DeviceRequest>(
    { device: 'nic' },
    { match: { functionType: 'pf' } },
    { match: { address: '0000:28:*.*' } },
    { match: { pf: 'ens1f0#0' } },
    { match: { 'tags.rack': 'b4' } },
    { match: { deviceType: 'fast', name: 'nic' } },
    { match: { class: '02' }, where: 'device.speedMbps == 10000 || device.name == "gpu"' },
    { match: { all: true }, where: 'device.iommuGroup == 1' },
    { firstAvailable: [{ device: 'gpu', count: 2 }, { device: 'nic' }] },
    { device: 'nic', count: 'all' },
    { match: { 'tags.remoteManaged': 'true' } },
  ),
  fc.record(
    {
      match: fc.constantFrom<Record<string, unknown>>({ name: 'nic' }, { all: true }, { class: '02', functionType: ['vf', 'plain'] }),
      count: fc.constantFrom<number | 'all'>(1, 2, 3, 'all', 'all'),
      together: fc.constantFrom(['numaNode'], ['pcieRoot'], ['parentDeviceId']),
      apart: fc.constantFrom(['functionType'], ['name'], ['iommuGroup']),
      numaPolicy: fc.constantFrom<'required' | 'socket' | 'legacy' | 'preferred'>('required', 'socket', 'legacy', 'preferred'),
    },
    { requiredKeys: ['match'] },
  ),
);

const question = fc.record(
  {
    devices: fc.array(requests, { minLength: 1, maxLength: 3 }),
    numaNodes: fc.constantFrom([0], [1], [0, 1]),
    tenant: fc.constant('acme'),
    strategy: fc.constantFrom<'pack' | 'spread'>('pack', 'spread'),
  },
  { requiredKeys: ['devices'] },
);

const NOBODY = '';

const toWish = (fleet: FleetMemory, { devices, ...more }: { readonly devices: readonly DeviceRequest[] } & Partial<Wish>): Wish => {
  const parsed = parseWanted({ devices }, { catalog: toCatalog(fleet.catalog()), compileWhere });
  if (!('asks' in parsed)) throw new Error(JSON.stringify(parsed));
  return { vmId: NOBODY, asks: parsed.asks, ...more };
};

/** What an index has to say of a host, found by looking at each of its devices. */
const lookClosely = (fleet: FleetMemory, host: Host, wish: Wish): Fit => {
  if (host.status === 'unknown' && host.devices.size === 0) return { harm: 2 * MISSES, obstacle: 'HOST_UNKNOWN' as never };
  const { rules } = fleet.catalog();
  const around = circumstances(host, rules);
  const attributesOf = attributesOn(host, rules);
  const lotsOf = (alternative: Alternative): readonly Lot[] =>
    [...host.devices.values()]
      .filter((one) => alternative.accepts(attributesOf(one)))
      .map((one) => {
        const no = unavailability(one, around, { ...alternative, vmId: NOBODY, ...(wish.tenant !== undefined && { tenant: wish.tenant }) });
        const alone = companions(one, { ...around, holders: around.holders }).length === 0;
        return { attributes: attributesOf(one), free: no ? 0 : 1, alone: !no && alone ? 1 : 0, refused: no ? [{ code: no.code, count: 1 }] : [] };
      });
  return fitByCounts(toCounted(wish), (alternative) => count(alternative, lotsOf(alternative), wish, around));
};

const byHarm = (a: Ranked, b: Ranked): number => a.harm - b.harm || (a.hostId < b.hostId ? -1 : 1);

/** Where an index and a close look differ. */
const differences = (fleet: FleetMemory, wish: Wish, { fits, misses } = fleet.rank(wish)): readonly string[] => {
  const ranked = [...fits, ...misses];
  const names = ranked.map((one) => one.hostId);
  const harms = ranked.flatMap((one) => {
    const { harm } = lookClosely(fleet, fleet.host(one.hostId) as Host, wish);
    return harm === one.harm ? [] : [`${one.hostId} has ${one.harm} instead of ${harm}`];
  });
  const inOrder = ranked.toSorted(byHarm).every((one, place) => one === ranked[place]);
  const complete = names.toSorted().join() === [...fleet.hostIds()].sort().join();
  return [...harms, ...(inOrder ? [] : [`the order is ${names.join()}`]), ...(complete ? [] : [`the hosts are ${names.join()}`])];
};

/** A history of changes of which some are undone, with a look at the fleet after each. */
const everyHistory = (look: (fleet: FleetMemory, wish: Wish) => void, numRuns = RUNS): void => {
  const step = fc.tuple(change, fc.constantFrom('commit' as const, 'commit' as const, 'nothing' as const, 'rollback' as const));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 16 }), fc.array(question, { minLength: 1, maxLength: 3 }), (steps, questions) => {
      const fleet = new FleetMemory();
      for (const [make, then] of steps) {
        for (const event of make(fleet)) fleet.apply(streamOf(event), fleet.version(streamOf(event)) + 1, event);
        if (then === 'rollback') look(fleet, toWish(fleet, questions[0] as never));
        if (then !== 'nothing') fleet[then]();
        for (const one of questions) look(fleet, toWish(fleet, one as never));
      }
    }),
    { numRuns },
  );
};

describe('a fleet index, whatever happens to its hosts and whatever is undone of it', () => {
  it('says of each host what looking at each of its devices says, in the order of harm and name', () =>
    everyHistory((fleet, wish) => {
      expect(differences(fleet, wish)).toEqual([]);
    }));

  it('says the same where every device has something that is its own', () => {
    const indexes = new WeakMap<FleetMemory, FleetIndex>();
    everyHistory((fleet, wish) => {
      const source = { host: (id: string) => fleet.host(id), catalog: () => fleet.catalog() };
      const index = indexes.get(fleet) ?? new FleetIndex(source, new Signatures(2));
      indexes.set(fleet, index);
      for (const id of HOSTS) index.touch(id);
      expect(differences(fleet, wish, index.rank(wish))).toEqual([]);
    }, RUNS / 5);
  });

  it('leaves no host out that can serve, and names what stands in the way of the others as their choice does', () =>
    everyHistory((fleet, wish) => {
      for (const { hostId: id } of fleet.rank(wish).misses) {
        const host = fleet.host(id) as Host;
        const choice = chooseDevices(circumstances(host, fleet.catalog().rules), wish);
        expect([id, 'unmet' in choice]).toEqual([id, true]);
        if (host.status === 'unknown' && host.devices.size === 0) continue;
        if ('unmet' in choice) expect(obstacleOfUnmet(choice.unmet)).toBe(lookClosely(fleet, host, wish).obstacle);
      }
    }));
});
