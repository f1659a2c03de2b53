import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, given, online, vmState } from '../testing/given.js';
import { attest, codes, move, moved, planOf } from '../testing/given-moves.js';
import type { Command } from './decide.js';

const nic = (hostId: string, n: number, more = {}) =>
  aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, physicalNetwork: 'physnet1', ...more });
const two = [online('h1'), online('h2'), ...discovered('h1', nic('h1', 1), nic('h1', 2)), ...discovered('h2', nic('h2', 3), nic('h2', 4))];
const running = (request: Partial<DeviceRequest> = {}, more = {}): readonly Command[] => [
  vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE', ...request }], ...more }),
  vmState('vm-1', 'running', { hostId: 'h1' }),
];
const toH2 = move('vm-1', { targetHostId: 'h2' });

describe('a move that may not be', () => {
  it('of a VM that nobody has ever told of is refused as VM_UNKNOWN', () => {
    expect(codes(given(two).when(toH2))).toEqual(['VM_UNKNOWN']);
  });

  it.each(['starting', 'stopping', 'migrating', 'unknown'] as const)('of a VM that is %s is refused as VM_NOT_RUNNING', (state) => {
    const decision = given(two).whenAll(...running(), vmState('vm-1', state, { hostId: 'h1' }), toH2);
    expect(codes(decision)).toEqual(['VM_NOT_RUNNING']);
  });

  it('of a VM that has stopped and kept nothing is refused as VM_NOT_RUNNING', () => {
    expect(codes(given(two).whenAll(...running(), vmState('vm-1', 'stopped'), toH2))).toEqual(['VM_NOT_RUNNING']);
  });

  it('to the host where the VM is, is refused as SAME_HOST', () => {
    expect(codes(given(two).whenAll(...running(), move('vm-1', { targetHostId: 'h1' })))).toEqual(['SAME_HOST']);
  });

  it('to a host that has never been heard of is refused as TARGET_UNKNOWN', () => {
    expect(codes(given(two).whenAll(...running(), move('vm-1', { targetHostId: 'h9' })))).toEqual(['TARGET_UNKNOWN']);
  });

  it('to a host that is silent or offline is refused as TARGET_STALE', () => {
    const stale: Command = { type: 'DeclareStale', hostId: 'h2', lastSeenAt: '2026-11-20T10:00:00.000Z' };
    expect(codes(given(two).whenAll(...running(), stale, toH2))).toEqual(['TARGET_STALE']);
    expect(codes(given(two).whenAll(...running(), fact('HostOffline', 'h2', { reason: 'down' }), toH2))).toEqual(['TARGET_STALE']);
  });

  it('to a host that is being drained is refused as HOST_DRAINING', () => {
    expect(codes(given(two).whenAll(...running(), { type: 'DrainHost', request: { hostId: 'h2' } }, toH2))).toEqual(['HOST_DRAINING']);
  });

  it('is refused as MIGRATION_FORBIDDEN where the policy forbids it, whatever mode is asked for', () => {
    const decision = given(two).whenAll(...running({ migration: { mode: 'forbid' } }), move('vm-1', { targetHostId: 'h2', mode: 'hotplug' }));
    expect(planOf(decision).blockers).toMatchObject([{ code: 'MIGRATION_FORBIDDEN', policy: 'request', deviceId: nic('h1', 1).deviceId }]);
  });

  it('of a running VM whose devices move cold is refused as MIGRATION_FORBIDDEN, unless another mode is asked for', () => {
    expect(codes(given(two).whenAll(...running({ migration: { mode: 'cold' } }), toH2))).toEqual(['MIGRATION_FORBIDDEN']);
    expect(codes(given(two).whenAll(...running(), move('vm-1', { targetHostId: 'h2', mode: 'cold' })))).toEqual(['MIGRATION_FORBIDDEN']);
    expect(codes(given(two).whenAll(...running({ migration: { mode: 'cold' } }), move('vm-1', { targetHostId: 'h2', mode: 'hotplug' })))).toEqual([]);
  });

  it('is refused as STANDBY_REQUIRED until the VM has told of its standby', () => {
    const strict = { migration: { requireStandby: true } };
    expect(codes(given(two).whenAll(...running(strict), toH2))).toEqual(['STANDBY_REQUIRED']);
    expect(codes(given(two).whenAll(...running(strict, { standby: true }), toH2))).toEqual([]);
  });

  it('to a named host without a match is refused as NO_MATCHING_DEVICE, and says what is missing', () => {
    const others = [...two.slice(0, 2), ...discovered('h1', nic('h1', 1)), ...discovered('h2', nic('h2', 3, { physicalNetwork: 'physnet2' }))];
    const [blocker] = planOf(given(others).whenAll(...running(), toH2)).blockers;
    expect(blocker?.code).toBe('NO_MATCHING_DEVICE');
    expect(blocker?.message).toMatch(/10GE-0: 0 of 1 free with .*physicalNetwork physnet1.*NO_MATCH/);
  });

  it('is refused as NO_ELIGIBLE_HOST where no host was named and none has a match', () => {
    const taken = [vmState('vm-2', 'starting', { hostId: 'h2', devices: [{ device: '10GE', count: 2 }] })];
    const [blocker] = planOf(given(two).whenAll(...taken, ...running(), move('vm-1'))).blockers;
    expect(blocker?.code).toBe('NO_ELIGIBLE_HOST');
    expect(blocker?.message).toContain('DEVICE_IN_USE');
  });

  it('is refused as MIGRATION_IN_PROGRESS while another one holds something', () => {
    const held = move('vm-1', { targetHostId: 'h2', migrationId: 'm-1' });
    expect(codes(given(two).whenAll(...running(), held, toH2))).toEqual(['MIGRATION_IN_PROGRESS']);
  });

  it('is told of everything that stands in its way at once', () => {
    const decision = given(two).whenAll(
      ...running({ migration: { mode: 'forbid' } }),
      vmState('vm-1', 'stopping', { hostId: 'h1' }),
      move('vm-1', { targetHostId: 'h9' }),
    );
    expect(codes(decision)).toEqual(['VM_NOT_RUNNING', 'TARGET_UNKNOWN', 'MIGRATION_FORBIDDEN']);
  });
});

