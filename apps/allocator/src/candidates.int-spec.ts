import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, online } from './testing/given.js';
import { runningAllocator } from './testing/running-allocator.js';

/** Candidates on real servers, asked by a client that knows nothing but NATS and JSON. */
let allocator: Awaited<ReturnType<typeof runningAllocator>>;

const nics = (hostId: string, count: number) =>
  Array.from({ length: count }, (_, n) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n + 1, numaNode: n & 1 }));

beforeAll(async () => {
  allocator = await runningAllocator([online('h1'), ...discovered('h1', ...nics('h1', 3)), online('h2'), ...discovered('h2', ...nics('h2', 1))]);
});

afterAll(() => allocator.close());

const BOTH = ['candidates.list', 'candidates.explain'] as const;

describe('candidates.list', () => {
  it('answers the hosts that can serve, and counts the others', async () => {
    const answer = await allocator.ok('candidates.list', { devices: [{ device: '10GE', count: 2 }], numaNodes: [0] });
    expect(answer).toMatchObject({
      items: [{ hostId: 'h1', devices: [{ address: '0000:28:00.0' }, { address: '0000:28:00.2' }] }],
      rejected: { hosts: 1, reasons: [{ code: 'NO_MATCH', hosts: 1 }] },
    });
  });

  it('sees a reservation as soon as it is answered, and gives what a reservation gets', async () => {
    const [before] = (await allocator.ok('candidates.list', { devices: [{ device: '10GE' }] })).items;
    expect(before?.hostId).toBe('h2');
    const reserved = await allocator.ok('reservations.reserve', { vmId: 'vm-1', devices: [{ device: '10GE' }] });
    expect(reserved).toMatchObject({ hostId: 'h2', devices: [{ deviceId: before?.devices[0]?.deviceId }] });
    const after = await allocator.ok('candidates.list', { devices: [{ device: '10GE' }] });
    expect(after).toMatchObject({ items: [{ hostId: 'h1' }], rejected: { reasons: [{ code: 'DEVICE_IN_USE', hosts: 1 }] } });
    await allocator.ok('reservations.release', { vmId: 'vm-1' });
    expect((await allocator.ok('candidates.list', { devices: [{ device: '10GE' }] })).items.map(({ hostId }) => hostId)).toEqual(['h2', 'h1']);
  });

  it('takes as many hosts as are asked for, of those that are named', async () => {
    expect((await allocator.ok('candidates.list', { devices: [{ device: '10GE' }], limit: 1 })).items).toHaveLength(1);
    const named = await allocator.ok('candidates.list', { devices: [{ device: '10GE' }], hostIds: ['h1', 'h9'] });
    expect(named).toMatchObject({ items: [{ hostId: 'h1' }], rejected: { hosts: 1, reasons: [{ code: 'HOST_UNKNOWN' }] } });
    const many = Array.from({ length: 1_001 }, (_, n) => `h${n}`);
    expect(await allocator.refusal('candidates.list', { devices: [{ device: '10GE' }], hostIds: many })).toMatchObject({
      status: 400,
      details: [{ field: 'hostIds' }],
    });
    expect(await allocator.refusal('candidates.list', { devices: [{ device: '10GE' }], limit: 0 })).toMatchObject({
      status: 400,
      details: [{ field: 'limit' }],
    });
  });

  it('looks an offering up', async () => {
    await allocator.ok('offerings.put', { name: 'pair', devices: [{ device: '10GE', count: 2 }], strategy: 'spread' });
    expect((await allocator.ok('candidates.list', { offering: 'pair' })).items).toMatchObject([{ hostId: 'h1', devices: [{}, {}] }]);
  });
});

describe('candidates.explain', () => {
  it('says for one host what each request finds, and what is missing', async () => {
    await allocator.ok('reservations.reserve', { vmId: 'vm7', hostId: 'h1', devices: [{ match: { address: '28:00.2' } }] });
    const answer = await allocator.ok('candidates.explain', { hostId: 'h1', devices: [{ device: '10GE', count: 3 }] });
    expect(answer).toMatchObject({ hostId: 'h1', fits: false, code: 'DEVICE_IN_USE', devices: [] });
    expect(answer.requests).toMatchObject([
      { requestName: '10GE-0', asked: 3, matched: 3, free: 2, served: false, nearestMiss: '2 of 3 free; 0000:28:00.2: held by vm7' },
    ]);
    expect(answer.requests[0]?.devices.map(({ available, code }) => [available, code])).toEqual([
      [true, undefined],
      [true, undefined],
      [false, 'DEVICE_IN_USE'],
    ]);
    await allocator.ok('reservations.release', { vmId: 'vm7' });
    expect(await allocator.ok('candidates.explain', { hostId: 'h1', devices: [{ device: '10GE', count: 3 }] })).toMatchObject({ fits: true });
  });

  it('knows no host that was never heard of', async () => {
    expect(await allocator.refusal('candidates.explain', { hostId: 'h9', devices: [{ device: '10GE' }] })).toMatchObject({
      status: 404,
      code: 'HOST_NOT_FOUND',
    });
    expect(await allocator.refusal('candidates.explain', { devices: [{ device: '10GE' }] })).toMatchObject({
      status: 400,
      details: [{ field: 'hostId' }],
    });
  });
});

describe.each(BOTH)('%s', (subject) => {
  const at = { hostId: 'h1' };
  const whereIs = subject === 'candidates.explain' ? at : {};

  it('names every fault of a wish', async () => {
    const wrong = await allocator.refusal(subject, { ...whereIs, devices: [{ match: { vendorid: '8086' } }, { device: '10GE', where: '1 +' }] });
    expect(wrong).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect((wrong.details as { field: string }[]).map(({ field }) => field)).toEqual(['devices[0].match.vendorid', 'devices[1].where']);
    expect(await allocator.refusal(subject, { ...whereIs, devices: [] })).toMatchObject({ status: 400, details: [{ field: 'devices' }] });
    expect(await allocator.refusal(subject, { ...whereIs, devices: [{ device: '10GE' }], colour: 'red' })).toMatchObject({ status: 400 });
  });

  it.each([
    ['ALIAS_NOT_FOUND', { devices: [{ alias: 'nobody' }] }],
    ['MODEL_NOT_FOUND', { devices: [{ model: 'nobody' }] }],
    ['OFFERING_NOT_FOUND', { offering: 'nobody' }],
  ])('says %s for a name that nobody stored', async (code, wanted) => {
    expect(await allocator.refusal(subject, { ...whereIs, ...wanted })).toMatchObject({ status: 422, code });
  });
});
