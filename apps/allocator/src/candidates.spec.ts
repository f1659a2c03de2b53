import { describe, expect, it } from '@jest/globals';
import type { CandidateList, DeviceObservation, DeviceRequest, DomainEvent } from '@vfleet/contracts';
import type { Wish } from '@vfleet/pci';
import { aDevice } from '@vfleet/testing';
import { listCandidates, type ListOptions } from './candidates.js';
import { understand } from './domain/reserve.js';
import type { FleetMemory } from './fleet-memory.js';
import { discovered, fleetOf, online, quiet } from './testing/given.js';

type Some = Partial<DeviceObservation>;

/** A host with network functions, each in an IOMMU group of its own unless it says otherwise. */
const hostWith = (hostId: string, ...devices: readonly Some[]): readonly DomainEvent[] => [
  online(hostId),
  ...discovered(hostId, ...devices.map((more, n) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n + 1, ...more }))),
];

const held = (hostId: string, ...functions: readonly number[]): DomainEvent => ({
  type: 'DevicesReserved',
  data: {
    vmId: `vm-${hostId}`,
    hostId,
    reservationId: 'r',
    devices: functions.map((n) => ({ deviceId: aDevice(hostId, `0000:28:00.${n}`).deviceId, address: `0000:28:00.${n}`, requestName: 'a' })),
    requests: [],
    reservedAt: '2026-11-20T10:00:00.000Z',
  },
});

const list = (
  fleet: FleetMemory,
  devices: readonly DeviceRequest[],
  { limit = 100, hostIds, ...more }: Partial<ListOptions & Pick<Wish, 'numaNodes' | 'tenant' | 'strategy'>> = {},
): Promise<CandidateList> => {
  const understood = understand(fleet, { vmId: '', wishes: { devices: [...devices] } }, quiet());
  if (!('wish' in understood)) throw new Error(JSON.stringify(understood));
  return listCandidates(fleet, { ...understood.wish, ...more }, { limit, ...(hostIds && { hostIds }) });
};

const hosts = ({ items }: CandidateList): readonly string[] => items.map(({ hostId }) => hostId);

const NIC: Some = {};
const fleet = fleetOf([
  ...hostWith('empty', NIC, NIC, NIC, NIC),
  ...hostWith('full', NIC, NIC),
  held('full', 0, 1),
  ...hostWith('half', NIC, NIC, NIC, NIC),
  held('half', 0, 1),
  ...hostWith('other', { name: 'GPU' }),
  ...hostWith('silent', NIC),
  { type: 'HostStale', data: { hostId: 'silent', lastSeenAt: '' } },
]);

