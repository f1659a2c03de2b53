import { describe, expect, it } from '@jest/globals';
import type { Wish } from './ask.js';
import type { DeviceRequest } from './device-request.js';
import type { Circumstances } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs, aWish, chosen, refused } from './testing.js';
import type { Unmet } from './unmet.js';

const choose = (host: Circumstances, requests: readonly DeviceRequest[], over: Partial<Wish> = {}): readonly string[] =>
  chosen(host, aWish(requests, over));
const refuse = (host: Circumstances, ...requests: DeviceRequest[]): readonly Unmet[] => refused(host, aWish(requests));
const named = (address: string, name: string, over = {}): ReturnType<typeof aDevice> => aDevice({ address, name, ...over });

describe('a VM gets', () => {
  it('the device with the lowest address, where all are alike', () => {
    const host = aHost([named('0000:af:00.0', 'NIC'), named('0000:2a:00.0', 'NIC'), named('0001:00:00.0', 'NIC')]);
    expect(choose(host, [{ device: 'NIC' }])).toEqual(['0000:2a:00.0 NIC-0']);
  });

  it('each device for one request only', () => {
    const host = aHost([named('0000:01:00.0', 'NIC'), named('0000:02:00.0', 'NIC'), named('0000:03:00.0', 'GPU')]);
    expect(choose(host, [{ device: 'NIC,NIC,GPU' }])).toEqual(['0000:01:00.0 NIC-0', '0000:02:00.0 NIC-1', '0000:03:00.0 GPU-0']);
  });

  it('devices on its NUMA nodes first, then of unknown node, then any', () => {
    const far = named('0000:01:00.0', 'NIC', { numaNode: 0 });
    const unknown = named('0000:02:00.0', 'NIC');
    const near = named('0000:03:00.0', 'NIC', { numaNode: 1 });
    const host = aHost([far, unknown, near]);
    expect(choose(host, [{ device: 'NIC' }], { numaNodes: [1] })).toEqual(['0000:03:00.0 NIC-0']);
    expect(choose(aHost([far, unknown]), [{ device: 'NIC' }], { numaNodes: [1] })).toEqual(['0000:02:00.0 NIC-0']);
    expect(choose(host, [{ device: 'NIC', count: 3 }], { numaNodes: [1] })).toHaveLength(3);
    expect(choose(host, [{ device: 'NIC' }])).toEqual(['0000:01:00.0 NIC-0']);
  });

  it('VFs of the fullest PF, so that whole PFs stay free', () => {
    const host = aHost(
      [
        ...aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.1']),
        ...aPfWithVfs({ address: '0000:29:00.0' }, ['0000:29:02.0', '0000:29:02.1', '0000:29:02.2', '0000:29:02.3']),
        ...aPfWithVfs({ address: '0000:2a:00.0' }, ['0000:2a:02.0', '0000:2a:02.1', '0000:2a:02.2', '0000:2a:02.3']),
      ],
      { heldBy: { '0000:29:02.0': 'vm-8', '0000:2a:02.0': 'vm-9', '0000:2a:02.1': 'vm-9' } },
    );
    expect(choose(host, [{ device: '10GE' }])).toEqual(['0000:2a:02.2 10GE-0']);
    expect(choose(host, [{ device: '10GE', count: 3 }])).toEqual(['0000:29:02.1 10GE-0', '0000:2a:02.2 10GE-0', '0000:2a:02.3 10GE-0']);
  });

  it('VFs of one PF where the addresses of two interleave', () => {
    const host = aHost([
      ...aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.2']),
      ...aPfWithVfs({ address: '0000:28:00.1' }, ['0000:28:02.1', '0000:28:02.3']),
    ]);
    expect(choose(host, [{ device: '10GE', count: 2 }])).toEqual(['0000:28:02.0 10GE-0', '0000:28:02.2 10GE-0']);
    expect(choose(host, [{ device: '10GE,10GE' }])).toEqual(['0000:28:02.0 10GE-0', '0000:28:02.2 10GE-1']);
  });

  it('a plain function before a VF of an untouched PF, and that before a whole PF', () => {
    const pf = aDevice({ address: '0000:01:00.0', functionType: 'pf', totalVfs: 8, numVfs: 0 });
    const [parent, vf] = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0']);
    const plain = aDevice({ address: '0000:ff:00.0' });
    const anyNic = { match: { class: '02' } };
    expect(choose(aHost([pf, parent as never, vf as never, plain]), [anyNic])).toEqual(['0000:ff:00.0 device-0']);
    expect(choose(aHost([pf, parent as never, vf as never]), [anyNic])).toEqual(['0000:28:02.0 device-0']);
    expect(choose(aHost([pf]), [anyNic])).toEqual(['0000:01:00.0 device-0']);
  });

  it('what it holds already before something else that is as good', () => {
    const devices = [named('0000:01:00.0', 'NIC'), named('0000:02:00.0', 'NIC'), named('0000:03:00.0', 'NIC')];
    expect(choose(aHost(devices, { heldBy: { '0000:03:00.0': 'vm-1' } }), [{ device: 'NIC', count: 2 }])).toEqual([
      '0000:01:00.0 NIC-0',
      '0000:03:00.0 NIC-0',
    ]);
  });

  it('an assignment that serves all its requests, where taking the first that fits would serve one', () => {
    const host = aHost([named('0000:01:00.0', 'NIC', { numaNode: 0 }), named('0000:02:00.0', 'NIC', { numaNode: 1 })]);
    expect(
      choose(host, [
        { name: 'any', device: 'NIC' },
        { name: 'node0', device: 'NIC', match: { numaNode: 0 } },
      ]),
    ).toEqual(['0000:01:00.0 node0', '0000:02:00.0 any']);
  });
});

