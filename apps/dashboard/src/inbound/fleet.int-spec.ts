import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { hostFactSubject, parseNatsUrl } from '@vfleet/contracts';
import { aDatabase, aDevice, aNatsServer, aService, until, type RunningProgram, type TestDatabase, type TestNats } from '@vfleet/testing';
import { aDashboard, untilOnTheBus, type DashboardUnderTest } from '../../spec/dashboard.js';
import { ask } from '../../spec/http.js';
import type { Capacity } from './capacity.controller.js';
import type { FleetPage } from './fleet.controller.js';

const EPOCH = '0197b9d8-0000-7000-8000-000000000001';
const EVIL = '=cmd|<img onerror=x>';

let database: TestDatabase;
let server: TestNats;
let services: readonly RunningProgram[];
let client: NatsConnection;
let dashboard: DashboardUnderTest;

const say = (hostId: string, sequence: number, fact: string, data: object): Promise<unknown> => {
  const body = { hostId, epoch: EPOCH, sequence, observedAt: new Date().toISOString(), ...data };
  return jetstream(client).publish(hostFactSubject(hostId, fact), JSON.stringify(body), { msgID: `${hostId}:${sequence}` });
};

/** A host with VFs `10GE` of one network, a GPU and a bridge, which nobody asks for. */
const tell = async (hostId: string, vfs: number): Promise<void> => {
  await say(hostId, 1, 'HostOnline', { hostname: `${hostId}.example`, agentVersion: '0', heartbeatSeconds: 3_600 });
  const vf = { name: '10GE', productId: '154c', functionType: 'vf' as const, physicalNetwork: 'net-a' };
  for (let n = 0; n < vfs; n += 1)
    await say(hostId, n + 2, 'DeviceDiscovered', { device: aDevice(hostId, `0000:18:02.${n}`, { ...vf, iommuGroup: n }) });
  const gpu = aDevice(hostId, '0000:65:00.0', { name: EVIL, vendorId: '10de', productId: '2330', class: '030200', iommuGroup: 90 });
  await say(hostId, 20, 'DeviceDiscovered', { device: gpu });
  await say(hostId, 21, 'DeviceDiscovered', {
    device: aDevice(hostId, '0000:00:1c.0', { class: '060400', vendorId: '8086', productId: 'a110', iommuGroup: 91 }),
  });
};

const get = async <T>(path: string): Promise<T> => (await ask(dashboard.at(path))).json() as T;
const api = async (name: string, body: object): Promise<unknown> =>
  (await client.request(`vfleet.api.${name}`, JSON.stringify(body), { timeout: 30_000 })).json();
/** The counts of one variety on each host. */
const shown = ({ varieties, hosts }: FleetPage, variety: string): unknown[] => {
  const at = varieties.findIndex((one) => one.variety === variety);
  return hosts.map(({ hostId, cells }) => [hostId, ...(cells.find(([index]) => index === at) ?? []).slice(1)]);
};

beforeAll(async () => {
  [database, server] = await Promise.all([aDatabase(), aNatsServer()]);
  const servers = { pgUrl: database.url, natsUrl: server.url };
  client = await connect(parseNatsUrl(server.url));
  services = await Promise.all([aService('allocator', servers), aService('inventory', servers), aService('migrator', servers)]);
  for (const [hostId, vfs] of [
    ['h1', 4],
    ['h2', 4],
    ['h3', 2],
  ] as const)
    await tell(hostId, vfs);
  dashboard = await aDashboard(servers);
  await untilOnTheBus(dashboard);
  await until('the inventory to show everything', async () => {
    const { items } = (await api('hosts.list', {})) as { items: { counts: { total: number } }[] };
    return items.length === 3 && items.reduce((sum, { counts }) => sum + counts.total, 0) === 16;
  });
  await api('reservations.reserve', { vmId: 'vm-1', hostId: 'h1', devices: [{ device: '10GE', count: 3 }] });
  await api('devices.list', { limit: 1 });
  await until('the dashboard to show the reservation', async () => JSON.stringify(shown(await get('/api/fleet'), 'name:10GE')).includes('1,3,0,0'));
});

afterAll(async () => {
  await dashboard?.close();
  await Promise.all((services ?? []).map((service) => service.kill()));
  await client?.close();
  await Promise.all([database.close(), server.close()]);
});

