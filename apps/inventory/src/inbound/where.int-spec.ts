import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeviceList } from '@vfleet/contracts';
import { aLog, observation } from '../../spec/events.js';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';

let inventory: InventoryUnderTest;
const log = aLog();
const hostId = 'cel-1';

const FUNCTIONS = 40;
const address = (index: number): string =>
  `0000:28:${Math.floor(index / 8)
    .toString(16)
    .padStart(2, '0')}.${index % 8}`;

beforeAll(async () => {
  inventory = await anInventory();
  const devices = Array.from({ length: FUNCTIONS }, (_, index) =>
    observation(hostId, address(index), {
      iommuGroup: index,
      numaNode: index === 0 ? null : index % 2,
      net: index % 4 === 3 ? [{ ifname: `ens${index}`, mac: '52:54:00:00:00:01', speedMbps: index > 20 ? 25_000 : 10_000 }] : [],
      tags: index % 10 === 0 ? { zone: 'a', 'rack-row': 'b4' } : {},
    }),
  );
  await inventory.append([log.online(hostId), ...devices.map((device) => log.discovered(hostId, device))]);
});

afterAll(() => inventory.close());

const indexes = ({ items }: DeviceList): readonly number[] => items.map(({ iommuGroup }) => Number(iommuGroup));
const where = async (expression: string, more: object = {}): Promise<readonly number[]> =>
  indexes(await inventory.served('devices.list', { where: expression, ...more }));

describe('devices.list with a where', () => {
  it.each([
    ['device.numaNode == 0 && device.tags["zone"] == "a"', [10, 20, 30]],
    ['device.numaNode == null', [0]],
    ['device.speedMbps >= 25000', [23, 27, 31, 35, 39]],
    ['device.net.exists(n, n.ifname == "ens7")', [7]],
    ['device.tags["rack-row"] == "b4" && has(device.numaNode)', [10, 20, 30]],
    [`device.deviceType == "NIC" && device.iommuGroup < 2`, [0, 1]],
    ['device.serial == "none"', []],
    ['device.iommuGroup == 7 && device.net.exists(n, n.carrier)', []],
    ['device.iommuGroup == 7', [7]],
    ['device.numaNode == 0 && device.tags["zone"] == "a" && device.iommuGroup == 20', [20]],
    [`device.address == "${address(9)}" && device.kind == "pci"`, [9]],
    ['device.numaNode == 1 && device.speedMbps == 25000 && device.iommuGroup == 31', [31]],
    ['device.tags["zone"] == "a\\u0000"', []],
    ['device.numaNode == 0 || device.iommuGroup == 7', [2, 4, 6, 7, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38]],
  ])('shows the devices for which it is true: %s', async (expression, expected) => {
    expect(await where(expression)).toEqual(expected);
  });

  it('narrows what the filter leaves', async () => {
    expect(await where('device.numaNode == 0', { filter: { hostId, 'tags.zone': 'a' } })).toEqual([10, 20, 30]);
    expect(await where('device.numaNode == 0', { filter: { hostId: 'another' } })).toEqual([]);
  });

  it('gives the same devices page by page as at once', async () => {
    const seen: number[] = [];
    let cursor: string | null | undefined;
    do {
      const page: DeviceList = await inventory.served('devices.list', { where: 'device.numaNode == 1', limit: 3, ...(cursor && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...indexes(page));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(await where('device.numaNode == 1'));
    expect(seen).toHaveLength(FUNCTIONS / 2);
  });

  it('ends with the last device for which it is true', async () => {
    expect(await inventory.served('devices.list', { where: 'device.speedMbps >= 25000', limit: 5 })).toMatchObject({ nextCursor: null });
  });

  it.each([
    ['device.nmaNode == 0', 'at character 8: device has no attribute nmaNode; did you mean device.numaNode?'],
    ['device.numaNode', 'gives int, and must give true or false'],
    ['device.numaNode ==', 'at character 19: unexpected token: the end'],
  ])('refuses one that cannot be asked: %s', async (expression, message) => {
    expect(await inventory.ask('devices.list', { where: expression })).toMatchObject({
      code: 400,
      body: { error: { code: 'INVALID_REQUEST', details: [{ field: 'where', message }] } },
    });
  });
});
