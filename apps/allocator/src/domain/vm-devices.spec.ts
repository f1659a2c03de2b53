import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, fleetOf, given, names, online, only, quiet, take, vmState } from '../testing/given.js';
import { attest, move } from '../testing/given-moves.js';
import { decide, type Command } from './decide.js';
import type { Decision } from './decision.js';

const nic = (n: number, iommuGroup = n) => aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup });
const gpu = aDevice('h1', '0000:41:00.0', { name: 'GPU', iommuGroup: 41 });
const one = [online('h1'), ...discovered('h1', nic(1), nic(2), nic(3), gpu)];
const running = (...devices: readonly DeviceRequest[]): readonly Command[] => [
  vmState('vm-1', 'starting', { hostId: 'h1', devices: [...devices] }),
  vmState('vm-1', 'running', { hostId: 'h1' }),
];
const extend = (devices: readonly DeviceRequest[], operationId = 'o-1'): Command => ({
  type: 'ExtendVm',
  request: { vmId: 'vm-1', devices: [...devices], operationId },
});
const shrink = (what: { requestName?: string; deviceId?: string }): Command => ({ type: 'ShrinkVm', request: { vmId: 'vm-1', ...what } });

const added = ({ answer }: Decision): readonly string[] =>
  answer.kind === 'extended' ? answer.added.map(({ requestName, address }) => `${requestName} ${address}`) : [];
const removed = ({ answer }: Decision): readonly string[] => (answer.kind === 'shrunk' ? answer.removed.map(({ address }) => address) : []);
const code = ({ answer }: Decision): string => ('refusal' in answer ? answer.refusal.code : answer.kind);

/** What the VM holds and wants after some commands, as `name address`. */
const after = (...commands: readonly Command[]) => {
  const fleet = fleetOf(one);
  for (const command of commands) take(fleet, decide(fleet, command, quiet()));
  const held = fleet.host('h1')?.reservations.get('vm-1');
  return { holds: held?.devices.map(({ requestName, address }) => `${requestName} ${address}`) ?? [], wants: fleet.vm('vm-1')?.wishes.devices, held };
};

