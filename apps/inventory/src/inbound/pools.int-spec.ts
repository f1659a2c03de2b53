import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from '@vfleet/contracts';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';
import { aLog, observation } from '../../spec/events.js';

let inventory: InventoryUnderTest;
const log = aLog();
const nic = (hostId: string, n: number, more: object = {}) =>
  observation(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, numaNode: n % 2, tags: { rack: 'b4' }, ...more });
const h1 = [nic('h1', 0), nic('h1', 1), nic('h1', 2, { numaNode: null }), nic('h1', 3, { iommuGroup: null })];
const h2 = [nic('h2', 0), nic('h2', 1, { vendorId: '10de', productId: '2330', class: '030200', name: 'GPU', tags: {} })];
const [first, second] = h1 as [(typeof h1)[number], (typeof h1)[number]];

beforeAll(async () => {
  inventory = await anInventory();
  await inventory.append([
    log.online('h1'),
    log.online('h2'),
    ...h1.map((device) => log.discovered('h1', device)),
    ...h2.map((device) => log.discovered('h2', device)),
    log.reserved('h1', 'vm-1', [first]),
  ]);
});

afterAll(() => inventory.close());

const pools = async (body: object = {}): Promise<readonly Pool[]> => (await inventory.served('pools.list', body)).items;
/** `total free held ineligible missing` by the values of the keys. */
const counts = async (body: object = {}): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    (await pools(body)).map(({ key, total, free, held, ineligible, missing }) => [
      Object.values(key).join(' '),
      [total, free, held, ineligible, missing].join(' '),
    ]),
  );