describe('an IOMMU group goes', () => {
  const gpu = named('0000:41:00.0', 'GPU', { class: '030000', iommuGroup: 7 });
  const audio = aDevice({ address: '0000:41:00.1', class: '040300', iommuGroup: 7, driver: 'snd_hda_intel' });
  const bridge = aDevice({ address: '0000:40:01.0', class: '060400', iommuGroup: 7, driver: 'pcieport' });

  it('to one VM whole: what was not asked for is marked as affected, and bridges stay', () => {
    expect(choose(aHost([gpu, audio, bridge]), [{ device: 'GPU' }])).toEqual(['0000:41:00.0 GPU-0', '0000:41:00.1 GPU-0 affected']);
  });

  it('without marks for what is asked for by another request', () => {
    expect(choose(aHost([gpu, audio]), [{ device: 'GPU' }, { name: 'sound', match: { class: '0403' } }])).toEqual([
      '0000:41:00.0 GPU-0',
      '0000:41:00.1 sound',
    ]);
  });

  it('without its other members on a host that takes the risk', () => {
    expect(choose(aHost([gpu, audio], { unsafeIommuGroups: true }), [{ device: 'GPU' }])).toEqual(['0000:41:00.0 GPU-0']);
  });

  it('without a member that stays with the host and has no driver', () => {
    const unbound = aDevice({ address: '0000:41:00.2', class: '0c0500', iommuGroup: 7, ambiguous: true });
    expect(choose(aHost([gpu, unbound]), [{ device: 'GPU' }])).toEqual(['0000:41:00.0 GPU-0']);
  });

  it('to nobody while another VM has a part of it', () => {
    expect(refuse(aHost([gpu, audio], { heldBy: { '0000:41:00.1': 'vm-2' } }), { device: 'GPU' })).toEqual([
      {
        requestName: 'GPU-0',
        asked: 1,
        matched: 1,
        free: 0,
        reasons: [{ code: 'IOMMU_GROUP_IN_USE', count: 1, example: '0000:41:00.0: 0000:41:00.1 in its IOMMU group 7 is held by vm-2' }],
      },
    ]);
  });
});