describe('a VM that is given more devices', () => {
  it('keeps what it holds, and is told what was added', () => {
    const decision = given(one).whenAll(...running({ device: '10GE' }), extend([{ name: 'gpu', device: 'GPU' }]));
    expect(added(decision)).toEqual(['gpu 0000:41:00.0']);
    expect(names(decision)).toEqual(['DevicesReleased', 'DevicesReserved', 'VmStateRecorded']);
    expect(only(decision, 'DevicesReserved')).toMatchObject({
      devices: [{ address: '0000:28:00.1' }, { address: '0000:41:00.0', addedBy: 'o-1' }],
      requests: [{ device: '10GE' }, { name: 'gpu', device: 'GPU' }],
    });
  });

  it('keeps its reservation, and the names that were made go on', () => {
    const before = after(...running({ device: '10GE' }));
    const later = after(...running({ device: '10GE' }), extend([{ device: '10GE' }]));
    expect(later.holds).toEqual(['10GE-0 0000:28:00.1', '10GE-1 0000:28:00.2']);
    expect(later.held?.since).toBe(before.held?.since);
  });

  it('is given them once for one operation', () => {
    const again = given(one).whenAll(...running({ device: '10GE' }), extend([{ device: '10GE' }]), extend([{ device: '10GE' }]));
    expect([again.events, added(again)]).toEqual([[], ['10GE-1 0000:28:00.2']]);
    expect(after(...running({ device: '10GE' }), extend([{ device: '10GE' }]), extend([{ device: '10GE' }], 'o-2')).holds).toHaveLength(3);
  });

  it('is given all of them or none', () => {
    const decision = given(one).whenAll(...running({ device: '10GE' }), extend([{ device: 'GPU' }, { device: '10GE', count: 3 }]));
    expect([decision.events, code(decision)]).toEqual([[], 'UNSATISFIABLE']);
  });

  it('is refused a name that it has already', () => {
    expect(code(given(one).whenAll(...running({ name: 'net', device: '10GE' }), extend([{ name: 'net', device: 'GPU' }])))).toBe('ALREADY_EXISTS');
  });

  it('is refused while it moves, and as long as nobody knows it', () => {
    const away = [online('h2'), ...discovered('h2', aDevice('h2', '0000:28:00.1', { name: '10GE', iommuGroup: 1 }))];
    const moving = move('vm-1', { targetHostId: 'h2', migrationId: 'm-1' });
    const decision = given(one, away).whenAll(...running({ device: '10GE' }), moving, extend([{ device: 'GPU' }]));
    expect(code(decision)).toBe('MIGRATION_IN_PROGRESS');
    expect(code(given(one).when(extend([{ device: 'GPU' }])))).toBe('VM_NOT_FOUND');
  });

  it('that holds nothing is given its first ones where it runs', () => {
    const plain = vmState('vm-1', 'running', { hostId: 'h1' });
    expect(added(given(one).whenAll(plain, extend([{ device: 'GPU' }])))).toEqual(['GPU-0 0000:41:00.0']);
    expect(added(given(one).whenAll(plain, extend([{ device: 'GPU' }]), extend([{ device: 'GPU' }])))).toEqual(['GPU-0 0000:41:00.0']);
  });

  it('is given them where it holds what it asked for, not where something was found attached', () => {
    const elsewhere = [online('h2'), ...discovered('h2', aDevice('h2', '0000:28:00.1', { name: '10GE', iommuGroup: 1 }))];
    const strange = attest('h2', 'vm-1 0000:28:00.1');
    expect(only(given(one, elsewhere).whenAll(...running({ device: '10GE' }), strange, extend([{ device: 'GPU' }])), 'DevicesReserved').hostId).toBe(
      'h1',
    );
  });

  it('never has a PF and its VFs together', () => {
    const pf = aDevice('h1', '0000:03:00.0', { name: 'pf', functionType: 'pf', totalVfs: 2, numVfs: 0, iommuGroup: 30 });
    const vf = aDevice('h1', '0000:03:10.0', { name: 'vf', functionType: 'vf', vfIndex: 0, parentDeviceId: pf.deviceId, iommuGroup: 31 });
    const host = [online('h1'), ...discovered('h1', pf, vf)];
    expect(code(given(host).whenAll(...running({ device: 'vf' }), extend([{ match: { functionType: 'pf' } }])))).toBe('UNSATISFIABLE');
  });

  it('never has a VF of the PF that went along with its IOMMU group, when VFs were enabled since', () => {
    const pf = aDevice('h1', '0000:03:00.0', { name: 'pf', functionType: 'pf', totalVfs: 2, numVfs: 0, iommuGroup: 30 });
    const asked = aDevice('h1', '0000:28:00.1', { name: 'plain', iommuGroup: 30 });
    const vf = aDevice('h1', '0000:03:10.0', { name: 'vf', functionType: 'vf', vfIndex: 0, parentDeviceId: pf.deviceId, iommuGroup: 31 });
    const host = [online('h1'), ...discovered('h1', pf, asked)];
    const refused = given(host).whenAll(...running({ device: 'plain' }), fact('DeviceDiscovered', 'h1', { device: vf }), extend([{ device: 'vf' }]));
    expect(refused.answer).toMatchObject({ kind: 'refused', refusal: { code: 'UNSATISFIABLE', message: expect.stringContaining('0000:03:00.0') } });
  });

  it('is told that IOMMU groups are not kept apart, where its host has come to accept that since, or did when the rest was given', () => {
    const accepts = (unsafeIommuGroups: boolean): Command =>
      fact('HostOnline', 'h1', { hostname: 'h1', agentVersion: '0', heartbeatSeconds: 10, unsafeIommuGroups });
    const more = extend([{ device: 'GPU' }]);
    expect(only(given(one).whenAll(...running({ device: '10GE' }), accepts(true), more), 'DevicesReserved').unsafe).toBe(true);
    expect(only(given(one).whenAll(accepts(true), ...running({ device: '10GE' }), accepts(false), more), 'DevicesReserved').unsafe).toBe(true);
    expect(only(given(one).whenAll(...running({ device: '10GE' }), more), 'DevicesReserved')).not.toHaveProperty('unsafe');
  });

  it('keeps what could not be given any more, which counts against its quota all the same', () => {
    const quota = (limit: number): Command => ({ type: 'PutQuota', quota: { name: 'acme', tenant: 'acme', match: { kind: 'pci' }, limit } });
    const start = vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE' }], tenant: 'acme' });
    const spoilt = fact('DeviceChanged', 'h1', { deviceId: nic(1).deviceId, device: { ...nic(1), hostUse: [{ code: 'mounted', detail: '/' }] } });
    expect(code(given(one).whenAll(start, spoilt, quota(1), extend([{ device: 'GPU' }])))).toBe('QUOTA_EXCEEDED');
    const decision = given(one).whenAll(start, spoilt, quota(2), extend([{ device: 'GPU' }]));
    expect(only(decision, 'DevicesReserved').devices).toMatchObject([{ address: '0000:28:00.1' }, { address: '0000:41:00.0' }]);
  });

  it('keeps them over the states that follow', () => {
    const commands = [...running({ device: '10GE' }), extend([{ device: 'GPU' }]), vmState('vm-1', 'paused'), vmState('vm-1', 'running')];
    expect(after(...commands).holds).toHaveLength(2);
    expect(after(...running({ device: '10GE' }), extend([{ device: 'GPU' }])).wants).toEqual([{ device: '10GE' }, { device: 'GPU' }]);
  });
});

