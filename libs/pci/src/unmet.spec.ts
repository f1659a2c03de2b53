import { describe, expect, it } from '@jest/globals';
import type { Wish } from './ask.js';
import type { DeviceObservation } from './device.js';
import type { DeviceRequest } from './device-request.js';
import type { Circumstances } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs, aWish, codes, refused } from './testing.js';

const nic = (over: Partial<DeviceObservation> = {}): DeviceObservation => aDevice({ name: 'NIC', ...over });
const spare = aDevice({ address: '0000:ff:00.0' });
const ask: DeviceRequest = { device: 'NIC' };

type Over = Parameters<typeof aHost>[1];
const oneNic = (over: Partial<DeviceObservation> = {}, around: Over = {}, ...others: DeviceObservation[]): Circumstances =>
  aHost([nic(over), ...others, spare], around);

describe('a refusal says of the device that was found', () => {
  const vfs = aPfWithVfs({ address: '0000:29:00.0', name: 'PF' }, ['0000:29:02.0'], 'VF');
  const inGroup = aDevice({ address: '0000:05:00.0', iommuGroup: 3 });
  const used = [{ code: 'mounted', detail: '/data' }];
  const model = { model: 'X', deviceType: 'CARD', vendorId: '8086', productId: '1572' };

  it.each<[string, Circumstances, DeviceRequest, Partial<Wish>]>([
    ['DEVICE_IN_USE', oneNic({}, { heldBy: { '0000:28:00.0': 'vm-2' } }), ask, {}],
    ['IOMMU_GROUP_IN_USE', oneNic({ iommuGroup: 3 }, { heldBy: { '0000:05:00.0': 'vm-2' } }, inGroup), ask, {}],
    ['IOMMU_GROUP_HOST_USE', oneNic({ iommuGroup: 3 }, {}, { ...inGroup, driver: 'nvme', hostUse: used }), ask, {}],
    ['GROUP_NOT_VIABLE', oneNic({ iommuGroup: 3 }, {}, { ...inGroup, driver: 'serial', class: '070000' }), ask, {}],
    ['NO_IOMMU', oneNic({ iommuGroup: null }), ask, {}],
    ['PF_IN_USE', aHost(vfs, { heldBy: { '0000:29:00.0': 'vm-2' } }), { device: 'VF' }, {}],
    ['VFS_IN_USE', aHost(vfs, { heldBy: { '0000:29:02.0': 'vm-2' } }), { device: 'PF', match: { functionType: 'pf' } }, {}],
    ['VFS_ENABLED', aHost(vfs), { device: 'PF' }, {}],
    ['CLASS_EXCLUDED', oneNic({ class: '050000' }), ask, {}],
    ['HOST_USE', oneNic({ hostUse: used }), ask, {}],
    ['AMBIGUOUS', oneNic({ ambiguous: true }), ask, {}],
    ['CORDONED', oneNic({}, { cordoned: new Set([nic().deviceId]) }), ask, {}],
    ['HOST_STALE', oneNic({}, { stale: true }), ask, {}],
    ['REMOVED', oneNic({}, { missing: new Set([nic().deviceId]) }), ask, {}],
    ['CUSTOM_DISABLED', oneNic({}, { customDisabled: true, modelOf: () => model }), ask, {}],
    ['RESERVED_FOR_TENANT', oneNic({ tags: { tenant: 'acme' } }), ask, { tenant: 'other' }],
    ['REMOTE_MANAGED', oneNic({ tags: { remoteManaged: 'true' } }), ask, {}],
    ['QUOTA_EXCEEDED', oneNic(), ask, { objection: () => 'tenant acme may hold none' }],
    ['NUMA_MISMATCH', oneNic({ numaNode: 1 }), { ...ask, numaPolicy: 'required' }, { numaNodes: [0] }],
    ['ATTRIBUTE_MISSING', oneNic(), { ...ask, together: ['slot'] }, {}],
  ])('%s', (code, host, request, over) => {
    const [unmet] = refused(host, aWish([request], over));
    expect(unmet).toMatchObject({ asked: 1, matched: 1, free: 0, reasons: [{ code, count: 1, example: expect.stringMatching(/^0000:\S+: \S/) }] });
  });

  it('NOT_LEAF of a controller that is offered through what hangs below it', () => {
    const controller = nic({ class: '0c0330' });
    const stick = aDevice({ kind: 'usb', address: '1-2', deviceId: 'stick', parentDeviceId: controller.deviceId, iommuGroup: null });
    expect(codes(aHost([controller, stick]), aWish([ask]))).toEqual({ 'NIC-0': ['NOT_LEAF'] });
  });
});

describe('a refusal counts', () => {
  it('what is missing beside what is in use', () => {
    expect(refused(oneNic({}, { heldBy: { '0000:28:00.0': 'vm-2' } }), aWish([{ ...ask, count: 3 }]))).toEqual([
      {
        requestName: 'NIC-0',
        asked: 3,
        matched: 1,
        free: 0,
        reasons: [
          { code: 'DEVICE_IN_USE', count: 1, example: '0000:28:00.0: held by vm-2' },
          { code: 'NO_MATCH', count: 2, example: '1 of 3 match' },
        ],
      },
    ]);
  });

  it('each device once, by the first rule that rules it out', () => {
    const host = aHost(
      [1, 2, 3, 4].map((bus) => nic({ address: `0000:0${bus}:00.0`, numaNode: 1, ...(bus < 3 && { hostUse: [{ code: 'mounted', detail: '' }] }) })),
      { heldBy: { '0000:03:00.0': 'vm-2' } },
    );
    const [unmet] = refused(host, aWish([{ ...ask, numaPolicy: 'required' }], { numaNodes: [0] }));
    expect(unmet?.reasons.map(({ code, count }) => [code, count])).toEqual([
      ['HOST_USE', 2],
      ['DEVICE_IN_USE', 1],
      ['NUMA_MISMATCH', 1],
    ]);
  });

  it('all that is asked of each request that is short', () => {
    const unmet = refused(oneNic(), aWish([{ device: 'GPU', count: 2 }, ask, { name: 'disk', match: { class: '01' } }]));
    expect(unmet.map(({ requestName, asked, matched }) => [requestName, asked, matched])).toEqual([
      ['GPU-0', 2, 0],
      ['disk', 1, 0],
    ]);
  });
});

describe('a search that ends at its bound', () => {
  it('says so, and names the requests that want the same', () => {
    const devices = Array.from({ length: 240 }, (_, index) =>
      nic({
        address: `0000:${(index >> 3) + 16}:00.${index & 7}`.replace(/:(\d+):/, (_all, bus) => `:${Number(bus).toString(16)}:`),
        iommuGroup: index + 1,
        slot: `s${index % 20}`,
      }),
    );
    // Slots of 12, where seven leave no room for another request: 17 slots for the sevens, 9 for the sixes, and there are 20.
    const wish = aWish(Array.from({ length: 34 }, (_, index) => ({ name: `r${index}`, device: 'NIC', count: 6 + (index % 2), together: ['slot'] })));
    const unmet = refused(aHost(devices), wish);
    expect(unmet.length).toBeGreaterThan(0);
    expect(unmet[0]?.reasons.map(({ code }) => code)).toEqual(['TAKEN_BY_OTHER_REQUEST', 'SEARCH_LIMIT']);
  });
});
