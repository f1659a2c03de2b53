import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiReply, DomainEvent } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, online } from './testing/given.js';
import { runningAllocator } from './testing/running-allocator.js';

/** The catalogue on real servers, asked by a client that knows nothing but NATS and JSON. */
let allocator: Awaited<ReturnType<typeof runningAllocator>>;

const [gpu, spare] = [aDevice('h1', '0000:41:00.0', { class: '030200', vendorId: '10de' }), aDevice('h1', '0000:42:00.0', { class: '030200' })];
const held: DomainEvent = {
  type: 'DevicesReserved',
  data: {
    vmId: 'vm-1',
    hostId: 'h1',
    reservationId: 'r-1',
    devices: [{ deviceId: gpu.deviceId, address: gpu.address, requestName: 'gpu' }],
    requests: [],
    reservedAt: '2026-11-20T10:00:00.000Z',
    tenant: 'acme',
  },
};

beforeAll(async () => {
  allocator = await runningAllocator([online('h1'), ...discovered('h1', gpu, spare), held]);
});

afterAll(() => allocator.close());

const fieldsOf = (details: unknown): readonly string[] => (details as readonly { field: string }[]).map(({ field }) => field);
const typesOf = async (stream: string): Promise<readonly string[]> => (await allocator.journal.readStream(stream)).map(({ type }) => type);