describe('pools', () => {
  it('are vendors and products, unless something else is asked for', async () => {
    expect(await counts()).toEqual({ '8086 10ca': '5 3 1 1 0', '10de 2330': '1 1 0 0 0' });
    expect((await pools()).map(({ key }) => key)).toContainEqual({ vendorId: '10de', productId: '2330' });
  });

  it.each<[readonly string[], Readonly<Record<string, string>>]>([
    [[], { '': '6 4 1 1 0' }],
    [['hostId'], { h1: '4 2 1 1 0', h2: '2 2 0 0 0' }],
    [['tags.rack'], { b4: '5 3 1 1 0', '': '1 1 0 0 0' }],
    [['class', 'name'], { '020000 10GE': '5 3 1 1 0', '030200 GPU': '1 1 0 0 0' }],
    [['numaNode'], { '': '1 1 0 0 0', '0': '2 1 1 0 0', '1': '3 2 0 1 0' }],
    [['state'], { available: '4 4 0 0 0', held: '1 0 1 0 0', ineligible: '1 0 0 1 0' }],
    [['deviceType', 'eligible'], { 'NIC true': '4 3 1 0 0', 'NIC false': '1 0 0 1 0', 'GPU-HPC true': '1 1 0 0 0' }],
    [['vmId'], { 'vm-1': '1 0 1 0 0', '': '5 4 0 1 0' }],
    [
      ['iommuGroup', 'hostId'],
      { '0 h1': '1 0 1 0 0', '0 h2': '1 1 0 0 0', '1 h1': '1 1 0 0 0', '1 h2': '1 1 0 0 0', '2 h1': '1 1 0 0 0', ' h1': '1 0 0 1 0' },
    ],
  ])('are made by %j', async (groupBy, expected) => {
    expect(await counts({ groupBy })).toEqual(expected);
  });

  it.each<[object, Readonly<Record<string, string>>]>([
    [{ hostId: 'h1' }, { '8086 10ca': '4 2 1 1 0' }],
    [{ hostId: ['h1', 'h2'], vendorId: '10DE' }, { '10de 2330': '1 1 0 0 0' }],
    [{ class: '02', numaNode: [0, 1] }, { '8086 10ca': '4 2 1 1 0' }],
    [{ 'tags.rack': 'b4', eligible: true }, { '8086 10ca': '4 3 1 0 0' }],
    [{ vmId: 'vm-1' }, { '8086 10ca': '1 0 1 0 0' }],
    [{ address: '*:28:00.1' }, { '8086 10ca': '1 1 0 0 0', '10de 2330': '1 1 0 0 0' }],
    [{ name: 'none' }, {}],
    [{ state: 'removed' }, {}],
  ])('count what a filter lets through: %j', async (filter, expected) => {
    expect(await counts({ filter })).toEqual(expected);
  });

  it('follow every event at once', async () => {
    const ofHost = (): Promise<Readonly<Record<string, string>>> => counts({ groupBy: ['hostId'], filter: { hostId: 'h1' } });
    await inventory.append([log.released('h1', 'vm-1', [first])]);
    expect(await ofHost()).toEqual({ h1: '4 3 0 1 0' });
    await inventory.append([log.removed('h1', first)]);
    expect(await ofHost()).toEqual({ h1: '3 2 0 1 0' });
    await inventory.append([log.reserved('h1', 'vm-1', [second]), log.missing('h1', second, 'vm-1')]);
    expect(await ofHost()).toEqual({ h1: '3 1 0 1 1' });
    await inventory.append([log.stale('h1')]);
    expect(await ofHost()).toEqual({ h1: '3 0 0 2 1' });
    await inventory.append([log.recovered('h1'), log.released('h1', 'vm-1', [second]), log.removed('h1', second), log.discovered('h1', first)]);
    expect(await ofHost()).toEqual({ h1: '3 2 0 1 0' });
  });

  it('count each device once, by whatever road they are counted', async () => {
    const rows = await inventory.platform.pool.query<{ state: string; count: string }>(
      `select state, count(*) from inventory.devices where presence <> 'removed' group by state order by state`,
    );
    const counted = rows.rows.map(({ state, count }) => [{ state }, Number(count)]);
    for (const filter of [{}, { hostId: ['h1', 'h2'] }, { address: '*:*.*' }])
      expect((await pools({ groupBy: ['state'], filter })).map(({ key, total }) => [key, total])).toEqual(counted);
  });

  it('come in pages, each once', async () => {
    const seen: unknown[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await inventory.served('pools.list', { groupBy: ['numaNode', 'name'], limit: 1, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.items.map(({ key }) => key));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual((await pools({ groupBy: ['numaNode', 'name'] })).map(({ key }) => key));
    expect(seen.length).toBeGreaterThan(2);
  });

  it.each<[object, string]>([
    [{ groupBy: ['vendorid'] }, 'groupBy[0]'],
    [{ groupBy: ['vendorId', 'serial'] }, 'groupBy[1]'],
    [{ groupBy: ['tags.'] }, 'groupBy[0]'],
    [{ groupBy: ['toString'] }, 'groupBy[0]'],
    [{ groupBy: 'vendorId' }, 'groupBy'],
    [{ filter: { vendor: '8086' } }, 'filter.vendor'],
    [{ cursor: 'x' }, 'cursor'],
    [{ limit: 0 }, 'limit'],
    [{ by: [] }, 'by'],
  ])('are refused for %j: %s is wrong', async (body, field) => {
    const answer = await inventory.ask('pools.list', body);
    expect(answer.code).toBe(400);
    expect((answer.body as { error: { details: { field: string }[] } }).error.details.map((one) => one.field)).toContain(field);
  });
});

// Situations that systems of this field know from their own tests and machines; each title ends with the case it was made of.
describe('pools of a machine with many cards', () => {
  const many = (count: number, bus: number, more: object) =>
    Array.from({ length: count }, (_, n) =>
      observation('dgx', `0000:${(bus + n).toString(16).padStart(2, '0')}:00.0`, { iommuGroup: bus + n, ...more }),
    );
  const mellanox = { vendorId: '15b3', productId: '101b' };

  beforeAll(() =>
    inventory.append([
      log.online('dgx'),
      ...[
        ...many(8, 0x10, { vendorId: '10de', productId: '20b0', class: '030200', tags: { rack: 'a1' } }),
        ...many(8, 0x20, { ...mellanox, class: '020000' }),
        ...many(2, 0x30, { ...mellanox, class: '020700' }),
      ].map((device) => log.discovered('dgx', device)),
    ]),
  );

  it('tell the port modes of one product apart where the class is asked for as well [cap-002]', async () => {
    const filter = { hostId: 'dgx' };
    expect(await counts({ groupBy: ['vendorId', 'productId', 'class'], filter })).toEqual({
      '10de 20b0 030200': '8 8 0 0 0',
      '15b3 101b 020000': '8 8 0 0 0',
      '15b3 101b 020700': '2 2 0 0 0',
    });
    expect(await counts({ filter })).toEqual({ '10de 20b0': '8 8 0 0 0', '15b3 101b': '10 10 0 0 0' });
  });

  it('are as many as there are different values, and a device without a tag is one of them [pool-counting-13]', async () => {
    const alone = await pools({ groupBy: ['address', 'tags.rack'], filter: { hostId: 'dgx' } });
    expect([alone.length, new Set(alone.map(({ total }) => total))]).toEqual([18, new Set([1])]);
    expect(await counts({ groupBy: ['tags.rack'], filter: { hostId: 'dgx' } })).toEqual({ a1: '8 8 0 0 0', '': '10 10 0 0 0' });
  });

  it('do not count what no selector names [pool-counting-15]', async () => {
    expect(await counts({ filter: { hostId: 'dgx', vendorId: '10de', productId: '20b0' } })).toEqual({ '10de 20b0': '8 8 0 0 0' });
  });
});
