import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, type ApiName, type ApiReply, type DomainEvent } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import { openPlatform, startService, type Platform } from '@vfleet/service-kit';
import { aDatabase, aDevice, aNatsServer, type TestDatabase, type TestNats } from '@vfleet/testing';
import { uuidv7 } from 'uuidv7';
import { AllocatorModule } from './allocator.module.js';
import { Desk } from './desk.js';
import { streamOf } from './domain/decision.js';
import { discovered, fleetOf, online } from './testing/given.js';

/** Candidates on real servers, asked by a client that knows nothing but NATS and JSON. */
let database: TestDatabase;
let server: TestNats;
let platform: Platform;
let desk: Desk;
let app: INestApplication;
let client: NatsConnection;

const nics = (hostId: string, count: number) =>
  Array.from({ length: count }, (_, n) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n + 1, numaNode: n & 1 }));

/** What happened before the service starts. */
const record = async (journal: Journal, events: readonly DomainEvent[]): Promise<void> => {
  const versions = new Map<string, number>();
  const recorded = events.map((event) => {
    const stream = streamOf(event);
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    return { id: uuidv7(), stream, version, type: event.type, data: event.data, meta: {} };
  });
  await journal.append({ events: recorded });
};

beforeAll(async () => {
  [database, server] = await Promise.all([aDatabase(), aNatsServer()]);
  platform = await openPlatform('allocator', '0.1.0', { natsUrl: server.url, pgUrl: database.url, logLevel: 'silent' });
  const journal = new Journal(platform.pool);
  const past = [online('h1'), ...discovered('h1', ...nics('h1', 3)), online('h2'), ...discovered('h2', ...nics('h2', 1))];
  const memory = fleetOf(past);
  await record(journal, past);
  const nothing = (): void => undefined;
  desk = new Desk({
    journal: new Journal(platform.pool),
    memory,
    fence: () => undefined,
    onCommit: nothing,
    onEffect: nothing,
    onLost: nothing,
    log: nothing,
  });
  app = await startService({ platform, module: AllocatorModule.with(desk, memory), description: 'under test' });
  client = await connect(parseNatsUrl(server.url));
});

afterAll(async () => {
  await client.close();
  await app.close();
  await desk.drain();
  await platform.nats.close();
  await platform.pool.end();
  await Promise.all([database.close(), server.close()]);
});

const ask = async (subject: ApiName, body: object): Promise<{ readonly status: number; readonly body: unknown }> => {
  const reply = await client.request(`vfleet.api.${subject}`, JSON.stringify(body), { timeout: 30_000 });
  return { status: Number(reply.headers?.get('Nats-Service-Error-Code') ?? 0), body: reply.json() };
};

const ok = async <Name extends ApiName>(subject: Name, body: object): Promise<ApiReply<Name>> => {
  const answer = await ask(subject, body);
  expect(answer).toMatchObject({ status: 0 });
  return answer.body as ApiReply<Name>;
};

const refusal = async (subject: ApiName, body: object) => {
  const { status, body: answer } = await ask(subject, body);
  return { status, ...(answer as { error: { code: string; message: string; details?: unknown } }).error };
};

const BOTH = ['candidates.list', 'candidates.explain'] as const;

