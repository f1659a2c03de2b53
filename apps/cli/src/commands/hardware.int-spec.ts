import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Device } from '@vfleet/contracts';
import { aCommandLine, stored, type CommandLine } from '../../spec/stand-in.js';

let line: CommandLine;
const device = stored('api/devices.get.reply') as Device;
const { deviceId } = device;

beforeAll(async () => {
  line = await aCommandLine();
});
afterEach(() => line.system.forget());
afterAll(() => line.close());

describe('vfleet devices', () => {
  it.each<[string[], string, object]>([
    [['cordon', deviceId, '--reason', 'smokes'], 'devices.cordon', { deviceId, reason: 'smokes' }],
    [['uncordon', deviceId], 'devices.uncordon', { deviceId }],
    [['tag', deviceId, 'rack=b4', 'owner-'], 'devices.tag', { deviceId, tags: { rack: 'b4', owner: null } }],
    [['affected', deviceId], 'devices.affected', { deviceId }],
    [['holders', deviceId, '--from', '17'], 'devices.holders', { deviceId, from: '17' }],
    [['show', deviceId, '--as-of', '17'], 'devices.get', { deviceId, at: '17' }],
    [['ls', '--where', 'true', '--as-of', '17'], 'devices.list', { filter: {}, limit: 1000, where: 'true', at: '17' }],
  ])('%j asks %s', async (words, subject, body) => {
    expect(await line.run(['devices', ...words])).toMatchObject({ code: 0, note: '' });
    expect(line.system.asked).toEqual([{ subject, body }]);
  });

  it('change the device that is at an address now', async () => {
    expect((await line.run(['devices', 'cordon', 'h1/28:02.0'])).out).toMatch(/cordoned +yes/);
    expect(line.system.asked).toEqual([
      { subject: 'devices.get', body: { hostId: 'h1', address: '28:02.0' } },
      { subject: 'devices.cordon', body: { deviceId } },
    ]);
  });

  it('show who held one, and that somebody still does', async () => {
    expect((await line.run(['devices', 'holders', deviceId])).out).toMatch(/vm-41 +h1 .*\nvm-42 +h1 +\S+ +now/);
  });
});

describe('vfleet pools', () => {
  it('counts by what is asked, page after page', async () => {
    const { code, out } = await line.run(['pools', 'ls', '--by', 'vendorId,productId,tags.rack', '--match', 'numaNode=0']);
    expect([code, out]).toEqual([0, expect.stringMatching(/VENDORID +PRODUCTID +TAGS.RACK +TOTAL +FREE.*\n8086 +10ca +- +8 +6/)]);
    expect(line.system.asked).toEqual([
      { subject: 'pools.list', body: { groupBy: ['vendorId', 'productId', 'tags.rack'], filter: { numaNode: 0 } } },
    ]);
  });

  it('counts everything together by nothing', async () => {
    await line.run(['pools', 'ls', '--by', '']);
    expect(line.system.asked[0]?.body).toEqual({ groupBy: [], filter: {} });
  });
});

describe('vfleet hosts', () => {
  it('draws the tree of a host', async () => {
    const { code, out } = await line.run(['hosts', 'tree', 'h1']);
    expect(code).toBe(0);
    expect(out.split('\n')[1]).toMatch(/^ {2}0000:28:02\.0 {2}10GE/);
    expect(JSON.parse((await line.run(['hosts', 'tree', 'h1', '-o', 'json'])).out)).toHaveProperty('items');
  });

  it('probes hosts, and ends with an error that can be tried again where some cannot be reached', async () => {
    const { code, out, note } = await line.run(['hosts', 'probe', 'h1', 'h2']);
    expect([code, out, note]).toEqual([5, expect.stringMatching(/looked +h1\nunreachable +h2/), expect.stringContaining('1 host cannot be reached')]);
    line.system.replies = { 'hosts.probe': { body: { probed: ['h1'], unreachable: [] } } };
    expect(await line.run(['hosts', 'probe'])).toMatchObject({ code: 0 });
  });

  it('probes every host by its name where none is named, many at a time, and tells how far it is', async () => {
    const [host] = (stored('api/hosts.list.reply') as { items: [object] }).items;
    const items = Array.from({ length: 40 }, (_, n) => ({ ...host, hostId: `h${n}` }));
    line.system.replies = { 'hosts.list': { body: { items, nextCursor: null } }, 'hosts.probe': { body: { probed: ['h1'], unreachable: [] } } };
    expect(await line.run(['hosts', 'probe'])).toMatchObject({ code: 0, note: '32 of 40 hosts\n40 of 40 hosts\n' });
    const asked = line.system.asked.slice(1).map(({ body }) => (body as { hostIds: string[] }).hostIds.length);
    expect(asked).toEqual([32, 8]);
  });
});