describe('a plan of a move', () => {
  it('pairs each device with one of the target, and records nothing', () => {
    const decision = given(two).whenAll(...running({ count: 2 }), toH2);
    expect(moved(decision)).toEqual(['0000:28:00.1 -> 0000:28:00.3 hotplug', '0000:28:00.2 -> 0000:28:00.4 hotplug']);
    expect([decision.events, planOf(decision).held, planOf(decision).sourceHostId]).toEqual([[], false, 'h1']);
  });

  it('finds the best host where none is named, and never the one where the VM is', () => {
    const third = [...two, online('h3'), ...discovered('h3', nic('h3', 5))];
    expect(planOf(given(third).whenAll(...running(), move('vm-1'))).targetHostId).toBe('h3');
  });

  it('of a VM without devices is empty, on the named host or on any that takes VMs', () => {
    const plain = vmState('vm-1', 'running', { hostId: 'h1' });
    expect(planOf(given(two).whenAll(plain, toH2))).toMatchObject({ sourceHostId: 'h1', targetHostId: 'h2', devices: [], blockers: [] });
    expect(planOf(given(two).whenAll(plain, { type: 'DrainHost', request: { hostId: 'h2' } }, move('vm-1')))).toMatchObject({
      blockers: [{ code: 'NO_ELIGIBLE_HOST' }],
    });
    expect(planOf(given(two).whenAll(plain, move('vm-1')))).toMatchObject({ targetHostId: 'h2', blockers: [] });
  });

  it('is cold for a VM that has stopped and kept its devices', () => {
    const decision = given(two).whenAll(...running({ keepOnStop: true }), vmState('vm-1', 'stopped'), toH2);
    expect([codes(decision), moved(decision)]).toEqual([[], ['0000:28:00.1 -> 0000:28:00.3 cold']]);
  });

  it('leaves a device attached that can be moved live to one that can, and unplugs one that cannot', () => {
    const live = (liveMigratable: boolean) => [
      ...two.slice(0, 2),
      ...discovered('h1', nic('h1', 1, { liveMigratable })),
      ...discovered('h2', nic('h2', 3, { liveMigratable: true })),
    ];
    const asked = running({ migration: { mode: 'live' } });
    expect(moved(given(live(true)).whenAll(...asked, toH2))).toEqual(['0000:28:00.1 -> 0000:28:00.3 live']);
    expect(moved(given(live(false)).whenAll(...asked, toH2))).toEqual(['0000:28:00.1 -> 0000:28:00.3 hotplug']);
  });

  it('carries the MAC, and where the guest saw the device', () => {
    const net = [{ ifname: 'ens1', mac: '52:54:00:00:00:01' }];
    const withMac = [...two.slice(0, 2), ...discovered('h1', nic('h1', 1, { net })), ...discovered('h2', nic('h2', 3))];
    const { deviceId, address } = nic('h1', 1);
    const attached = fact('HostdevAttached', 'h1', { commandId: 'c-1', vmId: 'vm-1', deviceId, address, guestAddress: '0000:00:05.0', elapsedMs: 3 });
    const decision = given(withMac).whenAll(...running(), attached, attest('h1', `vm-1 ${address}`), toH2);
    expect(planOf(decision).devices).toMatchObject([{ mac: '52:54:00:00:00:01', guestAddress: '0000:00:05.0' }]);
  });

  it('goes without exactly those devices that cannot be had, where the policy lets it', () => {
    const optional = { count: 2, migration: { onNoTarget: 'detach' as const } };
    const taken = vmState('vm-2', 'starting', { hostId: 'h2', devices: [{ device: '10GE' }] });
    const decision = given(two).whenAll(taken, ...running(optional), toH2);
    expect([codes(decision), moved(decision)]).toEqual([[], ['0000:28:00.1 -> 0000:28:00.4 hotplug', '0000:28:00.2 -> - detach']]);
  });

  it('goes without anything rather than not at all, also where no host is named', () => {
    const taken = vmState('vm-2', 'starting', { hostId: 'h2', devices: [{ device: '10GE', count: 2 }] });
    const decision = given(two).whenAll(taken, ...running({ migration: { onNoTarget: 'detach' } }), move('vm-1'));
    expect([codes(decision), moved(decision)]).toEqual([[], ['0000:28:00.1 -> - detach']]);
  });

  it('unplugs what is attached with its IOMMU group too, and takes its like on the target', () => {
    const audio = (hostId: string, n: number, iommuGroup: number) =>
      aDevice(hostId, `0000:28:00.${n}`, { class: '040300', productId: '0bee', iommuGroup });
    const grouped = [
      online('h1'),
      online('h2'),
      ...discovered('h1', nic('h1', 1, { iommuGroup: 7 }), audio('h1', 2, 7)),
      ...discovered('h2', nic('h2', 3, { iommuGroup: 8 }), audio('h2', 4, 8)),
    ];
    const attached = attest('h1', 'vm-1 0000:28:00.1', 'vm-1 0000:28:00.2');
    expect(moved(given(grouped).whenAll(...running(), attached, toH2))).toEqual([
      '0000:28:00.1 -> 0000:28:00.3 hotplug',
      '0000:28:00.2 -> 0000:28:00.4 hotplug',
    ]);
    expect(moved(given(grouped).whenAll(...running(), attest('h1', 'vm-1 0000:28:00.1'), toH2))).toEqual(['0000:28:00.1 -> 0000:28:00.3 hotplug']);
    const alone = [...grouped.slice(0, 2), ...grouped.slice(2, 4), ...discovered('h2', nic('h2', 3))];
    expect(moved(given(alone).whenAll(...running(), attached, toH2))).toEqual(['0000:28:00.1 -> 0000:28:00.3 hotplug', '0000:28:00.2 -> - detach']);
  });

  it('is not held up by a quota that the VM uses up itself', () => {
    const quota: Command = { type: 'PutQuota', quota: { name: 'acme', tenant: 'acme', match: { name: '10GE' }, limit: 1 } };
    const mine = running({}, { tenant: 'acme' });
    expect(codes(given(two).whenAll(quota, ...mine, attest('h1', 'vm-1 0000:28:00.1'), toH2))).toEqual([]);
  });
});
