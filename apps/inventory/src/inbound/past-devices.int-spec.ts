import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';
import { aLog, observation } from '../../spec/events.js';

let inventory: InventoryUnderTest;
const log = aLog();
const [a, b, c] = [
  observation('h1', '0000:28:00.1', { name: '10GE', iommuGroup: 1 }),
  observation('h1', '0000:28:00.2', { name: '10GE', iommuGroup: 2 }),
  observation('h2', '0000:28:00.1', { name: '10GE', iommuGroup: 1 }),
];
/** What happened, in this order; each has the position of its place here. */
const events = {
  online: log.online('h1'),
  first: log.discovered('h1', a),
  second: log.discovered('h1', b),
  other: log.discovered('h2', c),
  reserved: log.reserved('h1', 'vm-1', [a]),
  model: log.modelRegistered('Atlas'),
  readdressed: log.readdressed('h1', a, '0000:29:00.1'),
  cordoned: log.cordoned('h1', b),
  stale: log.stale('h1'),
  released: log.released('h1', 'vm-1', [a]),
  again: log.reserved('h1', 'vm-2', [a]),
  removed: log.removed('h2', c),
  unmodelled: log.modelRemoved('Atlas'),
};

beforeAll(async () => {
  inventory = await anInventory();
  for (const event of Object.values(events)) await inventory.append([event]);
});

afterAll(() => inventory.close());

const get = (body: object) => inventory.served('devices.get', body);
const listed = async (body: object): Promise<readonly string[]> =>
  (await inventory.served('devices.list', body)).items.map(({ hostId, address }) => `${hostId} ${address}`);

describe('devices.get with at', () => {
  const deviceId = a.deviceId;

  it('shows a device as it was, holder, address and model', async () => {
    expect(await get({ deviceId, at: events.second.position })).toMatchObject({ state: 'available', address: a.address, reservation: null });
    expect(await get({ deviceId, at: events.reserved.position })).toMatchObject({ state: 'held', reservation: { vmId: 'vm-1' }, deviceType: 'NIC' });
    expect(await get({ deviceId, at: String(events.readdressed.position) })).toMatchObject({ address: '0000:29:00.1', model: 'Atlas' });
    expect(await get({ deviceId, at: events.again.position })).toMatchObject({ reservation: { vmId: 'vm-2' } });
    expect((await get({ deviceId, at: events.unmodelled.position })).model).toBeUndefined();
  });

  it('says why it could not be given then', async () => {
    expect((await get({ deviceId: b.deviceId, at: events.stale.position })).ineligible.map(({ code }) => code)).toEqual(['CORDONED', 'HOST_STALE']);
    expect(await get({ deviceId: b.deviceId, at: events.readdressed.position })).toMatchObject({ eligible: true, cordoned: false });
  });

  it('takes an address for what was there then', async () => {
    expect(await get({ hostId: 'h1', address: '28:00.1', at: events.reserved.position })).toMatchObject({ deviceId });
    expect(await inventory.ask('devices.get', { hostId: 'h1', address: '28:00.1', at: events.readdressed.position })).toMatchObject({ code: 404 });
    expect(await get({ hostId: 'h1', address: '29:00.1', at: events.readdressed.position })).toMatchObject({ deviceId });
  });

  it('takes a time, and means now by one to come', async () => {
    expect(await get({ deviceId, at: new Date(Date.now() + 60_000).toISOString() })).toMatchObject({ reservation: { vmId: 'vm-2' } });
    expect(await inventory.ask('devices.get', { deviceId, at: '1999-01-01T00:00:00Z' })).toMatchObject({ code: 404 });
  });

  it('is 404 before the device was seen, and 400 where at is no time and no position', async () => {
    expect(await inventory.ask('devices.get', { deviceId, at: events.online.position })).toMatchObject({ code: 404 });
    for (const at of ['yesterday', 10_000])
      expect(await inventory.ask('devices.get', { deviceId, at })).toMatchObject({ code: 400, body: { error: { details: [{ field: 'at' }] } } });
  });

  it('shows what is shown without it, as of now', async () => {
    const { lastSeenAt: _, ...now } = await get({ deviceId });
    expect(await get({ deviceId, at: events.unmodelled.position })).toMatchObject(now);
  });
});

