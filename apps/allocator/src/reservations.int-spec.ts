import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import type { ApiName } from '@vfleet/contracts';
import { discovered, fact, online, vmState } from './testing/given.js';
import { runningAllocator } from './testing/running-allocator.js';

/** Reservations and refusals on real servers, asked for by a client that knows nothing but NATS and JSON. */
let allocator: Awaited<ReturnType<typeof runningAllocator>>;

const nics = (hostId: string) => [1, 2, 3].map((n) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n }));

beforeAll(async () => {
  allocator = await runningAllocator(['h1', 'h2'].flatMap((hostId) => [online(hostId), ...discovered(hostId, ...nics(hostId))]));
});

afterAll(() => allocator.close());

const fieldsOf = (details: unknown): readonly string[] => (details as readonly { field: string }[]).map(({ field }) => field).sort();

describe('a reservation', () => {
  const wish = { vmId: 'vm-r', hostId: 'h1', devices: [{ device: '10GE', name: 'nic' }] };

  it('is made, found by its VM, and answered again to the same request', async () => {
    const made = await allocator.ok('reservations.reserve', wish);
    expect(made).toMatchObject({ vmId: 'vm-r', hostId: 'h1', state: 'held', devices: [{ address: '0000:28:00.1', requestName: 'nic' }] });
    expect(await allocator.ok('reservations.reserve', wish)).toEqual(made);
    expect(await allocator.ok('reservations.get', { vmId: 'vm-r' })).toEqual(made);
  });

  it('is given back by its holder, and by its id only if it is the holder’s', async () => {
    const { reservationId } = await allocator.ok('reservations.get', { vmId: 'vm-r' });
    for (const vmId of ['vm-r', 'vm-other']) {
      const id = vmId === 'vm-r' ? 'another-one' : reservationId;
      expect(await allocator.refusal('reservations.release', { vmId, reservationId: id })).toMatchObject({
        status: 409,
        code: 'RESERVATION_MISMATCH',
      });
    }
    expect(await allocator.ok('reservations.release', { vmId: 'vm-r', reservationId })).toEqual({ released: 1 });
    expect(await allocator.ok('reservations.release', { vmId: 'vm-r', reservationId })).toEqual({ released: 0 });
    expect(await allocator.refusal('reservations.get', { vmId: 'vm-r' })).toMatchObject({ status: 404, code: 'RESERVATION_NOT_FOUND' });
  });
});

describe('the list of reservations', () => {
  const attested = (vmId: string) =>
    fact('InventoryAttested', 'h1', { devices: 3, digest: 'unknown', attachments: [{ vmId, address: '0000:28:00.1' }] });

  beforeAll(async () => {
    // One on its way back on h1, one held on h2: a cold move of a VM whose old host still has the device attached.
    await allocator.desk.submit({ command: vmState('vm-a', 'starting', { hostId: 'h1', devices: [{ device: '10GE' }] }) });
    await allocator.desk.submit({ command: attested('vm-a') });
    await allocator.desk.submit({ command: vmState('vm-a', 'starting', { hostId: 'h2', devices: [{ device: '10GE' }] }) });
    await allocator.ok('reservations.reserve', { vmId: 'vm-b', hostId: 'h2', devices: [{ device: '10GE' }] });
  });

  it('shows every one of them, however short its pages are', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { vmId: string; hostId: string; state: string }[]; nextCursor: string | null } = await allocator.ok('reservations.list', {
        limit: 1,
        ...(cursor !== null && { cursor }),
      });
      seen.push(...page.items.map(({ vmId, hostId, state }) => `${vmId} ${hostId} ${state}`));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['vm-a h1 releasing', 'vm-a h2 held', 'vm-b h2 held']);
  });

  it('is narrowed by host, VM and state', async () => {
    const placesOf = async (filter: object) =>
      (await allocator.ok('reservations.list', { filter })).items.map(({ vmId, hostId }) => `${vmId} ${hostId}`);
    expect(await placesOf({ hostId: 'h2' })).toEqual(['vm-a h2', 'vm-b h2']);
    expect(await placesOf({ vmId: 'vm-a' })).toEqual(['vm-a h1', 'vm-a h2']);
    expect(await placesOf({ state: 'releasing' })).toEqual(['vm-a h1']);
  });

  it.each<[string, object, string]>([
    ['a cursor that it has not given', { cursor: 'zzz' }, 'cursor'],
    ['a key of the filter that there is none of', { filter: { hostid: 'h1' } }, 'filter.hostid'],
    ['a page of nothing', { limit: 0 }, 'limit'],
  ])('refuses %s', async (_, body, field) => {
    expect(fieldsOf((await allocator.refusal('reservations.list', body)).details)).toEqual([field]);
  });
});

describe('a wish that is wrong in several places', () => {
  const devices = [
    { device: '10GE', count: 0 },
    { match: { vendorid: '8086' }, numaPolicy: 'near' },
    { device: 'x', where: 'device.numaNode ==' },
  ];
  const faults = ['devices[0].count', 'devices[1].match.vendorid', 'devices[1].numaPolicy', 'devices[2].where', 'numaNodes[0]'];

  it.each<[ApiName, object, readonly string[]]>([
    ['reservations.reserve', { vmId: 'vm-x', devices, numaNodes: [-1] }, faults],
    ['vms.report', { vmId: 'vm-x', state: 'starting', devices, numaNodes: [-1] }, faults],
    ['candidates.list', { devices, numaNodes: [-1] }, faults],
    ['candidates.explain', { hostId: 'h1', devices, numaNodes: [-1] }, faults],
    ['offerings.put', { name: 'o', devices, strategy: 'x' }, [...faults.slice(0, 4), 'strategy']],
    ['aliases.put', { name: 'a', request: { match: {}, count: 'some', where: '1 +' } }, ['request.count', 'request.match', 'request.where']],
    ['quotas.put', { tenant: 't', match: { nmae: 'x' }, limit: -1 }, ['limit', 'match.nmae']],
  ])('is told all of them by %s', async (subject, body, fields) => {
    const { status, code, details, message } = await allocator.refusal(subject, body);
    expect([status, code, fieldsOf(details)]).toEqual([400, 'INVALID_REQUEST', fields]);
    for (const field of fields) expect(message).toContain(field);
  });

  it('is told of what is no list and no object, too', async () => {
    for (const wrong of [null, 'x', 5, {}, [null], ['10GE'], [[]]])
      expect(await allocator.refusal('reservations.reserve', { vmId: 'vm-x', devices: wrong })).toMatchObject({
        status: 400,
        code: 'INVALID_REQUEST',
      });
    for (const wrong of [null, 'x', []])
      expect(await allocator.refusal('aliases.put', { name: 'a', request: wrong })).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });
});
