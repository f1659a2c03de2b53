import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  parseNatsUrl,
  subjectOf,
  toCloudEvent,
  type ApiName,
  type ApiReply,
  type DeviceList,
  type History,
  type JournalEvent,
} from '@vfleet/contracts';
import { DeadLetters, Journal, Projector, Relay, jetStreamCopy, openPool, type Mark, type RecordedEvent } from '@vfleet/journal';
import { openPlatform, startService, type Platform } from '@vfleet/service-kit';
import { aDatabase, aNatsServer, until, type TestDatabase, type TestNats } from '@vfleet/testing';
import { aLog, observation, toNew } from '../spec/events.js';
import { InventoryModule } from './inventory.module.js';
import { migrateInventory } from './migrations/migrate.js';

/** The service on real servers, asked by a client that knows nothing but NATS and JSON. */
let database: TestDatabase;
let server: TestNats;
let platform: Platform;
let app: INestApplication;
let client: NatsConnection;
let relay: Relay;
let journal: Journal;
const log = aLog();

beforeAll(async () => {
  [database, server] = await Promise.all([aDatabase(), aNatsServer()]);
  const config = { natsUrl: server.url, pgUrl: database.url, logLevel: 'silent' };
  platform = await openPlatform('inventory', '0.1.0', config);
  await migrateInventory(config.pgUrl);
  app = await startService({
    platform,
    module: InventoryModule.of(config),
    description: 'under test',
    prepare: async (made) => {
      const projector = made.get(Projector);
      await projector.start();
      return { status: () => ({ role: 'active', position: projector.position }) };
    },
  });
  journal = new Journal(platform.pool);
  const encode = (event: RecordedEvent) => ({
    subject: subjectOf(event),
    payload: JSON.stringify(toCloudEvent(event as JournalEvent)),
    contentType: 'application/json',
  });
  const copy = jetStreamCopy({ nats: platform.nats, stream: 'VFLEET_EVT', subjects: ['vfleet.evt.>'] });
  relay = new Relay({ pool: platform.pool, copy, encode, log: () => undefined });
  relay.start();
  client = await connect(parseNatsUrl(server.url));
});

afterAll(async () => {
  await app.get(Projector).stop();
  await app.close();
  await relay.stop();
  await client.close();
  await platform.nats.close();
  await platform.pool.end();
  await Promise.all([database.close(), server.close()]);
});

const append = async (events: readonly RecordedEvent[], marks: readonly Mark[] = []): Promise<void> => {
  await journal.append({ events: events.map(toNew), marks });
  relay.kick();
};

const ask = async (subject: ApiName, body: object | string = {}): Promise<{ readonly code: number; readonly body: unknown }> => {
  const reply = await client.request(`vfleet.api.${subject}`, typeof body === 'string' ? body : JSON.stringify(body), { timeout: 30_000 });
  return { code: Number(reply.headers?.get('Nats-Service-Error-Code') ?? 0), body: reply.json() };
};

const ok = async <Name extends ApiName>(subject: Name, body: object = {}): Promise<ApiReply<Name>> => {
  const answer = await ask(subject, body);
  expect(answer).toMatchObject({ code: 0 });
  return answer.body as ApiReply<Name>;
};

const addresses = ({ items }: DeviceList): readonly string[] => items.map(({ address }) => address);

let hosts = 0;
/** A host of its own for each spec, with devices at the given addresses. */
const aHost = async (...wanted: readonly string[]) => {
  hosts += 1;
  const hostId = `host-${hosts}`;
  const devices = wanted.map((address, index) => observation(hostId, address, { name: '10GE', iommuGroup: index }));
  await append([log.online(hostId, { labels: { spec: hostId } }), ...devices.map((device) => log.discovered(hostId, device))]);
  return { hostId, devices, first: devices[0] as (typeof devices)[number] };
};

