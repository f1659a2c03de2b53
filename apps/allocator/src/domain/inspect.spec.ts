import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest, InspectedVm } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, given, online, vmState } from '../testing/given.js';
import type { Command } from './decide.js';
import type { Decision } from './decision.js';

const nic = (n: number) => aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n });
const gpu = aDevice('h1', '0000:41:00.0', { name: 'GPU', iommuGroup: 41 });
const sound = aDevice('h1', '0000:41:00.1', { name: 'sound', iommuGroup: 41 });
const one = [online('h1'), ...discovered('h1', nic(1), nic(2), gpu, sound)];
const running = (...devices: readonly DeviceRequest[]): readonly Command[] => [
  vmState('vm-1', 'starting', { hostId: 'h1', devices: [...devices] }),
  vmState('vm-1', 'running', { hostId: 'h1' }),
];
const inspect = (what: { requestName?: string; deviceId?: string } = {}): Command => ({ type: 'InspectVm', request: { vmId: 'vm-1', ...what } });
const said = ({ answer }: Decision): Partial<InspectedVm> & { code?: string } =>
  answer.kind === 'inspected' ? answer.inspected : 'refusal' in answer ? { code: answer.refusal.code } : {};
const removed = (decision: Decision): readonly string[] | undefined => said(decision).removed?.map(({ address }) => address);

describe('who asks what a VM would give back', () => {
  it('is told the devices of its request, with what goes along in their IOMMU group, and nothing is recorded', () => {
    const decision = given(one).whenAll(...running({ device: '10GE' }, { name: 'gpu', device: 'GPU' }), inspect({ requestName: 'gpu' }));
    expect([decision.events, removed(decision)]).toEqual([[], ['0000:41:00.0', '0000:41:00.1']]);
    expect(said(decision)).toMatchObject({ running: true, reservation: { hostId: 'h1' }, deadlines: { unplug: 30, plug: 30 } });
  });

  it('is told one device of a request of several', () => {
    const commands = [...running({ name: 'nics', device: '10GE', count: 2 }), inspect({ deviceId: nic(2).deviceId })];
    expect(removed(given(one).whenAll(...commands))).toEqual(['0000:28:00.2']);
  });

  it('is told how patient the request wants to be', () => {
    const patient = { name: 'gpu', device: 'GPU', migration: { deadlines: { unplug: 90 } } };
    const decision = given(one).whenAll(...running({ device: '10GE' }, patient), inspect({ requestName: 'gpu' }));
    expect(said(decision).deadlines).toMatchObject({ unplug: 90, plug: 30 });
    expect(said(given(one).whenAll(...running({ device: '10GE' }, patient), inspect({ requestName: '10GE-0' }))).deadlines).toMatchObject({
      unplug: 30,
    });
  });

  it('is told that there is no such VM, no such request, and no such device', () => {
    expect(said(given(one).when(inspect()))).toEqual({ code: 'VM_NOT_FOUND' });
    expect(said(given(one).whenAll(...running({ device: '10GE' }), inspect({ requestName: 'gpu' })))).toEqual({ code: 'REQUEST_NOT_FOUND' });
    expect(said(given(one).whenAll(...running({ device: '10GE' }), inspect({ deviceId: gpu.deviceId })))).toEqual({ code: 'DEVICE_NOT_FOUND' });
  });

  it('is told that what goes along with another device is not given back by itself', () => {
    const commands = [...running({ name: 'gpu', device: 'GPU' }), inspect({ deviceId: sound.deviceId })];
    expect(said(given(one).whenAll(...commands))).toEqual({ code: 'IOMMU_GROUP_IN_USE' });
  });
});

describe('who asks for a VM', () => {
  it.each([
    ['running', true],
    ['paused', true],
    ['stopping', false],
    ['unknown', false],
  ] as const)('is told of one that is %s whether devices are plugged into it', (state, plugs) => {
    const commands = [...running({ device: '10GE' }), vmState('vm-1', state), inspect()];
    expect(said(given(one).whenAll(...commands))).toMatchObject({
      running: plugs,
      removed: [],
      reservation: { devices: [{ address: '0000:28:00.1' }] },
    });
  });

  it('is told of one that holds nothing', () => {
    expect(said(given(one).whenAll(vmState('vm-1', 'running', { hostId: 'h1' }), inspect()))).toMatchObject({ running: true, reservation: null });
  });
});