describe('a VM that gives a device back', () => {
  it('by its request keeps the rest, and no longer wants it', () => {
    const commands = [...running({ name: 'net', device: '10GE' }, { name: 'gpu', device: 'GPU' }), shrink({ requestName: 'gpu' })];
    expect(removed(given(one).whenAll(...commands))).toEqual(['0000:41:00.0']);
    expect(after(...commands)).toMatchObject({ holds: ['net 0000:28:00.1'], wants: [{ name: 'net', device: '10GE' }] });
  });

  it('by device takes one of several of a request', () => {
    const commands = [...running({ device: '10GE', count: 3 }), shrink({ deviceId: nic(2).deviceId })];
    expect(after(...commands)).toMatchObject({
      holds: ['10GE-0 0000:28:00.1', '10GE-0 0000:28:00.3'],
      wants: [{ name: '10GE-0', device: '10GE', count: 2 }],
    });
  });

  it('of a list of names takes the one that is meant', () => {
    const commands = [...running({ device: '10GE,GPU,10GE' }), shrink({ requestName: 'GPU-0' })];
    expect(after(...commands)).toMatchObject({
      holds: ['10GE-0 0000:28:00.1', '10GE-1 0000:28:00.2'],
      wants: [
        { name: '10GE-0', device: '10GE', count: 1 },
        { name: '10GE-1', device: '10GE', count: 1 },
      ],
    });
  });

  it('of an offering wants what is left of the offering', () => {
    const offering: Command = {
      type: 'PutOffering',
      offering: { name: 'heavy', keepOnStop: true, devices: [{ device: '10GE' }, { device: 'GPU' }] },
    };
    const fleet = [vmState('vm-1', 'starting', { hostId: 'h1', offering: 'heavy' }), shrink({ requestName: 'GPU-0' })];
    const { holds, wants, held } = after(offering, ...fleet);
    expect([holds, held?.offering, wants]).toEqual([['10GE-0 0000:28:00.1'], undefined, [{ keepOnStop: true, device: '10GE', name: '10GE-0' }]]);
  });

  it('that is its last one holds nothing, and is given nothing by its next state', () => {
    const commands = [...running({ device: 'GPU' }), shrink({ requestName: 'GPU-0' }), vmState('vm-1', 'running', { hostId: 'h1' })];
    expect(after(...commands)).toMatchObject({ holds: [], wants: [] });
  });

  it('a second time is told that it has gone', () => {
    const again = given(one).whenAll(
      ...running({ device: 'GPU' }, { device: '10GE' }),
      shrink({ requestName: 'GPU-0' }),
      shrink({ requestName: 'GPU-0' }),
    );
    expect([again.events, removed(again), code(again)]).toEqual([[], [], 'shrunk']);
  });

  it('that is still attached keeps it from others until it is free', () => {
    const attached = attest('h1', 'vm-1 0000:41:00.0', 'vm-1 0000:28:00.1');
    const decision = given(one).whenAll(...running({ device: 'GPU' }, { device: '10GE' }), attached, shrink({ requestName: 'GPU-0' }));
    expect(only(decision, 'ReleasePending').devices).toMatchObject([{ address: '0000:41:00.0' }]);
  });

  it('gives back its whole IOMMU group, unless another of its devices is in it', () => {
    const grouped = [online('h1'), ...discovered('h1', nic(1, 7), nic(2, 7), gpu)];
    const alone = given(grouped).whenAll(...running({ device: '10GE' }, { device: 'GPU' }), shrink({ requestName: '10GE-0' }));
    expect(removed(alone)).toEqual(['0000:28:00.1', '0000:28:00.2']);
    const shared = given(grouped).whenAll(...running({ device: '10GE', count: 2 }), shrink({ deviceId: nic(2).deviceId }));
    expect([removed(shared), only(shared, 'DevicesReserved').devices]).toMatchObject([
      [],
      [{ address: '0000:28:00.1' }, { address: '0000:28:00.2', affected: true }],
    ]);
    const going = given(grouped).whenAll(...running({ device: '10GE' }), shrink({ deviceId: nic(2).deviceId }));
    expect(code(going)).toBe('IOMMU_GROUP_IN_USE');
  });

  it('says either the request or the device', () => {
    expect(code(given(one).whenAll(...running({ device: 'GPU' }), shrink({})))).toBe('INVALID_REQUEST');
  });
});
