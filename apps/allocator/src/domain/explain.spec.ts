import { describe, expect, it } from '@jest/globals';
import type { DeviceObservation, DeviceRequest, DomainEvent, Explanation } from '@vfleet/contracts';
import type { Wish } from '@vfleet/pci';
import { aDevice } from '@vfleet/testing';
import type { FleetMemory } from '../fleet-memory.js';
import { discovered, fleetOf, online, quiet } from '../testing/given.js';
import { explain } from './explain.js';
import type { Host } from './host.js';
import { understand } from './reserve.js';

const nic = (n: number, more: Partial<DeviceObservation> = {}): DeviceObservation =>
  aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n + 1, numaNode: 0, ...more });

const holds = (vmId: string, ...devices: readonly DeviceObservation[]): DomainEvent => ({
  type: 'DevicesReserved',
  data: {
    vmId,
    hostId: 'h1',
    reservationId: `r-${vmId}`,
    devices: devices.map(({ deviceId, address }) => ({ deviceId, address, requestName: 'a' })),
    requests: [],
    reservedAt: '2026-11-20T10:00:00.000Z',
  },
});

const wishOf = (fleet: FleetMemory, devices: readonly DeviceRequest[], more: Partial<Wish> = {}): Wish => {
  const understood = understand(fleet, { vmId: '', wishes: { devices: [...devices] } }, quiet());
  if (!('wish' in understood)) throw new Error(JSON.stringify(understood));
  return { ...understood.wish, ...more };
};

const ask = (events: readonly (DomainEvent | readonly DomainEvent[])[], devices: readonly DeviceRequest[], more: Partial<Wish> = {}): Explanation => {
  const fleet = fleetOf([online('h1'), ...events.flat()]);
  return explain(fleet, fleet.host('h1') as Host, wishOf(fleet, devices, more));
};

const only = ({ requests }: Explanation): Explanation['requests'][number] => {
  expect(requests).toHaveLength(1);
  return requests[0] as Explanation['requests'][number];
};

const codes = (explanation: Explanation): readonly (string | undefined)[] => only(explanation).devices.map(({ code }) => code);

describe('an explanation of a wish that a host can serve', () => {
  const served = ask([discovered('h1', nic(0), nic(1), aDevice('h1', '0000:41:00.0', { name: 'GPU', iommuGroup: 9 }))], [{ device: '10GE' }]);

  it('says what the VM would get, and nothing is missing', () => {
    expect(served).toMatchObject({ hostId: 'h1', fits: true, devices: [{ address: '0000:28:00.0', requestName: '10GE-0' }] });
    expect(served).not.toHaveProperty('code');
    expect(only(served)).toMatchObject({ requestName: '10GE-0', asked: 1, matched: 2, free: 2, served: true, nearestMiss: null, omitted: 0 });
  });

  it('shows each device of the host: chosen, free, or not what is asked for', () => {
    expect(only(served).devices).toMatchObject([
      { address: '0000:28:00.0', name: '10GE', available: true, chosen: true },
      { address: '0000:28:00.1', available: true },
      { address: '0000:41:00.0', available: false, code: 'NO_MATCH', message: 'not name 10GE (name is GPU)' },
    ]);
    expect(only(served).devices[1]).not.toHaveProperty('chosen');
  });

  it('shows the alternative by which it is served', () => {
    const second = ask([discovered('h1', nic(0))], [{ name: 'net', firstAvailable: [{ device: '25GE' }, { device: '10GE' }] }]);
    expect(second).toMatchObject({ fits: true, requests: [{ requestName: 'net', matched: 1, devices: [{ available: true, chosen: true }] }] });
  });
});