describe('a PF and its VFs', () => {
  const devices = [
    ...aPfWithVfs({ address: '0000:28:00.0', name: 'PF' }, ['0000:28:02.0']),
    ...aPfWithVfs({ address: '0000:29:00.0', name: 'PF' }, ['0000:29:02.0']),
  ];
  const pfs = { name: 'pf', match: { functionType: 'pf' } };

  it('never go to one VM together: the VF of another PF is taken', () => {
    expect(choose(aHost(devices), [pfs, { name: 'vf', device: '10GE' }])).toEqual(['0000:28:00.0 pf', '0000:29:02.0 vf']);
    expect(choose(aHost(devices), [pfs, { name: 'vf', match: { address: '28:02.0' } }])).toEqual(['0000:28:02.0 vf', '0000:29:00.0 pf']);
  });

  it('are refused together with the reason for either side', () => {
    const unmet = refuse(aHost(devices.slice(0, 2)), pfs, { name: 'vf', device: '10GE' });
    expect(unmet.map(({ requestName, free, reasons }) => [requestName, free, reasons[0]?.code])).toEqual([
      ['pf', 1, 'VFS_IN_USE'],
      ['vf', 1, 'PF_IN_USE'],
    ]);
  });

  it('stay apart even where they share an IOMMU group', () => {
    const grouped = devices.slice(0, 2).map((device) => ({ ...device, iommuGroup: 3 }));
    expect(choose(aHost(grouped), [pfs])).toEqual(['0000:28:00.0 pf']);
  });

  it('stay apart where a VF would go along with the group of something else', () => {
    const [pf, vf] = devices as [never, ReturnType<typeof aDevice>];
    const disk = named('0000:05:00.0', 'NVME', { iommuGroup: 9 });
    const host = aHost([pf, { ...vf, iommuGroup: 9 }, disk]);
    expect(choose(host, [{ device: 'NVME' }])).toEqual(['0000:05:00.0 NVME-0', '0000:28:02.0 NVME-0 affected']);
    expect(refuse(host, { device: 'NVME' }, pfs)).not.toEqual([]);
  });
});

describe('a wish that cannot be served', () => {
  const two = [named('0000:01:00.0', 'NIC'), named('0000:02:00.0', 'NIC')];

  it('gets nothing at all, and tells what was asked, what is there, what is free and why not the rest', () => {
    expect(refuse(aHost(two, { heldBy: { '0000:02:00.0': 'vm-2' } }), { device: 'NIC', count: 2 })).toEqual([
      { requestName: 'NIC-0', asked: 2, matched: 2, free: 1, reasons: [{ code: 'DEVICE_IN_USE', count: 1, example: '0000:02:00.0: held by vm-2' }] },
    ]);
  });

  it('says so where nothing matches', () => {
    expect(refuse(aHost(two), { device: 'GPU' })).toEqual([
      { requestName: 'GPU-0', asked: 1, matched: 0, free: 0, reasons: [{ code: 'NO_MATCH', count: 1, example: 'no device matches' }] },
    ]);
  });

  it('names only the requests that are short', () => {
    expect(refuse(aHost(two), { device: 'NIC' }, { device: 'GPU' }).map(({ requestName }) => requestName)).toEqual(['GPU-0']);
  });

  it('counts equal reasons together', () => {
    const [unmet] = refuse(aHost(two, { cordoned: new Set(two.map(({ deviceId }) => deviceId)) }), { device: 'NIC' });
    expect(unmet?.reasons).toEqual([{ code: 'CORDONED', count: 2, example: '0000:01:00.0: cordoned by an operator' }]);
  });

  it('names the requests that stand in each other’s way where none is short by itself', () => {
    const unmet = refuse(aHost(two), { device: 'NIC' }, { device: 'NIC', count: 2 });
    expect(unmet.map(({ requestName, reasons }) => [requestName, reasons.map(({ code }) => code)])).toEqual([
      ['NIC-0', ['TAKEN_BY_OTHER_REQUEST']],
      ['NIC-1', ['TAKEN_BY_OTHER_REQUEST']],
    ]);
  });

  it('counts what the VM holds itself as free to it', () => {
    const host = aHost(two, { heldBy: { '0000:01:00.0': 'vm-1', '0000:02:00.0': 'vm-2' } });
    expect(choose(host, [{ device: 'NIC' }])).toEqual(['0000:01:00.0 NIC-0']);
    expect(refuse(host, { device: 'NIC', count: 2 })[0]).toMatchObject({ asked: 2, free: 1 });
  });
});

describe('a VM that asks for nothing', () => {
  it('gets nothing', () => {
    expect(choose(aHost([aDevice()]), [])).toEqual([]);
  });
});