describe('devices.list', () => {
  it('shows at once what was committed before it was asked', async () => {
    const { hostId, first } = await aHost('0000:28:00.1', '0000:28:00.2');
    for (let round = 0; round < 10; round += 1) {
      await append([log.reserved(hostId, 'vm1', [first])]);
      expect(addresses(await ok('devices.list', { filter: { hostId, state: 'held' } }))).toEqual([first.address]);
      await append([log.released(hostId, 'vm1', [first])]);
      expect(addresses(await ok('devices.list', { filter: { hostId, state: 'held' } }))).toEqual([]);
    }
  });

  it('gives pages in the order of host and address, until there is no more', async () => {
    const { hostId } = await aHost('0000:28:00.1', '0000:05:00.0', '10000:01:00.0', '0000:28:00.0', '0000:9f:00.0');
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page: DeviceList = await ok('devices.list', {
        filter: { hostId },
        limit: 2,
        ...(cursor && { cursor }),
      });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...addresses(page));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['0000:05:00.0', '0000:28:00.0', '0000:28:00.1', '0000:9f:00.0', '10000:01:00.0']);
  });

  it('shows a device with everything that the contract names', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    const heard = new Date(Date.now() + 60_000).toISOString();
    await append([log.reserved(hostId, 'vm7', [first])], [{ key: `host:${hostId}`, value: { lastSeenAt: heard } }]);
    const { items } = await ok('devices.list', { filter: { hostId } });
    expect(items[0]).toMatchObject({
      ...first,
      hostId,
      deviceType: 'NIC',
      state: 'held',
      eligible: true,
      ineligible: [],
      reservation: { vmId: 'vm7', requestName: '10GE-0', since: expect.any(String) },
      cordoned: false,
      firstSeenAt: expect.any(String),
      lastSeenAt: heard,
    });
  });

  it('finds devices by their registered model and its type, also those that were there before', async () => {
    const { hostId, first } = await aHost('0000:28:00.1', '0000:28:00.2');
    const custom = observation(hostId, '0000:29:00.0', { vendorId: '15b3', productId: 'a2d6', iommuGroup: 9 });
    await append([log.discovered(hostId, custom), log.modelRegistered('DPU', { vendorId: '15b3', productId: 'a2d6', deviceType: 'dpu' })]);
    for (const filter of [{ model: 'DPU' }, { deviceType: 'dpu' }, { model: ['DPU', 'other'] }]) {
      const { items } = await ok('devices.list', { filter: { hostId, ...filter } });
      expect(items).toMatchObject([{ deviceId: custom.deviceId, model: 'DPU', deviceType: 'dpu', eligible: true }]);
    }
    expect(addresses(await ok('devices.list', { filter: { hostId, deviceType: 'NIC' } }))).toHaveLength(2);
    expect(await ok('devices.get', { deviceId: first.deviceId })).not.toHaveProperty('model');
    await append([log.online(hostId, { customDevices: false })]);
    expect(await ok('devices.get', { deviceId: custom.deviceId })).toMatchObject({ state: 'ineligible', ineligible: [{ code: 'CUSTOM_DISABLED' }] });
    await append([log.modelRemoved('DPU')]);
    const gone = await ok('devices.get', { deviceId: custom.deviceId });
    expect([gone.model, gone.deviceType, gone.eligible]).toEqual([undefined, 'NIC', true]);
  });

  it('names every field that is wrong', async () => {
    const { code, body } = await ask('devices.list', { limit: 0, surprise: 1 });
    expect([code, body]).toMatchObject([400, { error: { code: 'INVALID_REQUEST' } }]);
    expect(JSON.stringify(body)).toMatch(/"limit".*"surprise"|"surprise".*"limit"/);
    expect(await ask('devices.list', { filter: { vendorid: '8086' } })).toMatchObject({
      code: 400,
      body: { error: { details: [{ field: 'filter.vendorid' }] } },
    });
    expect(await ask('devices.list', { cursor: 'zz' })).toMatchObject({ code: 400, body: { error: { details: [{ field: 'cursor' }] } } });
    expect(await ask('devices.list', 'no JSON')).toMatchObject({ code: 400 });
  });
});

