import { describe, expect, it } from '@jest/globals';
import type { DeviceObservation } from '@vfleet/pci';
import { isSameCommand, isSuperseded, locate, toCommandOutcome, toFactData, unsettled, type TakenCommand } from './hostdev-command.js';

const ADDRESS = '0000:01:10.2';
const aCommand = (
  commandId: string,
  verb: TakenCommand['verb'],
  code?: 'TIMEOUT' | 'GUEST_REFUSED' | 'DRIVER_ERROR',
  vmId = 'vm-1',
): TakenCommand => ({
  verb,
  command: { commandId, vmId, deviceId: 'a'.repeat(20), address: ADDRESS, deadlineSeconds: 30 },
  acceptedAt: 0,
  outcome: code ? { fact: 'HostdevFailed', address: ADDRESS, code, elapsedMs: 1 } : { fact: 'HostdevDetached', address: ADDRESS, elapsedMs: 1 },
});
const plugged = (commandId: string): TakenCommand => ({
  ...aCommand(commandId, 'hostdev.attach'),
  outcome: { fact: 'HostdevAttached', address: ADDRESS, elapsedMs: 1 },
});
const ids = (commands: readonly TakenCommand[]): readonly string[] => unsettled(commands).map(({ command }) => command.commandId);

describe('a guest that did not let go of a device', () => {
  it('may do so yet, after silence and after a refusal', () => {
    expect(ids([aCommand('c1', 'hostdev.detach', 'TIMEOUT'), aCommand('c2', 'hostdev.detach', 'GUEST_REFUSED', 'vm-2')])).toEqual(['c1', 'c2']);
  });

  it('may do so also when the device was ordered to be plugged since: it was still there, and nothing was taken back', () => {
    const silent = aCommand('c1', 'hostdev.detach', 'TIMEOUT');
    expect(ids([silent, plugged('c2')])).toEqual(['c1']);
    expect(ids([silent, plugged('c2'), plugged('c3')])).toEqual(['c1']);
  });

  it('is not watched after any other end, or a newer order about the device', () => {
    expect(ids([aCommand('c1', 'hostdev.detach'), aCommand('c2', 'hostdev.detach', 'DRIVER_ERROR', 'vm-2')])).toEqual([]);
    expect(ids([aCommand('c1', 'hostdev.detach', 'TIMEOUT'), aCommand('c2', 'hostdev.detach')])).toEqual([]);
    expect(ids([aCommand('c1', 'hostdev.detach', 'TIMEOUT'), aCommand('c2', 'hostdev.attach', 'DRIVER_ERROR')])).toEqual([]);
    expect(ids([plugged('c1')])).toEqual([]);
    expect(ids([aCommand('c1', 'hostdev.attach', 'TIMEOUT')])).toEqual([]);
  });

  it('is not watched while the device is being plugged', () => {
    const { outcome: _, ...underWay } = plugged('c2');
    expect(ids([aCommand('c1', 'hostdev.detach', 'TIMEOUT'), underWay])).toEqual([]);
  });
});

describe('what became of a command', () => {
  it('is told with everything that the command was about', () => {
    const taken = aCommand('c1', 'hostdev.attach');
    const attached = toCommandOutcome({ done: 'attached', guestAddress: '0000:06:00.0' }, ADDRESS, 7);
    expect([attached.fact, toFactData(taken, attached)]).toEqual([
      'HostdevAttached',
      { commandId: 'c1', vmId: 'vm-1', deviceId: 'a'.repeat(20), address: ADDRESS, guestAddress: '0000:06:00.0', elapsedMs: 7 },
    ]);
    expect(toCommandOutcome({ failed: 'TIMEOUT', message: 'x'.repeat(2_000) }, ADDRESS, 7)).toEqual({
      fact: 'HostdevFailed',
      address: ADDRESS,
      code: 'TIMEOUT',
      message: 'x'.repeat(1_024),
      elapsedMs: 7,
    });
  });

  it('says what is against moving its VM, where something is', () => {
    const out = { done: 'detached' } as const;
    expect(toCommandOutcome({ ...out, migrationBlockers: ['a shared folder'] }, ADDRESS, 7)).toMatchObject({
      migrationBlockers: ['a shared folder'],
    });
    expect(toCommandOutcome({ ...out, migrationBlockers: [] }, ADDRESS, 7)).not.toHaveProperty('migrationBlockers');
  });

  it('is superseded once something newer was done with the device, for whatever VM', () => {
    const [first, other, newer] = [aCommand('c1', 'hostdev.attach'), aCommand('c2', 'hostdev.attach'), aCommand('c3', 'hostdev.detach')];
    const elsewhere = { ...other, command: { ...other.command, deviceId: 'b'.repeat(20) } };
    const { outcome: _, ...underWay } = newer;
    expect(isSuperseded(first, [first, elsewhere])).toBe(false);
    expect(isSuperseded(first, [first, underWay])).toBe(false);
    expect(isSuperseded(first, [first, newer])).toBe(true);
    expect(isSuperseded(newer, [first, newer])).toBe(false);
  });

  it('is asked for by the same verb, VM and device', () => {
    const { command, ...taken } = aCommand('c1', 'hostdev.attach');
    expect(isSameCommand({ ...taken, command }, 'hostdev.attach', { ...command, deadlineSeconds: 5, address: '0000:02:00.0' })).toBe(true);
    expect(isSameCommand({ ...taken, command }, 'hostdev.detach', command)).toBe(false);
    expect(isSameCommand({ ...taken, command }, 'hostdev.attach', { ...command, vmId: 'vm-2' })).toBe(false);
  });
});

describe('a device', () => {
  const pf = { deviceId: 'pf', address: '0000:01:00.0', net: [{ ifname: 'ens1f0' }] } as unknown as DeviceObservation;
  const vf = { deviceId: 'vf', address: ADDRESS, parentDeviceId: 'pf', vfIndex: 2, net: [] } as unknown as DeviceObservation;

  it('is found where it is now, a virtual function with its PF', () => {
    expect([locate([pf, vf], 'vf'), locate([pf, vf], 'pf'), locate([pf, vf], 'x')]).toEqual([
      { address: ADDRESS, vf: { pf: 'ens1f0', index: 2 } },
      { address: '0000:01:00.0' },
      undefined,
    ]);
  });

  it('whose PF has no interface cannot be given a MAC', () => {
    expect(locate([{ ...pf, net: [] }, vf], 'vf')).toEqual({ address: ADDRESS });
  });
});