describe('aliases', () => {
  const alias = { name: 'fast-gpu', request: { match: { class: '0302' }, where: 'device.numaNode == 0', count: 'all' } };

  it('are stored, shown, changed and taken away, each change after its commit', async () => {
    expect(await allocator.ok('aliases.put', alias)).toEqual(alias);
    expect(await allocator.ok('aliases.put', alias)).toEqual(alias);
    expect(await allocator.ok('aliases.get', { name: 'fast-gpu' })).toEqual(alias);
    expect(await typesOf('catalog-alias-fast-gpu')).toEqual(['AliasPut']);
    const changed = { ...alias, request: { device: 'GPU' } };
    await allocator.ok('aliases.put', changed);
    expect(await allocator.ok('aliases.delete', { name: 'fast-gpu' })).toEqual(changed);
    expect(await typesOf('catalog-alias-fast-gpu')).toEqual(['AliasPut', 'AliasPut', 'AliasRemoved']);
    for (const verb of ['aliases.get', 'aliases.delete'] as const)
      expect(await allocator.refusal(verb, { name: 'fast-gpu' })).toMatchObject({ status: 404, code: 'ALIAS_NOT_FOUND' });
  });

  it('are refused with the path of every fault, and then nothing is stored', async () => {
    const wrong = await allocator.refusal('aliases.put', { name: 'wrong', request: { match: { vendorid: '8086' }, where: '1 +' } });
    expect(wrong).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect(fieldsOf(wrong.details)).toEqual(['request.match.vendorid', 'request.where']);
    const named = await allocator.refusal('aliases.put', { name: 'wrong', request: { alias: 'fast-gpu' } });
    expect(fieldsOf(named.details)).toEqual(['request.alias']);
    expect(fieldsOf((await allocator.refusal('aliases.put', { name: ' ', request: { device: 'a' } })).details)).toEqual(['name']);
    expect(await allocator.refusal('aliases.get', { name: 'wrong' })).toMatchObject({ status: 404 });
  });

  it('are listed in the order of their names, page by page', async () => {
    for (const name of ['p-c', 'p-a', 'p-d', 'p-b', 'p-é']) await allocator.ok('aliases.put', { name, request: { device: name } });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: ApiReply<'aliases.list'> = await allocator.ok('aliases.list', { limit: 2, ...(cursor !== null && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['p-a', 'p-b', 'p-c', 'p-d', 'p-é']);
    expect(await allocator.refusal('aliases.list', { limit: 0, colour: 'red' })).toMatchObject({ status: 400 });
  });
});

describe('offerings', () => {
  const offering = { name: 'net-heavy', devices: [{ device: '10GE', count: 2 }, { alias: 'later' }], keepOnStop: true, strategy: 'spread' };

  it('are stored, shown, listed and taken away', async () => {
    expect(await allocator.ok('offerings.put', offering)).toEqual(offering);
    expect(await allocator.ok('offerings.get', { name: 'net-heavy' })).toEqual(offering);
    expect(await allocator.ok('offerings.list')).toEqual({ items: [offering], nextCursor: null });
    expect(await allocator.ok('offerings.delete', { name: 'net-heavy' })).toEqual(offering);
    for (const verb of ['offerings.get', 'offerings.delete'] as const)
      expect(await allocator.refusal(verb, { name: 'net-heavy' })).toMatchObject({ status: 404, code: 'OFFERING_NOT_FOUND' });
  });

  it('are refused with the path of every fault', async () => {
    const wrong = await allocator.refusal('offerings.put', { name: 'wrong', devices: [{ device: 'a' }, { match: {} }, { match: { pf: 'x#2-1' } }] });
    expect(fieldsOf(wrong.details)).toEqual(['devices[1].match', 'devices[2].match.pf']);
    expect(fieldsOf((await allocator.refusal('offerings.put', { name: 'wrong', devices: [{ device: 'a', count: 0 }] })).details)).toEqual([
      'devices[0].count',
    ]);
    expect(fieldsOf((await allocator.refusal('offerings.put', { name: 'wrong', devices: [] })).details)).toEqual(['devices']);
  });
});

describe('models', () => {
  const model = { model: 'H100', deviceType: 'accelerator', vendorId: '10de', productId: gpu.productId };

  it('are registered once, shown and listed', async () => {
    expect(await allocator.ok('models.create', { ...model, model: ' H100', vendorId: '10DE' })).toEqual(model);
    expect(await allocator.refusal('models.create', model)).toMatchObject({ status: 409, code: 'ALREADY_EXISTS' });
    expect(await allocator.refusal('models.create', { ...model, model: 'copy' })).toMatchObject({ status: 409, code: 'ALREADY_EXISTS' });
    expect(await allocator.ok('models.get', { model: 'H100' })).toEqual(model);
    expect((await allocator.ok('models.list')).items).toEqual([model]);
  });

  it('take no built-in device type, and name a field that is wrong', async () => {
    expect(await allocator.refusal('models.create', { ...model, model: 'x', deviceType: 'gpu-hpc' })).toMatchObject({
      status: 409,
      code: 'RESERVED_TYPE',
    });
    const wrong = await allocator.refusal('models.create', { ...model, model: 'x', vendorId: '0x8086' });
    expect([wrong.status, fieldsOf(wrong.details)]).toEqual([400, ['vendorId']]);
    const blank = await allocator.refusal('models.create', { ...model, model: ' ', deviceType: ' ' });
    expect([blank.status, fieldsOf(blank.details)]).toEqual([400, ['model', 'deviceType']]);
  });

  it('stay while one of their devices is held', async () => {
    expect(await allocator.refusal('models.delete', { model: 'H100' })).toMatchObject({
      status: 409,
      code: 'MODEL_IN_USE',
      details: { held: 1, devices: [{ hostId: 'h1', deviceId: gpu.deviceId, address: gpu.address, vmId: 'vm-1' }] },
    });
    await allocator.ok('models.create', { ...model, model: 'unused', productId: 'ffff' });
    expect(await allocator.ok('models.delete', { model: 'unused' })).toMatchObject({ model: 'unused' });
    for (const verb of ['models.get', 'models.delete'] as const)
      expect(await allocator.refusal(verb, { model: 'unused' })).toMatchObject({ status: 404, code: 'MODEL_NOT_FOUND' });
  });
});

describe('quotas', () => {
  const quota = { tenant: 'acme', match: { class: '0302', vendorId: ['10de', '1002'] }, limit: 4 };

  it('are stored with what is used of them, and one for a tenant and a match', async () => {
    expect(await allocator.ok('quotas.put', quota)).toEqual({ ...quota, used: 1 });
    const { class: pciClass, vendorId } = quota.match;
    expect(await allocator.ok('quotas.put', { ...quota, match: { vendorId, class: pciClass }, limit: 7 })).toMatchObject({ limit: 7, used: 1 });
    await allocator.ok('quotas.put', { tenant: 'other', match: { class: '0302' }, limit: 0 });
    expect((await allocator.ok('quotas.list', { filter: { tenant: 'acme' } })).items).toMatchObject([{ tenant: 'acme', limit: 7, used: 1 }]);
    expect((await allocator.ok('quotas.list')).items.map(({ tenant, used }) => [tenant, used])).toEqual([
      ['acme', 1],
      ['other', 0],
    ]);
  });

  it('are taken away by their tenant and match', async () => {
    expect(await allocator.ok('quotas.delete', { tenant: 'acme', match: quota.match })).toMatchObject({ tenant: 'acme', used: 1 });
    expect(await allocator.refusal('quotas.delete', { tenant: 'acme', match: quota.match })).toMatchObject({ status: 404, code: 'QUOTA_NOT_FOUND' });
    expect((await allocator.ok('quotas.list', { filter: { tenant: 'acme' } })).items).toEqual([]);
  });

  it('are refused when their match is none, or their tenant says nothing', async () => {
    expect(fieldsOf((await allocator.refusal('quotas.put', { ...quota, match: {} })).details)).toEqual(['match']);
    expect(fieldsOf((await allocator.refusal('quotas.put', { ...quota, match: { clas: '02' } })).details)).toEqual(['match.clas']);
    expect(fieldsOf((await allocator.refusal('quotas.put', { ...quota, match: { kind: ['pci', 'gpu'] } })).details)).toEqual(['match.kind']);
    expect(fieldsOf((await allocator.refusal('quotas.put', { ...quota, tenant: ' ' })).details)).toEqual(['tenant']);
  });
});

describe('the catalogue after a restart', () => {
  it('is what it was, and counts as it did', async () => {
    await allocator.ok('quotas.put', { tenant: 'acme', match: { model: 'H100' }, limit: 2 });
    const again = await allocator.folded();
    const { aliases, offerings, registered, quotas } = again.catalog();
    expect([...aliases.keys()].toSorted((a, b) => (a < b ? -1 : 1))).toEqual((await allocator.ok('aliases.list')).items.map(({ name }) => name));
    expect([...offerings.values()]).toEqual((await allocator.ok('offerings.list')).items);
    expect([...registered.values()]).toEqual((await allocator.ok('models.list')).items);
    const counted = [...quotas.values()].map(({ name, tenant, match, limit }) => ({ tenant, match, limit, used: again.usedOf(name) }));
    expect((await allocator.ok('quotas.list')).items).toEqual(expect.arrayContaining(counted));
    expect(counted).toContainEqual({ tenant: 'acme', match: { model: 'H100' }, limit: 2, used: 1 });
  });
});