describe('devices.get', () => {
  it('finds a device by its id, and by host and address in either form', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    for (const request of [{ deviceId: first.deviceId }, { hostId, address: '0000:28:00.1' }, { hostId, address: '28:00.1' }])
      expect(await ok('devices.get', request)).toMatchObject({ deviceId: first.deviceId, hostId });
  });

  it('finds a removed device by its id only', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    await append([log.removed(hostId, first)]);
    expect(await ok('devices.get', { deviceId: first.deviceId })).toMatchObject({ state: 'removed', ineligible: [{ code: 'REMOVED' }] });
    expect(await ask('devices.get', { hostId, address: first.address })).toMatchObject({ code: 404, body: { error: { code: 'DEVICE_NOT_FOUND' } } });
    expect(addresses(await ok('devices.list', { filter: { hostId } }))).toEqual([]);
    expect(addresses(await ok('devices.list', { filter: { hostId, state: 'removed' } }))).toEqual([first.address]);
  });

  it('prefers what is there to what has vanished from the same address while it was held', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    const next = observation(hostId, first.address, { identity: 'sn:other' });
    await append([log.reserved(hostId, 'vm1', [first]), log.missing(hostId, first, 'vm1'), log.discovered(hostId, next)]);
    expect(await ok('devices.get', { hostId, address: first.address })).toMatchObject({ deviceId: next.deviceId });
    expect(await ok('devices.get', { deviceId: first.deviceId })).toMatchObject({ state: 'missing', reservation: { vmId: 'vm1' } });
  });

  it('refuses a question that is half or double', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    for (const request of [{}, { hostId }, { address: first.address }, { deviceId: first.deviceId, hostId }])
      expect(await ask('devices.get', request)).toMatchObject({ code: 400, body: { error: { code: 'INVALID_REQUEST' } } });
    expect(await ask('devices.get', { deviceId: '0'.repeat(20) })).toMatchObject({ code: 404, body: { error: { code: 'DEVICE_NOT_FOUND' } } });
  });
});

describe('devices.history', () => {
  it('tells what happened to a device, newest first and page by page', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    await append([log.reserved(hostId, 'vm1', [first]), log.renamed(hostId, first, '25GE'), log.released(hostId, 'vm1', [first])]);
    const types: string[] = [];
    let cursor: string | null = null;
    do {
      const page: History = await ok('devices.history', {
        deviceId: first.deviceId,
        limit: 3,
        ...(cursor && { cursor }),
      });
      types.push(...page.items.map(({ type }) => type));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(types).toEqual(['DevicesReleased', 'DeviceRenamed', 'DevicesReserved', 'DeviceDiscovered']);
    expect(await ask('devices.history', { deviceId: '0'.repeat(20) })).toMatchObject({ code: 404, body: { error: { code: 'DEVICE_NOT_FOUND' } } });
  });
});

describe('devices.history of a held device', () => {
  it('tells what was found attached, and which promises were broken', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    await append([
      log.adopted(hostId, 'vm-f', [first]),
      log.promiseBroken(hostId, 'vm-f', first, 'HOST_USE'),
      log.isolationLost(hostId, 'vm-f', first, 7),
      log.disputed(hostId, 'vm-g', first, 'vm-f'),
      log.orphaned(hostId, 'vm-f', [first]),
    ]);
    const { items } = await ok('devices.history', { deviceId: first.deviceId });
    expect(items.map(({ type }) => type)).toEqual([
      'ReservationOrphaned',
      'AttachmentDisputed',
      'IsolationLost',
      'PromiseBroken',
      'ReservationAdopted',
      'DeviceDiscovered',
    ]);
    expect(await ok('vms.get', { vmId: 'vm-f' })).toMatchObject({
      reservation: { adopted: true, orphaned: true, devices: [{ deviceId: first.deviceId }] },
    });
    expect(await ok('devices.get', { deviceId: first.deviceId })).toMatchObject({ state: 'held', reservation: { vmId: 'vm-f' } });
  });
});

describe('hosts.list and hosts.get', () => {
  it('tell how a host is and how many devices it has to give', async () => {
    const { hostId, devices, first } = await aHost('0000:28:00.1', '0000:28:00.2', '0000:28:00.3');
    await append([log.reserved(hostId, 'vm1', [first]), log.missing(hostId, first, 'vm1'), log.reserved(hostId, 'vm2', devices.slice(1, 2))]);
    const host = await ok('hosts.get', { hostId });
    expect(host).toMatchObject({ hostId, hostname: hostId, state: 'online', counts: { total: 3, free: 1, held: 1, ineligible: 0, missing: 1 } });
    expect(await ok('hosts.list', { filter: { labels: { spec: hostId }, state: 'online' } })).toEqual({ items: [host], nextCursor: null });
    await append([log.stale(hostId)]);
    expect(await ok('hosts.get', { hostId })).toMatchObject({ state: 'stale', counts: { free: 0, ineligible: 1 } });
    expect(await ask('hosts.get', { hostId: 'nowhere' })).toMatchObject({ code: 404, body: { error: { code: 'HOST_NOT_FOUND' } } });
  });

  it('give pages in the order of the hosts', async () => {
    const page = await ok('hosts.list', { limit: 1 });
    const next = await ok('hosts.list', { limit: 1, cursor: page.nextCursor });
    expect((next.items[0]?.hostId ?? '') > (page.items[0]?.hostId ?? '')).toBe(true);
  });
});

