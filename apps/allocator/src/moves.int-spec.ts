import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { internalSubject, type InternalName } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, online, vmState } from './testing/given.js';
import { runningAllocator } from './testing/running-allocator.js';

/** What the migrator asks, on real servers; and what a start after it makes of the journal. */
let allocator: Awaited<ReturnType<typeof runningAllocator>>;

const nic = (hostId: string, n: number) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n });

beforeAll(async () => {
  const onFirst = discovered('h1', nic('h1', 1), nic('h1', 2));
  allocator = await runningAllocator([online('h1'), online('h2'), ...onFirst, ...discovered('h2', nic('h2', 3), nic('h2', 4))]);
  for (const vmId of ['vm-1', 'vm-2']) {
    await allocator.desk.submit({ command: vmState(vmId, 'starting', { hostId: 'h1', devices: [{ device: '10GE' }] }) });
    await allocator.desk.submit({ command: vmState(vmId, 'running', { hostId: 'h1' }) });
  }
});

afterAll(() => allocator.close());

const request = async (subject: string, body: object): Promise<Record<string, unknown>> => {
  const reply = await allocator.client.request(subject, JSON.stringify(body), { timeout: 30_000 });
  return reply.json<Record<string, unknown>>();
};
const ask = (name: InternalName, body: object): Promise<Record<string, unknown>> => request(internalSubject(name), body);
const ownHost = async (vmId: string): Promise<unknown> => (await request('vfleet.api.reservations.get', { vmId }))['hostId'];

describe('a move, as the migrator asks for it', () => {
  it('is planned, held, given another device, and settled', async () => {
    expect(await ask('moves.plan', { vmId: 'vm-1' })).toMatchObject({ targetHostId: 'h2', held: false, blockers: [] });
    const plan = await ask('moves.plan', { vmId: 'vm-1', targetHostId: 'h2', migrationId: 'm-1' });
    expect(plan).toMatchObject({ held: true, devices: [{ requestName: '10GE-0', target: { address: '0000:28:00.3' }, mode: 'hotplug' }] });
    expect(await ownHost('vm-1')).toBe('h1');
    const tried = [{ deviceId: nic('h2', 3).deviceId }];
    expect(await ask('moves.replace', { vmId: 'vm-1', migrationId: 'm-1', requestName: '10GE-0', tried })).toMatchObject({
      device: { target: { address: '0000:28:00.4' } },
    });
    expect(await ask('moves.settle', { vmId: 'vm-1', migrationId: 'm-1', at: 'target' })).toEqual({ released: 1 });
    expect(await ask('moves.settle', { vmId: 'vm-1', migrationId: 'm-1', at: 'target' })).toEqual({ released: 0 });
    expect(await ownHost('vm-1')).toBe('h2');
  });

  it('is the same to an allocator that starts anew', async () => {
    const again = await allocator.folded();
    for (const hostId of ['h1', 'h2']) expect(again.host(hostId)?.reservations).toEqual(allocator.memory.host(hostId)?.reservations);
  });

  it('is refused with what stands in its way, as an answer', async () => {
    expect(await ask('moves.plan', { vmId: 'vm-9' })).toMatchObject({ held: false, targetHostId: null, blockers: [{ code: 'VM_UNKNOWN' }] });
  });

  it('is held for one of two VMs that want the last device at the same moment', async () => {
    await allocator.desk.submit({ command: vmState('vm-3', 'starting', { hostId: 'h1', devices: [{ device: '10GE' }] }) });
    await allocator.desk.submit({ command: vmState('vm-3', 'running', { hostId: 'h1' }) });
    const both = await Promise.all(['vm-2', 'vm-3'].map((vmId) => ask('moves.plan', { vmId, targetHostId: 'h2', migrationId: `m-${vmId}` })));
    expect(both.filter(({ held }) => held)).toHaveLength(1);
    expect(both.find(({ held }) => !held)).toMatchObject({ blockers: [{ code: 'NO_MATCHING_DEVICE' }] });
    for (const vmId of ['vm-2', 'vm-3']) await ask('moves.settle', { vmId, migrationId: `m-${vmId}`, at: 'source' });
  });
});

