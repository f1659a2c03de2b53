import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, fleetOf, given, names, online, only, quiet, take, vmState } from '../testing/given.js';
import { attest } from '../testing/given-moves.js';
import { decide, type Command } from './decide.js';

const nic = (n: number) => aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n });
const host = [online('h1'), ...discovered('h1', nic(1), nic(2))];
const running: readonly Command[] = [
  vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE' }] }),
  vmState('vm-1', 'running', { hostId: 'h1' }),
];
const plugged = (name: 'HostdevAttached' | 'HostdevDetached', vmId: string, n = 1, more = {}): Command =>
  fact(name, 'h1', { commandId: 'c-1', vmId, deviceId: nic(n).deviceId, address: `0000:28:00.${n}`, elapsedMs: 5, ...more });
const attached = attest('h1', 'vm-1 0000:28:00.1');

describe('a device that was unplugged', () => {
  it('is free as soon as its VM lets go, without another attestation', () => {
    const stopped = vmState('vm-1', 'stopped');
    expect(names(given(host).whenAll(...running, attached, stopped))).toEqual(['VmStateRecorded', 'ReleasePending']);
    expect(names(given(host).whenAll(...running, attached, plugged('HostdevDetached', 'vm-1'), stopped))).toEqual([
      'VmStateRecorded',
      'DevicesReleased',
    ]);
  });

  it('is free at once where its VM has let go before', () => {
    const decision = given(host).whenAll(...running, attached, vmState('vm-1', 'stopped'), plugged('HostdevDetached', 'vm-1'));
    expect(only(decision, 'DevicesReleased')).toMatchObject({ cause: 'stopped', devices: [{ address: '0000:28:00.1' }] });
  });

  it('stays with its VM otherwise', () => {
    expect(names(given(host).whenAll(...running, attached, plugged('HostdevDetached', 'vm-1')))).toEqual([]);
  });
});

describe('a device that was plugged in', () => {
  it('keeps others out as soon as its agent tells', () => {
    const decision = given(host).whenAll(...running, attest('h1'), plugged('HostdevAttached', 'vm-1'), vmState('vm-1', 'stopped'));
    expect(names(decision)).toContain('ReleasePending');
  });

  it('and that nobody held becomes the VM’s', () => {
    expect(only(given(host).whenAll(plugged('HostdevAttached', 'vm-7', 2)), 'ReservationAdopted')).toMatchObject({ vmId: 'vm-7' });
  });

  it('and that another VM holds is disputed, once', () => {
    const decision = given(host).whenAll(...running, plugged('HostdevAttached', 'vm-7'));
    expect(names(decision)).toEqual(['AttachmentDisputed']);
    expect(names(given(host).whenAll(...running, plugged('HostdevAttached', 'vm-7'), attest('h1', 'vm-7 0000:28:00.1')))).toEqual([]);
  });
});

describe('what an agent told of a plug', () => {
  it('is kept, and is not undone by an attestation from before', () => {
    const before = attest('h1', 'vm-1 0000:28:00.1');
    const fleet = fleetOf(host);
    for (const command of [...running, attached, plugged('HostdevDetached', 'vm-1'), before]) take(fleet, decide(fleet, command, quiet()));
    expect(fleet.host('h1')?.seen?.attachments).toEqual([]);
  });

  it('is written down for good', () => {
    const { marks } = given(host).whenAll(...running, plugged('HostdevAttached', 'vm-1', 1, { guestAddress: '0000:00:05.0' }));
    expect(marks).toMatchObject([
      { key: 'host:h1', lasting: true, value: { attachments: ['vm-1 0000:28:00.1'], guestAddresses: { 'vm-1 0000:28:00.1': '0000:00:05.0' } } },
    ]);
  });

  it('does not count when it is told again and something newer was done since', () => {
    const again = { superseded: true };
    expect(names(given(host).whenAll(plugged('HostdevAttached', 'vm-7', 2, again)))).toEqual([]);
    const stopped = [...running, attached, vmState('vm-1', 'stopped')];
    expect(names(given(host).whenAll(...stopped, plugged('HostdevDetached', 'vm-1', 1, again)))).toEqual([]);
  });

  it('does not count when a newer attestation has come already', () => {
    const fleet = fleetOf(host);
    const early = plugged('HostdevDetached', 'vm-1');
    for (const command of [...running, attest('h1', 'vm-1 0000:28:00.1')]) take(fleet, decide(fleet, command, quiet()));
    expect(decide(fleet, early, quiet()).marks ?? []).toEqual([]);
  });
});