describe('the fleet', () => {
  it('is hosts by varieties, with what is free and held, and without what no VM can have', async () => {
    const page = await get<FleetPage>('/api/fleet');
    expect(page.varieties.map(({ variety, free, held }) => [variety, free, held])).toEqual([
      ['name:10GE', 7, 3],
      [`name:${EVIL}`, 3, 0],
    ]);
    expect(shown(page, 'name:10GE')).toEqual([
      ['h1', 1, 3, 0, 0],
      ['h2', 4, 0, 0, 0],
      ['h3', 2, 0, 0, 0],
    ]);
    expect(page).toMatchObject({ hostStates: { online: 3 }, nextCursor: null, moreVarieties: 0 });
    expect(page.hosts[0]).toMatchObject({ hostname: 'h1.example', state: 'online', counts: { total: 6 } });
  });

  it('goes page by page in the order of hosts', async () => {
    const first = await get<FleetPage>('/api/fleet?limit=2');
    const second = await get<FleetPage>(`/api/fleet?limit=2&cursor=${first.nextCursor}`);
    expect([first, second].map(({ hosts }) => hosts.map(({ hostId }) => hostId))).toEqual([['h1', 'h2'], ['h3']]);
    expect(second.nextCursor).toBeNull();
  });

  it.each([
    ['host=H2.EX', ['h2']],
    ['host=%25', []],
    ['state=online&host=h', ['h1', 'h2', 'h3']],
    ['state=stale', []],
    ['freeOf=name%3A10GE', ['h1', 'h2', 'h3']],
    ['freeOf=name%3Anone', []],
  ])('is narrowed by %s', async (query, hosts) => {
    const page = await get<FleetPage>(`/api/fleet?${query}`);
    expect(page.hosts.map(({ hostId }) => hostId)).toEqual(hosts);
    expect(Object.values(page.hostStates ?? {}).reduce((sum, count) => sum + count, 0)).toBe(hosts.length);
  });

  it.each(['limit=0', 'limit=1001', 'state=x', 'foo=1', 'host=a&host=b', `host=${'x'.repeat(600)}`, 'at=yesterday'])(
    'refuses %s by name',
    async (query) => {
      const { status, json } = await ask(dashboard.at(`/api/fleet?${query}`));
      expect([status, (json() as { error: { details: { field: string }[] } }).error.details[0]?.field]).toEqual([400, query.split('=')[0]]);
    },
  );

  it('is shown as it was before the reservation', async () => {
    const { items } = (await api('devices.history', { deviceId: aDevice('h1', '0000:18:02.0', {}).deviceId })) as { items: { position: string }[] };
    const before = Number(items[0]?.position) - 1;
    const page = await get<FleetPage>(`/api/fleet?at=${before}`);
    expect(shown(page, 'name:10GE')[0]).toEqual(['h1', 4, 0, 0, 0]);
    expect(page).toMatchObject({ hostStates: null, hosts: [{ state: null, counts: null }, {}, {}] });
    expect((await get<FleetPage>('/api/fleet?at=1')).hosts).toEqual([]);
  });
});

describe('the capacity', () => {
  it('says of each variety what is free, what fits and how scattered it is', async () => {
    const { items, fragmentation } = await get<Capacity>('/api/capacity');
    expect(items[0]).toMatchObject({
      variety: 'name:10GE',
      free: 7,
      held: 3,
      hostsWithFree: 3,
      largest: { count: 4, hostId: 'h2' },
      fits: { 1: 7, 2: 3, 4: 1, 8: 0 },
      fragmentation: 0.14,
    });
    expect(fragmentation).toContain('divided by');
    expect((await ask(dashboard.at('/api/capacity?at=3'))).status).toBe(400);
  });

  it('leaves out a host that is being drained, which takes no new VM', async () => {
    await api('hosts.drain', { hostId: 'h2' });
    const { items } = await until('h2 to be left out', async () => {
      const capacity = await get<Capacity>('/api/capacity');
      return capacity.items[0]?.hostsWithFree === 2 && capacity;
    });
    expect(items[0]).toMatchObject({ free: 7, largest: { count: 2, hostId: 'h3' }, fits: { 1: 3, 2: 1 } });
    expect((await get<FleetPage>('/api/fleet?state=draining')).hosts.map(({ hostId }) => hostId)).toEqual(['h2']);
  });
});

describe('the networks', () => {
  it('are told with their VFs, and for each host who can take over', async () => {
    expect(await get('/api/networks')).toMatchObject({ items: [{ network: 'net-a', held: 3 }] });
    const { items } = await get<{ items: object[] }>('/api/networks/net-a/hosts?limit=2');
    expect(items).toMatchObject([
      { hostId: 'h1', free: 1, held: 3 },
      { hostId: 'h2', free: 4, held: 0 },
    ]);
    expect((await ask(dashboard.at('/api/networks/none/hosts'))).status).toBe(404);
    expect((await ask(dashboard.at('/api/networks/net-a/hosts/h9/targets'))).status).toBe(404);
  });
});

describe('devices as CSV', () => {
  it('are all devices of the filter, with nothing that a spreadsheet would run', async () => {
    const { status, headers, text } = await ask(dashboard.at(`/api/devices.csv?filter=${encodeURIComponent(JSON.stringify({ hostId: 'h1' }))}`));
    expect([status, headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
    const lines = text.split('\r\n');
    expect(lines).toHaveLength(1 + 6 + 1);
    expect(lines[0]).toMatch(/^hostId,address,name,state,vmId/);
    expect(text).toContain(`h1,0000:65:00.0,'${EVIL},available`);
    expect(text).toContain('h1,0000:18:02.0,10GE,held,vm-1');
  });

  it('are refused by the field that is wrong', async () => {
    expect((await ask(dashboard.at('/api/devices.csv?filter=1'))).status).toBe(400);
    const { status, json } = await ask(dashboard.at(`/api/devices.csv?filter=${encodeURIComponent('{"foo":1}')}`));
    expect([status, (json() as { error: { code: string } }).error.code]).toEqual([400, 'INVALID_REQUEST']);
  });
});
