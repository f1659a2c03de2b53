import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest, Offering, Policy } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, given, online, vmState } from '../testing/given.js';
import { move, planOf } from '../testing/given-moves.js';
import type { Command } from './decide.js';
import type { Decision } from './decision.js';

const nic = (hostId: string, more = {}) => aDevice(hostId, '0000:28:00.1', { name: '10GE', iommuGroup: 1, physicalNetwork: 'physnet1', ...more });
const fleet = [online('h1'), online('h2'), ...discovered('h1', nic('h1')), ...discovered('h2', nic('h2'))];
const put = (name: string, policy: Omit<Policy, 'name'>): Command => ({ type: 'PutPolicy', policy: { name, ...policy } });
const offer = (offering: Offering): Command => ({ type: 'PutOffering', offering });

/** The plan for a running VM with one NIC. */
const planned = (stored: readonly Command[], request: Partial<DeviceRequest> = {}, more: object = {}): Decision =>
  given(fleet).whenAll(
    ...stored,
    vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE', ...request }], ...more }),
    vmState('vm-1', 'running', { hostId: 'h1' }),
    move('vm-1', { targetHostId: 'h2' }),
  );
const deciding = (decision: Decision): string | undefined => planOf(decision).devices[0]?.policy;

describe('the policy of a device', () => {
  it('is the default where nobody said anything', () => {
    const plan = planOf(planned([]));
    expect([plan.devices[0]?.policy, plan.devices[0]?.mode, plan.deadlines]).toEqual(['default', 'hotplug', { unplug: 30, migrate: 3600, plug: 30 }]);
  });

  it('is the stored one whose selector says most, and of equals the first by name', () => {
    const forAll = put('everything', { mode: 'hotplug' });
    const narrow = put('narrow', { mode: 'hotplug', selector: { name: '10GE', kind: 'pci' } });
    const alike = put('alike', { mode: 'hotplug', selector: { name: '10GE', vendorId: '8086' } });
    const others = put('others', { mode: 'forbid', selector: { name: 'GPU', kind: 'pci', vendorId: '8086' } });
    expect(deciding(planned([forAll]))).toBe('everything');
    expect(deciding(planned([forAll, narrow, others]))).toBe('narrow');
    expect(deciding(planned([forAll, narrow, alike]))).toBe('alike');
  });

  it('is the offering’s before a stored one, and the request’s own before that', () => {
    const stored = put('strict', { mode: 'forbid' });
    const offering = { name: 'net', devices: [{ device: '10GE' }], migration: { mode: 'hotplug' as const } };
    const own = { ...offering, devices: [{ device: '10GE', migration: { mode: 'hotplug' as const } }] };
    expect(deciding(planned([stored, offer(offering)], {}, { devices: [], offering: 'net' }))).toBe('offering net');
    expect(deciding(planned([stored, offer(own)], {}, { devices: [], offering: 'net' }))).toBe('request');
    expect(deciding(planned([stored], { migration: { mode: 'hotplug' } }))).toBe('request');
  });

  it('of an offering is not that of what the VM asks for beside it', () => {
    const both = [nic('h1'), aDevice('h1', '0000:29:00.1', { name: 'GPU', iommuGroup: 2 })];
    const decision = given(fleet, discovered('h1', ...both)).whenAll(
      offer({ name: 'net', devices: [{ device: '10GE' }], migration: { mode: 'forbid' } }),
      vmState('vm-1', 'starting', { hostId: 'h1', offering: 'net', devices: [{ device: 'GPU' }] }),
      vmState('vm-1', 'running', { hostId: 'h1' }),
      move('vm-1', { targetHostId: 'h2' }),
    );
    expect(planOf(decision).devices.map(({ policy }) => policy)).toEqual(['offering net', 'default']);
  });

  it('of an alias counts for those who ask by it', () => {
    const alias: Command = { type: 'PutAlias', alias: { name: 'fast', request: { device: '10GE', migration: { mode: 'forbid' } } } };
    const decision = given(fleet).whenAll(
      alias,
      vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ alias: 'fast' }] }),
      vmState('vm-1', 'running', { hostId: 'h1' }),
      move('vm-1', { targetHostId: 'h2' }),
    );
    expect(planOf(decision).blockers).toMatchObject([{ code: 'MIGRATION_FORBIDDEN', policy: 'request' }]);
  });

  it('is put together field by field, the most specific one first', () => {
    const stored = put('slow', { mode: 'hotplug', deadlines: { migrate: 60, plug: 5 } });
    expect(planOf(planned([stored], { migration: { deadlines: { plug: 9 } } })).deadlines).toEqual({ unplug: 30, migrate: 60, plug: 9 });
  });

  it('takes the placement of the request only where no policy says a match', () => {
    const elsewhere = aDevice('h2', '0000:40:00.0', { name: '10GE', iommuGroup: 9, physicalNetwork: 'physnet2' });
    const target = [online('h1'), online('h2'), ...discovered('h1', nic('h1')), ...discovered('h2', elsewhere)];
    const codesFor = (stored: readonly Command[], request: Partial<DeviceRequest>): readonly string[] =>
      planOf(
        given(target).whenAll(
          ...stored,
          vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE', ...request }] }),
          vmState('vm-1', 'running', { hostId: 'h1' }),
          move('vm-1', { targetHostId: 'h2' }),
        ),
      ).blockers.map(({ code }) => code);
    expect(codesFor([], {})).toEqual(['NO_MATCHING_DEVICE']);
    expect(codesFor([], { placement: 'any' })).toEqual([]);
    expect(codesFor([], { placement: 'same-address' })).toEqual(['NO_MATCHING_DEVICE']);
    expect(codesFor([put('ports', { mode: 'hotplug', match: 'network' })], { placement: 'any' })).toEqual(['NO_MATCHING_DEVICE']);
  });
});

describe('a stored policy', () => {
  it('is put once, and taken away with what was there', () => {
    const policy = put('strict', { mode: 'forbid' });
    expect(given().whenAll(policy).events).toMatchObject([{ type: 'PolicyPut', data: { name: 'strict', mode: 'forbid' } }]);
    expect(given().whenAll(policy, policy).events).toEqual([]);
    const removed = given().whenAll(policy, { type: 'RemovePolicy', name: 'strict' });
    expect([removed.events, removed.answer]).toMatchObject([[{ type: 'PolicyRemoved' }], { kind: 'catalog', entry: { mode: 'forbid' } }]);
    expect(given().when({ type: 'RemovePolicy', name: 'strict' }).answer).toMatchObject({ kind: 'missing', refusal: { code: 'POLICY_NOT_FOUND' } });
  });
});
