import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TreeNode } from '@vfleet/contracts';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';
import { aLog, observation } from '../../spec/events.js';

let inventory: InventoryUnderTest;
const log = aLog();
const [port, nic, pf] = [
  observation('h1', '0000:00:01.0', { class: '060400', driver: 'pcieport', iommuGroup: 1 }),
  observation('h1', '0000:01:00.0', { iommuGroup: 1 }),
  observation('h1', '0000:02:00.0', { functionType: 'pf', totalVfs: 4, numVfs: 2, iommuGroup: 2 }),
];
const below = (parent: typeof nic, address: string, more: object) => observation('h1', address, { parentDeviceId: parent.deviceId, ...more });
const audio = below(port, '0000:01:00.1', { class: '040300', driver: 'snd_hda_intel', iommuGroup: 1 });
const vfs = [3, 4].map((n) => below(pf, `0000:02:00.${n}`, { functionType: 'vf', vfIndex: n - 3, iommuGroup: n }));
const usb = observation('h1', '0000:00:14.0', { class: '0c0330', driver: 'xhci_hcd', iommuGroup: 1 });
const stick = below(usb, '1-4', { kind: 'usb', iommuGroup: null, class: undefined });
const gone = observation('h1', '0000:09:00.0', { iommuGroup: 1 });
const all = [stick, ...vfs, pf, usb, { ...nic, parentDeviceId: port.deviceId }, audio, port, gone];

beforeAll(async () => {
  inventory = await anInventory();
  await inventory.append([log.online('h1'), ...all.map((device) => log.discovered('h1', device)), log.removed('h1', gone), log.online('empty')]);
});

afterAll(() => inventory.close());

const drawn = (nodes: readonly TreeNode[]): string =>
  nodes.map(({ device: { address }, children }) => (children.length > 0 ? `${address} (${drawn(children)})` : address)).join(', ');

describe('hosts.tree', () => {
  it('shows the whole hardware, root ports and controllers first', async () => {
    const { items } = await inventory.served('hosts.tree', { hostId: 'h1' });
    expect(drawn(items)).toBe('0000:00:01.0 (0000:01:00.0, 0000:01:00.1), 0000:00:14.0 (1-4), 0000:02:00.0 (0000:02:00.3, 0000:02:00.4)');
    expect(items[1]?.device).toMatchObject({ state: 'ineligible', ineligible: [{ code: 'NOT_LEAF' }] });
  });

  it('is empty for a host without devices, and 404 for one that nobody knows', async () => {
    expect(await inventory.served('hosts.tree', { hostId: 'empty' })).toEqual({ items: [] });
    expect(await inventory.ask('hosts.tree', { hostId: 'nowhere' })).toMatchObject({ code: 404, body: { error: { code: 'HOST_NOT_FOUND' } } });
    expect(await inventory.ask('hosts.tree', {})).toMatchObject({ code: 400 });
  });
});

describe('devices.affected', () => {
  const affected = async ({ deviceId }: typeof nic): Promise<readonly string[]> =>
    (await inventory.served('devices.affected', { deviceId })).items.map(({ address }) => address);

  it('names the rest of the IOMMU group and what is below it, without its bridges', async () => {
    expect(await affected(nic)).toEqual(['0000:00:14.0', '0000:01:00.1', '1-4']);
    expect(await affected(audio)).toEqual(['0000:00:14.0', '0000:01:00.0', '1-4']);
  });

  it('names what is below a controller or a PF', async () => {
    expect(await affected(usb)).toEqual(['0000:01:00.0', '0000:01:00.1', '1-4']);
    expect(await affected(pf)).toEqual(['0000:02:00.3', '0000:02:00.4']);
  });

  it('names nothing for a device that goes alone', async () => {
    expect(await affected(stick)).toEqual([]);
    expect(await affected(vfs[0] as typeof nic)).toEqual([]);
  });

  it('is 404 for a device that is not there', async () => {
    expect(await inventory.ask('devices.affected', { deviceId: gone.deviceId })).toMatchObject({
      code: 404,
      body: { error: { code: 'DEVICE_NOT_FOUND' } },
    });
  });
});

describe('a device below one that a VM holds', () => {
  it('is not free, and says why, until that is given back', async () => {
    const stateOf = async ({ deviceId }: typeof nic) => {
      const { state, eligible, ineligible } = await inventory.served('devices.get', { deviceId });
      return [state, eligible, ineligible.map(({ code }) => code)];
    };
    await inventory.append([log.reserved('h1', 'vm-1', [pf, usb])]);
    expect(await stateOf(vfs[0] as typeof nic)).toEqual(['ineligible', false, ['PF_IN_USE']]);
    expect(await stateOf(stick)).toEqual(['ineligible', false, ['DEVICE_IN_USE']]);
    expect(await stateOf(audio)).toEqual(['ineligible', false, ['IOMMU_GROUP_IN_USE']]);
    await inventory.append([log.released('h1', 'vm-1', [pf, usb])]);
    expect(await stateOf(vfs[0] as typeof nic)).toEqual(['available', true, []]);
    expect(await stateOf(stick)).toEqual(['available', true, []]);
  });
});