describe('candidates.list', () => {
  it('answers the hosts that can serve, and counts the others', async () => {
    const answer = await ok('candidates.list', { devices: [{ device: '10GE', count: 2 }], numaNodes: [0] });
    expect(answer).toMatchObject({
      items: [{ hostId: 'h1', devices: [{ address: '0000:28:00.0' }, { address: '0000:28:00.2' }] }],
      rejected: { hosts: 1, reasons: [{ code: 'NO_MATCH', hosts: 1 }] },
    });
  });

  it('sees a reservation as soon as it is answered, and gives what a reservation gets', async () => {
    const [before] = (await ok('candidates.list', { devices: [{ device: '10GE' }] })).items;
    expect(before?.hostId).toBe('h2');
    const reserved = await ok('reservations.reserve', { vmId: 'vm-1', devices: [{ device: '10GE' }] });
    expect(reserved).toMatchObject({ hostId: 'h2', devices: [{ deviceId: before?.devices[0]?.deviceId }] });
    const after = await ok('candidates.list', { devices: [{ device: '10GE' }] });
    expect(after).toMatchObject({ items: [{ hostId: 'h1' }], rejected: { reasons: [{ code: 'DEVICE_IN_USE', hosts: 1 }] } });
    await ok('reservations.release', { vmId: 'vm-1' });
    expect((await ok('candidates.list', { devices: [{ device: '10GE' }] })).items.map(({ hostId }) => hostId)).toEqual(['h2', 'h1']);
  });

  it('takes as many hosts as are asked for, of those that are named', async () => {
    expect((await ok('candidates.list', { devices: [{ device: '10GE' }], limit: 1 })).items).toHaveLength(1);
    const named = await ok('candidates.list', { devices: [{ device: '10GE' }], hostIds: ['h1', 'h9'] });
    expect(named).toMatchObject({ items: [{ hostId: 'h1' }], rejected: { hosts: 1, reasons: [{ code: 'HOST_UNKNOWN' }] } });
    const many = Array.from({ length: 1_001 }, (_, n) => `h${n}`);
    expect(await refusal('candidates.list', { devices: [{ device: '10GE' }], hostIds: many })).toMatchObject({
      status: 400,
      details: [{ field: 'hostIds' }],
    });
    expect(await refusal('candidates.list', { devices: [{ device: '10GE' }], limit: 0 })).toMatchObject({
      status: 400,
      details: [{ field: 'limit' }],
    });
  });

  it('looks an offering up', async () => {
    await ok('offerings.put', { name: 'pair', devices: [{ device: '10GE', count: 2 }], strategy: 'spread' });
    expect((await ok('candidates.list', { offering: 'pair' })).items).toMatchObject([{ hostId: 'h1', devices: [{}, {}] }]);
  });
});

describe('candidates.explain', () => {
  it('says for one host what each request finds, and what is missing', async () => {
    await ok('reservations.reserve', { vmId: 'vm7', hostId: 'h1', devices: [{ match: { address: '28:00.2' } }] });
    const answer = await ok('candidates.explain', { hostId: 'h1', devices: [{ device: '10GE', count: 3 }] });
    expect(answer).toMatchObject({ hostId: 'h1', fits: false, code: 'DEVICE_IN_USE', devices: [] });
    expect(answer.requests).toMatchObject([
      { requestName: '10GE-0', asked: 3, matched: 3, free: 2, served: false, nearestMiss: '2 of 3 free; 0000:28:00.2: held by vm7' },
    ]);
    expect(answer.requests[0]?.devices.map(({ available, code }) => [available, code])).toEqual([
      [true, undefined],
      [true, undefined],
      [false, 'DEVICE_IN_USE'],
    ]);
    await ok('reservations.release', { vmId: 'vm7' });
    expect(await ok('candidates.explain', { hostId: 'h1', devices: [{ device: '10GE', count: 3 }] })).toMatchObject({ fits: true });
  });

  it('knows no host that was never heard of', async () => {
    expect(await refusal('candidates.explain', { hostId: 'h9', devices: [{ device: '10GE' }] })).toMatchObject({
      status: 404,
      code: 'HOST_NOT_FOUND',
    });
    expect(await refusal('candidates.explain', { devices: [{ device: '10GE' }] })).toMatchObject({ status: 400, details: [{ field: 'hostId' }] });
  });
});

describe.each(BOTH)('%s', (subject) => {
  const at = { hostId: 'h1' };
  const whereIs = subject === 'candidates.explain' ? at : {};

  it('names every fault of a wish', async () => {
    const wrong = await refusal(subject, { ...whereIs, devices: [{ match: { vendorid: '8086' } }, { device: '10GE', where: '1 +' }] });
    expect(wrong).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect((wrong.details as { field: string }[]).map(({ field }) => field)).toEqual(['devices[0].match.vendorid', 'devices[1].where']);
    expect(await refusal(subject, { ...whereIs, devices: [] })).toMatchObject({ status: 400, details: [{ field: 'devices' }] });
    expect(await refusal(subject, { ...whereIs, devices: [{ device: '10GE' }], colour: 'red' })).toMatchObject({ status: 400 });
  });

  it.each([
    ['ALIAS_NOT_FOUND', { devices: [{ alias: 'nobody' }] }],
    ['MODEL_NOT_FOUND', { devices: [{ model: 'nobody' }] }],
    ['OFFERING_NOT_FOUND', { offering: 'nobody' }],
  ])('says %s for a name that nobody stored', async (code, wanted) => {
    expect(await refusal(subject, { ...whereIs, ...wanted })).toMatchObject({ status: 422, code });
  });
});