describe('candidates', () => {
  it('are the hosts that can serve, the fullest first, each with the devices that it would give', async () => {
    const { items } = await list(fleet, [{ device: '10GE' }]);
    expect(items).toMatchObject([
      { hostId: 'half', devices: [{ address: '0000:28:00.2', requestName: '10GE-0' }] },
      { hostId: 'empty', devices: [{ address: '0000:28:00.0' }] },
    ]);
    const [best = 0, next = 0] = items.map(({ score }) => score);
    expect(best).toBeGreaterThan(next);
    expect(best).toBeLessThanOrEqual(1);
    expect(next).toBeGreaterThan(0);
  });

  it('begin with the emptiest where the VM is to be spread', async () => {
    const { items } = await list(fleet, [{ device: '10GE' }], { strategy: 'spread' });
    expect(items.map(({ hostId }) => hostId)).toEqual(['empty', 'half']);
    expect(items[0]?.score).toBeGreaterThan(items[1]?.score as number);
  });

  it('count every other host once, under what stands in its way', async () => {
    expect((await list(fleet, [{ device: '10GE' }])).rejected).toEqual({
      hosts: 3,
      reasons: [
        { code: 'DEVICE_IN_USE', hosts: 1 },
        { code: 'HOST_STALE', hosts: 1 },
        { code: 'NO_MATCH', hosts: 1 },
      ],
    });
  });

  it('come from the hosts that are named, where some are; names that nobody has heard of are counted', async () => {
    const some = await list(fleet, [{ device: '10GE' }], { hostIds: ['full', 'empty', 'nowhere', 'empty'] });
    expect(hosts(some)).toEqual(['empty']);
    expect(some.rejected).toEqual({
      hosts: 2,
      reasons: [
        { code: 'DEVICE_IN_USE', hosts: 1 },
        { code: 'HOST_UNKNOWN', hosts: 1 },
      ],
    });
  });

  it('end at the limit, with the best', async () => {
    expect(hosts(await list(fleet, [{ device: '10GE' }], { limit: 1 }))).toEqual(['half']);
  });

  it('prefer devices on the VM’s NUMA nodes, then hosts on which nothing goes along, then the fullest', async () => {
    const mixed = fleetOf([
      ...hostWith('a-far', { numaNode: 1 }),
      ...hostWith('b-along', { numaNode: 0, iommuGroup: 7 }, { numaNode: 0, iommuGroup: 7, name: 'audio' }),
      ...hostWith('c-emptier', { numaNode: 0 }, { numaNode: 0 }),
      ...hostWith('d-best', { numaNode: 0 }),
    ]);
    expect(hosts(await list(mixed, [{ device: '10GE' }], { numaNodes: [0] }))).toEqual(['d-best', 'c-emptier', 'b-along', 'a-far']);
  });

  it('prefer a host on which the first alternative fits', async () => {
    const either = fleetOf([...hostWith('a-nic', NIC), ...hostWith('b-gpu', { name: 'GPU' }, { name: 'GPU' })]);
    expect(hosts(await list(either, [{ firstAvailable: [{ device: 'GPU' }, { device: '10GE' }] }]))).toEqual(['b-gpu', 'a-nic']);
  });

  it('are in the order of their names where nothing else tells them apart', async () => {
    const alike = fleetOf(['h-3', 'h-1', 'h-2'].flatMap((hostId) => hostWith(hostId, NIC)));
    expect(hosts(await list(alike, [{ device: '10GE' }]))).toEqual(['h-1', 'h-2', 'h-3']);
  });

  it('leave out a host whose devices are enough by number and exclude each other', async () => {
    const pf = aDevice('pf', '0000:28:00.0').deviceId;
    const family = fleetOf([
      ...hostWith(
        'pf',
        { functionType: 'pf', totalVfs: 1, numVfs: 0, name: 'PF' },
        { functionType: 'vf', vfIndex: 0, parentDeviceId: pf, name: 'VF' },
      ),
    ]);
    const both = await list(family, [{ match: { name: 'PF', functionType: 'pf' } }, { device: 'VF' }]);
    expect(both).toMatchObject({ items: [], rejected: { hosts: 1 } });
  });

  it('see a change at once, also one that is not committed yet, and forget one that is undone', async () => {
    const changing = fleetOf(hostWith('h', NIC));
    expect(hosts(await list(changing, [{ device: '10GE' }]))).toEqual(['h']);
    changing.apply('host-h', 9, held('h', 0));
    expect(await list(changing, [{ device: '10GE' }])).toMatchObject({ items: [], rejected: { reasons: [{ code: 'DEVICE_IN_USE', hosts: 1 }] } });
    changing.rollback();
    expect(hosts(await list(changing, [{ device: '10GE' }]))).toEqual(['h']);
  });

  it('have other devices when those that were free are taken', async () => {
    const changing = fleetOf(hostWith('h', NIC, NIC));
    const addresses = async () => (await list(changing, [{ device: '10GE' }])).items.flatMap(({ devices }) => devices.map(({ address }) => address));
    expect(await addresses()).toEqual(['0000:28:00.0']);
    changing.apply('host-h', 9, held('h', 0));
    expect(await addresses()).toEqual(['0000:28:00.1']);
  });

  it('do not take devices that are kept for another tenant, nor more than a quota allows', async () => {
    const kept = fleetOf([
      ...hostWith('h-acme', { tags: { tenant: 'acme' } }),
      ...hostWith('h-any', NIC, NIC),
      { type: 'QuotaPut', data: { name: 'q', tenant: 'acme', match: { name: '10GE' }, limit: 1 } },
    ]);
    expect(hosts(await list(kept, [{ device: '10GE' }]))).toEqual(['h-any']);
    expect(hosts(await list(kept, [{ device: '10GE' }], { tenant: 'acme' }))).toEqual(['h-acme', 'h-any']);
    const beyond = await list(kept, [{ device: '10GE', count: 2 }], { tenant: 'acme' });
    expect(beyond.items).toEqual([]);
    expect(beyond.rejected.reasons).toContainEqual({ code: 'QUOTA_EXCEEDED', hosts: 1 });
  });

  it('see a model that is registered after the question was asked first', async () => {
    const growing = fleetOf(hostWith('h', { vendorId: '15b3', productId: '1017' }));
    const asked = (): Promise<CandidateList> => list(growing, [{ match: { deviceType: 'FAST' } }]);
    expect(await asked()).toMatchObject({ items: [], rejected: { reasons: [{ code: 'NO_MATCH', hosts: 1 }] } });
    growing.apply('catalog-model-m', 1, { type: 'ModelRegistered', data: { model: 'm', deviceType: 'FAST', vendorId: '15b3', productId: '1017' } });
    expect(hosts(await asked())).toEqual(['h']);
  });
});