describe('an explanation of a wish that a host cannot serve', () => {
  it('names the holder of the device that is missing', () => {
    const short = ask([discovered('h1', nic(0), nic(1), nic(2)), holds('vm7', nic(2))], [{ device: '10GE', count: 3 }]);
    expect(short).toMatchObject({ fits: false, code: 'DEVICE_IN_USE', devices: [] });
    expect(short.message).toBe('10GE-0: 2 of 3 free; 0000:28:00.2: held by vm7');
    expect(codes(short)).toEqual([undefined, undefined, 'DEVICE_IN_USE']);
  });

  it('says that requests want the same device, also where the first of them only keeps the others from theirs', () => {
    const pf = nic(0, { name: 'PF', functionType: 'pf', totalVfs: 1, numVfs: 0 });
    const vf = nic(1, { name: 'VF', functionType: 'vf', vfIndex: 0, parentDeviceId: pf.deviceId });
    const whole: DeviceRequest = { match: { name: 'PF', functionType: 'pf' } };
    expect(ask([discovered('h1', pf, vf)], [whole, { device: 'VF' }, { device: 'VF' }]).code).toBe('TAKEN_BY_OTHER_REQUEST');
    expect(ask([discovered('h1', pf, vf)], [whole, { device: 'VF' }]).code).toBe('VFS_IN_USE');
  });

  it('keeps the sentence short where many devices are out of reach', () => {
    const many = [0, 1, 2, 3, 4].map((n) => nic(n, { hostUse: [{ code: 'management', detail: '' }] }));
    expect(only(ask([discovered('h1', ...many)], [{ device: '10GE' }])).nearestMiss).toMatch(/^0 of 1 free; .*management.*, and 2 more$/);
  });

  it('says that nothing matches, and in what the devices differ', () => {
    const other = ask(
      [discovered('h1', nic(0, { numaNode: 1, tags: { rack: 'b4' } }))],
      [{ match: { name: 'GPU', numaNode: 0, 'tags.zone': 'a' }, where: 'device.vendorId == "10de"' }],
    );
    expect(other).toMatchObject({ code: 'NO_MATCH', requests: [{ matched: 0, nearestMiss: 'no device of this host matches' }] });
    const message = only(other).devices[0]?.message ?? '';
    expect(message).toContain('not name GPU (name is 10GE)');
    expect(message).toContain('not numaNode 0 (numaNode is 1)');
    expect(message).toContain('not tags.zone a (has no tags.zone)');
    expect(message).toContain('not where device.vendorId == "10de" (vendorId is 8086)');
  });

  it('says that fewer are there than are asked for', () => {
    const few = ask([discovered('h1', nic(0)), holds('vm7', nic(0))], [{ device: '10GE', count: 2 }]);
    expect(few).toMatchObject({ code: 'NO_MATCH', requests: [{ nearestMiss: 'only 1 of 2 match; 0 of 2 free; 0000:28:00.0: held by vm7' }] });
  });

  it('says that the host is silent', () => {
    const silent = ask([discovered('h1', nic(0), nic(1)), { type: 'HostStale', data: { hostId: 'h1', lastSeenAt: '' } }], [{ device: '10GE' }]);
    expect(silent).toMatchObject({ code: 'HOST_STALE', requests: [{ nearestMiss: 'all 2 that match are of a host that is silent' }] });
  });

  it('says how many share, or differ in, what they have to', () => {
    const apart = discovered('h1', nic(0), nic(1, { numaNode: 1 }));
    const together = ask([apart], [{ device: '10GE', count: 2, together: ['numaNode'] }]);
    expect(together).toMatchObject({ code: 'NOT_TOGETHER' });
    expect(only(together).nearestMiss).toBe('needs 2 that share numaNode: at most 1 share numaNode');
    const differing = ask([discovered('h1', nic(0), nic(1))], [{ device: '10GE', count: 2, apart: ['numaNode'] }]);
    expect(differing).toMatchObject({ code: 'NOT_APART', requests: [{ nearestMiss: expect.stringMatching(/^needs 2 that differ in numaNode: /) }] });
  });

  it('says that requests of the VM stand in each other’s way', () => {
    const rivals = ask([discovered('h1', nic(0))], [{ device: '10GE' }, { match: { class: '02' } }]);
    expect(rivals).toMatchObject({ fits: false, code: 'TAKEN_BY_OTHER_REQUEST', requests: [{ served: false }, { served: false }] });
    expect(rivals.requests[0]?.nearestMiss).toMatch(/wanted by other requests of this VM/);
  });

  it('blames the request that is short, and not the one that is served', () => {
    const mixed = ask([discovered('h1', nic(0))], [{ device: '10GE' }, { device: 'GPU' }]);
    expect(mixed).toMatchObject({ fits: false, code: 'NO_MATCH', message: 'GPU-0: no device of this host matches' });
    expect(mixed.requests.map(({ served, nearestMiss }) => [served, nearestMiss === null])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it('says by how much a quota would be exceeded', () => {
    const quota: DomainEvent = { type: 'QuotaPut', data: { name: 'q', tenant: 'acme', match: { name: '10GE' }, limit: 1 } };
    const excess = ask([discovered('h1', nic(0), nic(1)), quota], [{ device: '10GE', count: 2 }], { tenant: 'acme' });
    expect(excess).toMatchObject({ fits: false, code: 'QUOTA_EXCEEDED', devices: [] });
    expect(excess.message).toMatch(/tenant acme may hold 1/);
  });

  it.each<[string, Partial<DeviceObservation>, string]>([
    ['a bridge', { class: '060400' }, 'CLASS_EXCLUDED'],
    ['a device that the host needs itself', { hostUse: [{ code: 'root-disk', detail: '/' }] }, 'HOST_USE'],
    ['a device in no IOMMU group', { iommuGroup: null }, 'NO_IOMMU'],
    ['one of two devices with one identity', { ambiguous: true }, 'AMBIGUOUS'],
    ['a device that is kept for another tenant', { tags: { tenant: 'acme' } }, 'RESERVED_FOR_TENANT'],
    ['a device that another machine manages', { tags: { remoteManaged: 'true' } }, 'REMOTE_MANAGED'],
    ['a PF with VFs', { functionType: 'pf', totalVfs: 8, numVfs: 2 }, 'VFS_ENABLED'],
  ])('rules out %s with its code', (_, more, code) => {
    const ruled = ask([discovered('h1', nic(0, more))], [{ device: '10GE' }]);
    expect(ruled).toMatchObject({ fits: false, code });
    expect(codes(ruled)).toEqual([code]);
    expect(only(ruled).nearestMiss).toContain('0 of 1 free; 0000:28:00.0: ');
  });
});

describe('an explanation of a host with very many devices', () => {
  it('lists those that match first, and says how many it leaves out', () => {
    const crowd = Array.from({ length: 1_200 }, (_, n) =>
      aDevice('h1', `0000:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 31).toString(16).padStart(2, '0')}.${(n >> 5) & 7}`),
    );
    const long = ask([discovered('h1', ...crowd, nic(0))], [{ device: '10GE' }]);
    expect(only(long).devices).toHaveLength(1_000);
    expect(only(long).devices[0]).toMatchObject({ name: '10GE', chosen: true });
    expect(only(long).omitted).toBe(201);
  });
});