describe('a drain, as the migrator asks for it', () => {
  it('is planned without a mark, then marked, then undone', async () => {
    expect(await ask('hosts.vms', { hostId: 'h1', drain: false })).toEqual({ vmIds: ['vm-2', 'vm-3'], draining: false });
    expect(await ask('hosts.planDrain', { hostId: 'h1' })).toMatchObject({
      plans: [
        { vmId: 'vm-2', targetHostId: 'h2' },
        { vmId: 'vm-3', targetHostId: null },
      ],
    });
    expect(await ask('hosts.vms', { hostId: 'h2' })).toEqual({ vmIds: ['vm-1'], draining: true });
    expect(await request('vfleet.api.vms.report', { vmId: 'vm-5', state: 'starting', hostId: 'h2', devices: [{ device: '10GE' }] })).toMatchObject({
      error: { code: 'HOST_DRAINING', details: { unmet: [{ reasons: [{ code: 'HOST_DRAINING' }] }] } },
    });
    expect(await ask('hosts.undrain', { hostId: 'h2' })).toEqual({});
    expect(await ask('hosts.undrain', { hostId: 'h9' })).toMatchObject({ error: { code: 'HOST_NOT_FOUND' } });
  });
});

describe('a reservation, as it grows and shrinks', () => {
  it('is extended once for one operation, and given back by request', async () => {
    const more = { vmId: 'vm-1', operationId: 'o-1', devices: [{ name: 'second', device: '10GE' }] };
    const [first, again] = [await ask('vms.extend', more), await ask('vms.extend', more)];
    expect(first).toMatchObject({ added: [{ requestName: 'second', address: '0000:28:00.3' }] });
    expect(again).toEqual(first);
    expect(await ask('vms.shrink', { vmId: 'vm-1', requestName: 'second' })).toMatchObject({
      removed: [{ address: '0000:28:00.3' }],
      reservation: { devices: [{ address: '0000:28:00.4' }] },
    });
    expect(await ask('vms.extend', { ...more, devices: [{ devise: '10GE' }] })).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });
});

describe('a policy, as an operator keeps it', () => {
  it('may stand in an offering, where its addresses are checked as well', async () => {
    const offering = {
      name: 'net',
      devices: [{ device: '10GE' }],
      migration: { mode: 'hotplug', match: 'address', addressMap: { '28:00.1': '28:00.2' } },
    };
    expect(await request('vfleet.api.offerings.put', offering)).toEqual(offering);
    expect(await request('vfleet.api.offerings.put', { ...offering, migration: { addressMap: { '28:00.1': '28:00.*' } } })).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: [{ field: 'migration.addressMap.28:00.1' }] },
    });
  });

  it('is put, listed, shown and taken away; a selector that cannot be is refused with its field', async () => {
    const policy = { name: 'gpus stay', mode: 'forbid', selector: { class: '0302' } };
    expect(await request('vfleet.api.policies.put', policy)).toEqual(policy);
    expect(await request('vfleet.api.policies.list', {})).toEqual({ items: [policy], nextCursor: null });
    expect(await request('vfleet.api.policies.get', { name: 'gpus stay' })).toEqual(policy);
    expect(await request('vfleet.api.policies.delete', { name: 'gpus stay' })).toEqual(policy);
    expect(await request('vfleet.api.policies.get', { name: 'gpus stay' })).toMatchObject({ error: { code: 'POLICY_NOT_FOUND' } });
    expect(await request('vfleet.api.policies.put', { ...policy, selector: { vendorid: '8086' }, addressMap: { here: 'there' } })).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: [{ field: 'selector.vendorid' }, { field: 'addressMap.here' }] },
    });
    expect(await request('vfleet.api.policies.put', { ...policy, selector: { linkType: 'ethernet' } })).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: [{ field: 'selector.linkType' }] },
    });
  });
});