describe('vms.get', () => {
  it('shows the newest state, the wishes and the reservation', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    await append([log.vmState('vm-a', 'starting', { hostId, sequence: 1 }), log.reserved(hostId, 'vm-a', [first], 'r-1')]);
    expect(await ok('vms.get', { vmId: 'vm-a' })).toMatchObject({
      state: 'starting',
      hostId,
      wishes: { devices: [{ device: '10GE' }] },
      reservation: { reservationId: 'r-1', state: 'held', devices: [{ deviceId: first.deviceId }] },
    });
  });

  it('shows the mark of a VM that never asked for a device, and nothing of one that nobody has seen', async () => {
    await append([], [{ key: 'vm:vm-b', value: { state: 'running', hostId: 'h9', occurredAt: '2026-11-20T12:00:00+02:00' } }]);
    expect(await ok('vms.get', { vmId: 'vm-b' })).toMatchObject({
      state: 'running',
      hostId: 'h9',
      occurredAt: '2026-11-20T10:00:00.000Z',
      reservation: null,
    });
    expect(await ask('vms.get', { vmId: 'vm-c' })).toMatchObject({ code: 404, body: { error: { code: 'VM_NOT_FOUND' } } });
  });
});

describe('deadletters.list and deadletters.get', () => {
  it('show facts that could not be accepted, newest first, the payload only where one is asked for', async () => {
    const letters = new DeadLetters(platform.pool);
    for (const id of ['l1', 'l2', 'l3'])
      await letters.keep({
        id,
        subject: `vfleet.in.vm.${id}.VmStateChanged`,
        code: 'NOT_JSON',
        message: 'not JSON',
        service: 'vfleet-allocator',
        headers: {},
        payload: Buffer.from([0, 255]),
      });
    const page = await ok('deadletters.list', { limit: 2 });
    expect(page.items.map(({ id }) => id)).toEqual(['l3', 'l2']);
    const rest = await ok('deadletters.list', { limit: 2, cursor: page.nextCursor });
    expect(rest).toMatchObject({ items: [{ id: 'l1', size: 2, service: 'vfleet-allocator' }], nextCursor: null });
    expect(JSON.stringify(rest)).not.toContain('payload');
    expect(await ok('deadletters.get', { id: 'l1' })).toMatchObject({ id: 'l1', payload: Buffer.from([0, 255]).toString('base64') });
    expect(await ask('deadletters.get', { id: 'none' })).toMatchObject({ code: 404, body: { error: { code: 'DEAD_LETTER_NOT_FOUND' } } });
    expect(await ask('deadletters.list', { cursor: Buffer.from('["never","x"]').toString('base64url') })).toMatchObject({ code: 400 });
    expect(await ask('deadletters.list', { filter: { code: 'x' } })).toMatchObject({
      code: 400,
      body: { error: { details: [{ field: 'filter.code' }] } },
    });
  });
});

describe('system.status', () => {
  it('tells each service with its lag, the journal, the stream, and what is wrong', async () => {
    const head = await journal.head();
    await app.get(Projector).caughtUpTo(head, 10_000);
    const status = await ok('system.status');
    expect(status).toMatchObject({
      services: [{ name: 'vfleet-inventory', version: '0.1.0', role: 'active', position: head, lagEvents: 0, lagSeconds: 0 }],
      journalPosition: head,
      healthy: false,
      problems: [{ code: 'NO_ALLOCATOR' }],
    });
  });
});

describe('a database that is away for a moment', () => {
  it('is an answer to try again, and then everything goes on', async () => {
    const { hostId, first } = await aHost('0000:28:00.1');
    const admin = openPool({ url: database.url, name: 'admin', max: 1 });
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()');
    await admin.end();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask('devices.get', { deviceId: first.deviceId })));
    for (const { code } of answers) expect([0, 503]).toContain(code);
    await until('the database to be back', () => journal.head());
    await append([log.reserved(hostId, 'vm1', [first])]);
    expect(await ok('devices.get', { hostId, address: first.address })).toMatchObject({ state: 'held' });
  });
});