describe('devices.list with at', () => {
  it('lists what was there, host by host and address by address', async () => {
    expect(await listed({ at: events.first.position })).toEqual(['h1 0000:28:00.1']);
    expect(await listed({ at: events.again.position })).toEqual(['h1 0000:28:00.2', 'h1 0000:29:00.1', 'h2 0000:28:00.1']);
    expect(await listed({ at: events.removed.position })).toEqual(['h1 0000:28:00.2', 'h1 0000:29:00.1']);
    expect(await listed({ at: 0 })).toEqual([]);
  });

  it.each<[object, readonly string[]]>([
    [{ vmId: 'vm-1' }, ['h1 0000:28:00.1']],
    [{ hostId: 'h2' }, ['h2 0000:28:00.1']],
    [{ state: ['available', 'held'], address: '*:28:00.1' }, ['h1 0000:28:00.1', 'h2 0000:28:00.1']],
    [{ eligible: false }, []],
    [{ model: 'Atlas' }, []],
    [{ state: 'removed' }, []],
  ])('takes the filter %j', async (filter, expected) => {
    expect(await listed({ filter, at: events.reserved.position })).toEqual(expected);
  });

  it('shows removed devices to those who ask for them', async () => {
    expect(await listed({ filter: { state: 'removed' }, at: events.removed.position })).toEqual(['h2 0000:28:00.1']);
  });

  it('takes an expression', async () => {
    expect(await listed({ where: '!device.address.endsWith("28:00.2")', at: events.reserved.position })).toEqual([
      'h1 0000:28:00.1',
      'h2 0000:28:00.1',
    ]);
  });

  it('goes on where a page has ended', async () => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await inventory.served('devices.list', { at: events.again.position, limit: 1, ...(cursor !== undefined && { cursor }) });
      seen.push(...page.items.map(({ hostId, address }) => `${hostId} ${address}`));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(await listed({ at: events.again.position }));
  });

  it.each<[object, string]>([
    [{ at: 'never' }, 'at'],
    [{ at: 10_000 }, 'at'],
    [{ at: 1, filter: { vendorid: '8086' } }, 'filter.vendorid'],
    [{ at: 1, where: 'device.' }, 'where'],
  ])('is refused for %j: %s is wrong', async (body, field) => {
    expect(await inventory.ask('devices.list', body)).toMatchObject({ code: 400, body: { error: { details: [{ field }] } } });
  });
});

describe('devices.holders', () => {
  const holders = async (more: object = {}) =>
    (await inventory.served('devices.holders', { deviceId: a.deviceId, ...more })).items.map(({ vmId, hostId, to }) => [vmId, hostId, to !== null]);

  it('tells who has held a device, the earliest first', async () => {
    expect(await holders()).toEqual([
      ['vm-1', 'h1', true],
      ['vm-2', 'h1', false],
    ]);
    const { items } = await inventory.served('devices.holders', { deviceId: a.deviceId });
    expect((items[0]?.from ?? '') < (items[0]?.to ?? '')).toBe(true);
    expect((items[0]?.to ?? '') <= (items[1]?.from ?? '')).toBe(true);
  });

  it('tells those of a time, given by positions or by times', async () => {
    expect(await holders({ to: events.stale.position })).toEqual([['vm-1', 'h1', true]]);
    expect(await holders({ from: events.released.position })).toEqual([['vm-2', 'h1', false]]);
    expect(await holders({ from: events.stale.position, to: events.stale.position })).toEqual([['vm-1', 'h1', true]]);
    expect(await holders({ to: events.second.position })).toEqual([]);
    expect(await holders({ from: '1999-01-01T00:00:00Z', to: new Date(Date.now() + 1_000).toISOString() })).toHaveLength(2);
  });

  it('takes what a VM gives back and gets again in one step for one holding', async () => {
    const d = observation('h3', '0000:01:00.0');
    await inventory.append([log.discovered('h3', d), log.reserved('h3', 'vm-3', [d])]);
    await inventory.append([log.released('h3', 'vm-3', [d]), log.reserved('h3', 'vm-3', [d])]);
    const { items } = await inventory.served('devices.holders', { deviceId: d.deviceId });
    expect(items).toEqual([{ vmId: 'vm-3', hostId: 'h3', from: expect.any(String), to: null }]);
  });

  it('is 404 for an unknown device, and 400 where from is no time or later than to', async () => {
    expect(await inventory.ask('devices.holders', { deviceId: '0'.repeat(20) })).toMatchObject({ code: 404 });
    for (const body of [{ from: 'once' }, { from: 5, to: 4 }])
      expect(await inventory.ask('devices.holders', { deviceId: a.deviceId, ...body })).toMatchObject({
        code: 400,
        body: { error: { details: [{ field: 'from' }] } },
      });
  });
});
