import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { internalSubject, type ApiName, type InternalName } from '@vfleet/contracts';
import type { RecordedEvent } from '@vfleet/journal';
import { until } from '@vfleet/testing';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';
import { aLog, observation } from '../../spec/events.js';

/** The allocator is played: it notes what it is asked, and writes to the journal what it would decide. */
let inventory: InventoryUnderTest;
const log = aLog();
const nic = observation('h1', '0000:28:00.1', { tags: { rack: 'b4' } });
let asked: { readonly name: string; readonly request: unknown }[] = [];
let decided: readonly RecordedEvent[] = [];

const play = (name: InternalName): void => {
  inventory.client.subscribe(internalSubject(name), {
    callback: (_, message) => {
      asked.push({ name, request: message.json() });
      void inventory.append(decided).then(() => message.respond('{}'));
    },
  });
};

beforeAll(async () => {
  inventory = await anInventory();
  await inventory.append([log.online('h1'), log.discovered('h1', nic)]);
  await until('the device to be shown', () => inventory.served('devices.get', { deviceId: nic.deviceId }));
});

afterAll(() => inventory.close());

beforeEach(() => {
  asked = [];
});

describe('a device', () => {
  it('cannot be changed while no allocator decides', async () => {
    expect(await inventory.ask('devices.cordon', { deviceId: nic.deviceId })).toMatchObject({ code: 503, body: { error: { code: 'UNAVAILABLE' } } });
  });

  it('is cordoned by the allocator, and shown as it is then', async () => {
    for (const name of ['devices.cordon', 'devices.uncordon', 'devices.tag'] as const) play(name);
    await inventory.client.flush();
    decided = [log.cordoned('h1', nic)];
    const device = await inventory.served('devices.cordon', { deviceId: nic.deviceId, reason: 'smokes' });
    expect(asked).toEqual([{ name: 'devices.cordon', request: { hostId: 'h1', deviceId: nic.deviceId, reason: 'smokes' } }]);
    expect(device).toMatchObject({ cordoned: true, eligible: false, state: 'ineligible', ineligible: [{ code: 'CORDONED' }] });
  });

  it('is given again after that', async () => {
    decided = [log.uncordoned('h1', nic)];
    expect(await inventory.served('devices.uncordon', { deviceId: nic.deviceId })).toMatchObject({ cordoned: false, state: 'available' });
  });

  it('has the tags that an operator gives it, over those of its agent', async () => {
    decided = [log.tagged('h1', nic, { zone: 'a', rack: null })];
    expect((await inventory.served('devices.tag', { deviceId: nic.deviceId, tags: { zone: 'a', rack: null } })).tags).toEqual({ zone: 'a' });
    await inventory.append([log.changed('h1', { ...nic, driver: 'igbvf' })]);
    const listed = () => inventory.served('devices.list', { filter: { 'tags.zone': 'a' } });
    const changed = await until('its other driver to be shown', async () => (await listed()).items.find(({ driver }) => driver === 'igbvf'));
    expect(changed.tags).toEqual({ zone: 'a' });
  });

  it('is never shown as it was before its change: where the rows stay behind, the answer is to ask again', async () => {
    decided = [log.cordoned('h1', nic)];
    const rows = await inventory.platform.pool.connect();
    await rows.query('begin; lock table inventory.devices in exclusive mode');
    const answer = await inventory.ask('devices.cordon', { deviceId: nic.deviceId });
    await rows.query('rollback');
    rows.release();
    expect(answer).toMatchObject({ code: 503, body: { error: { code: 'UNAVAILABLE', message: expect.stringContaining('is made') } } });
    decided = [];
    const device = await until('the change to be shown', () => inventory.served('devices.cordon', { deviceId: nic.deviceId }));
    expect(device).toMatchObject({ cordoned: true, state: 'ineligible' });
  });

  it('keeps what was said of it when it is taken out and put back', async () => {
    await inventory.append([log.cordoned('h1', nic), log.removed('h1', nic), log.discovered('h1', nic)]);
    expect(await inventory.served('devices.get', { deviceId: nic.deviceId })).toMatchObject({ cordoned: true, tags: { zone: 'a' } });
    expect((await inventory.served('devices.history', { deviceId: nic.deviceId })).items.map(({ type }) => type)).toEqual([
      'DeviceDiscovered',
      'DeviceRemoved',
      'DeviceCordoned',
      'DeviceCordoned',
      'DeviceChanged',
      'DeviceTagged',
      'DeviceUncordoned',
      'DeviceCordoned',
      'DeviceDiscovered',
    ]);
  });

  it.each<[ApiName, object, string]>([
    ['devices.cordon', { reason: 'x' }, 'deviceId'],
    ['devices.uncordon', { deviceId: 'x' }, 'deviceId'],
    ['devices.cordon', { deviceId: nic.deviceId, why: 'x' }, 'why'],
    ['devices.tag', { deviceId: nic.deviceId }, 'tags'],
    ['devices.tag', { deviceId: nic.deviceId, tags: { rack: 4 } }, 'tags.rack'],
    ['devices.tag', { deviceId: nic.deviceId, tags: { rack: 'x'.repeat(257) } }, 'tags.rack'],
    ['devices.tag', { deviceId: nic.deviceId, tags: { '': 'x' } }, 'tags'],
    ['devices.tag', { deviceId: nic.deviceId, tags: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`t${n}`, 'x'])) }, 'tags'],
  ])('is not changed by %s %j: %s is wrong', async (name, body, field) => {
    const answer = await inventory.ask(name, body);
    expect(answer).toMatchObject({ code: 400, body: { error: { code: 'INVALID_REQUEST' } } });
    expect((answer.body as { error: { details: { field: string }[] } }).error.details.map((one) => one.field)).toContain(field);
    expect(asked).toEqual([]);
  });

  it('that nobody knows, or that has been removed, cannot be changed', async () => {
    expect(await inventory.ask('devices.tag', { deviceId: '0'.repeat(20), tags: { a: 'b' } })).toMatchObject({ code: 404 });
    await inventory.append([log.removed('h1', nic)]);
    expect(await inventory.ask('devices.cordon', { deviceId: nic.deviceId })).toMatchObject({
      code: 404,
      body: { error: { code: 'DEVICE_NOT_FOUND' } },
    });
    expect(asked).toEqual([]);
  });
});
