import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, fleetOf, given, names, online, only, quiet, take, vmState } from '../testing/given.js';
import { move } from '../testing/given-moves.js';
import { decide, type Command } from './decide.js';
import type { Decision } from './decision.js';

const nic = (hostId: string, n: number) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n });
const two = [
  online('h1'),
  online('h2'),
  ...discovered('h1', nic('h1', 1), nic('h1', 2)),
  ...discovered('h2', nic('h2', 3), nic('h2', 4), nic('h2', 5)),
];
const held = (count: number): readonly Command[] => [
  vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE', count }] }),
  vmState('vm-1', 'running', { hostId: 'h1' }),
  move('vm-1', { targetHostId: 'h2', migrationId: 'm-1' }),
];
const replace = (tried: readonly number[], more = {}): Command => ({
  type: 'ReplaceTarget',
  request: { vmId: 'vm-1', migrationId: 'm-1', requestName: '10GE-0', tried: tried.map((n) => ({ deviceId: nic('h2', n).deviceId })), ...more },
});
const vanished = (n: number): Command => fact('DeviceRemoved', 'h2', { deviceId: nic('h2', n).deviceId, address: `0000:28:00.${n}`, reason: 'gone' });
const replacedBy = ({ answer }: Decision): string | null | undefined =>
  answer.kind === 'replaced' ? (answer.device?.target?.address ?? null) : undefined;

describe('a device that cannot be plugged on the target', () => {
  it('is replaced by another one that was not tried, and goes back', () => {
    const decision = given(two).whenAll(...held(1), replace([3]));
    expect(replacedBy(decision)).toBe('0000:28:00.4');
    expect(only(decision, 'DevicesReleased')).toMatchObject({ hostId: 'h2', cause: 'replaced', devices: [{ address: '0000:28:00.3' }] });
    expect(only(decision, 'DevicesReserved')).toMatchObject({
      migrationId: 'm-1',
      devices: [{ address: '0000:28:00.4', requestName: '10GE-0', movesFrom: nic('h1', 1).deviceId }],
    });
  });

  it('is replaced once, however often it is asked for', () => {
    const again = given(two).whenAll(...held(1), replace([3]), replace([3]));
    expect([again.events, replacedBy(again)]).toEqual([[], '0000:28:00.4']);
  });

  it('is replaced by one after the other until there is none, and the last one stays held', () => {
    expect(replacedBy(given(two).whenAll(...held(1), replace([3]), replace([3, 4])))).toBe('0000:28:00.5');
    const none = given(two).whenAll(...held(1), replace([3]), replace([3, 4]), replace([3, 4, 5]));
    expect([none.events, replacedBy(none)]).toEqual([[], null]);
  });

  it('leaves the rest marked as shared with others, where the target accepted that when it was given', () => {
    const accepts = (unsafeIommuGroups: boolean): Command =>
      fact('HostOnline', 'h2', { hostname: 'h2', agentVersion: '0', heartbeatSeconds: 10, unsafeIommuGroups });
    const decision = given(two).whenAll(accepts(true), ...held(2), accepts(false), replace([3]));
    expect(only(decision, 'DevicesReserved')).toMatchObject({ unsafe: true });
    expect(only(given(two).whenAll(...held(2), replace([3])), 'DevicesReserved')).not.toHaveProperty('unsafe');
  });

  it('is replaced without a trial where it has vanished', () => {
    const decision = given(two).whenAll(...held(1), vanished(3), replace([]));
    expect(replacedBy(decision)).toBe('0000:28:00.4');
    expect(names(decision)).toEqual(['DevicesReleased', 'DeviceRemoved', 'DevicesReserved']);
  });

  it('of several of one request is the one that is named, else the one that needs it; the others stay', () => {
    const second = nic('h1', 2).deviceId;
    const named = given(two).whenAll(...held(2), replace([4], { sourceDeviceId: second }));
    expect(only(named, 'DevicesReserved').devices).toMatchObject([
      { address: '0000:28:00.3', movesFrom: nic('h1', 1).deviceId },
      { address: '0000:28:00.5', movesFrom: second },
    ]);
    expect(replacedBy(given(two).whenAll(...held(2), replace([4])))).toBe('0000:28:00.5');
    expect(replacedBy(given(two).whenAll(...held(2), replace([], { sourceDeviceId: second })))).toBe('0000:28:00.4');
  });

  it('is not replaced for a migration that holds nothing, or a request that the VM does not have', () => {
    expect(replacedBy(given(two).whenAll(...held(1), replace([3], { migrationId: 'm-9' })))).toBeNull();
    expect(replacedBy(given(two).whenAll(...held(1), replace([3], { requestName: 'other' })))).toBeNull();
  });

  it('is not replaced where it only goes along with its IOMMU group', () => {
    const audio = (hostId: string, n: number, iommuGroup: number) => aDevice(hostId, `0000:28:00.${n}`, { class: '040300', iommuGroup });
    const grouped = [
      online('h1'),
      online('h2'),
      ...discovered('h1', nic('h1', 1)),
      ...discovered('h2', aDevice('h2', '0000:28:00.3', { name: '10GE', iommuGroup: 3 }), audio('h2', 6, 3), nic('h2', 4)),
    ];
    const other = vmState('vm-2', 'starting', { hostId: 'h2', devices: [{ match: { address: '0000:28:00.4' } }] });
    const devices = [{ address: '0000:28:00.3' }, { address: '0000:28:00.6', affected: true }];
    expect(only(given(grouped).whenAll(other, ...held(1)), 'DevicesReserved')).toMatchObject({ devices });
    expect(replacedBy(given(grouped).whenAll(...held(1), replace([3])))).toBe('0000:28:00.4');
    expect(replacedBy(given(grouped).whenAll(other, ...held(1), replace([6])))).toBeNull();
  });

  it('never takes what another VM holds', () => {
    const others = vmState('vm-2', 'starting', { hostId: 'h2', devices: [{ device: '10GE', count: 2 }] });
    const fleet = fleetOf(two);
    for (const command of [...held(1), others]) take(fleet, decide(fleet, command, quiet()));
    expect(replacedBy(decide(fleet, replace([3]), quiet()))).toBeNull();
  });
});
