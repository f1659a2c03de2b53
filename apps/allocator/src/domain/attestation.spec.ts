import { describe, expect, it } from '@jest/globals';
import type { DomainEvent } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, given, names, online, only, vmState } from '../testing/given.js';
import type { Command } from './decide.js';

const nic = (n: number) => aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n });
const host: readonly DomainEvent[] = [online('h1'), ...discovered('h1', nic(1), nic(2))];
const ADDRESS = '0000:28:00.1';
const attests = (...vms: readonly string[]): Command =>
  fact('InventoryAttested', 'h1', { devices: 2, digest: 'same', attachments: vms.map((vmId) => ({ vmId, address: ADDRESS })) });
const starts = (vmId: string, count = 1): Command => vmState(vmId, 'starting', { hostId: 'h1', devices: [{ device: '10GE', count }] });

describe('a device that is found attached, and that no reservation covers', () => {
  it('is the VM’s from then on', () => {
    const decision = given(host).whenAll(attests('vm-1'));
    expect(only(decision, 'ReservationAdopted')).toMatchObject({
      vmId: 'vm-1',
      hostId: 'h1',
      devices: [{ address: ADDRESS, requestName: 'adopted-0' }],
    });
    expect(only(given(host).whenAll(attests('vm-1'), starts('vm-2', 2)), 'ReservationRejected').unmet).toMatchObject([{ free: 1 }]);
  });

  it('is an orphan as well where nobody has told of the VM, told once, and held for it', () => {
    const decision = given(host).whenAll(attests('vm-1'));
    expect(names(decision)).toEqual(['ReservationAdopted', 'ReservationOrphaned']);
    expect(only(decision, 'ReservationOrphaned')).toMatchObject({ vmId: 'vm-1', vmUnknown: true, devices: [{ address: ADDRESS }] });
    expect(names(given(host).whenAll(attests('vm-1'), attests(), attests('vm-1'), attests()))).toEqual([]);
    expect(names(given(host).whenAll(attests('vm-1'), attests(), attests()))).toEqual(['ReservationOrphaned']);
  });

  it('is no orphan where its platform has told of the VM, or something was reserved for it', () => {
    expect(names(given(host).whenAll(vmState('vm-1', 'running', { hostId: 'h1' }), attests('vm-1')))).toEqual(['ReservationAdopted']);
    const elsewhere = [online('h2'), ...discovered('h2', aDevice('h2', ADDRESS, { name: '10GE', iommuGroup: 1 }))];
    const reserve: Command = { type: 'Reserve', request: { vmId: 'vm-1', hostId: 'h2', devices: [{ device: '10GE' }] } };
    expect(names(given(host, elsewhere).whenAll(reserve, attests('vm-1')))).toEqual(['ReservationAdopted']);
  });

  it('is adopted once, however often it is attested', () => {
    expect(names(given(host).whenAll(attests('vm-1'), attests('vm-1')))).toEqual([]);
  });

  it('is given back when the VM stops, and its host says that it is free', () => {
    const stopped = [attests('vm-1'), vmState('vm-1', 'stopped')];
    expect(names(given(host).whenAll(...stopped))).toEqual(['VmStateRecorded', 'ReleasePending']);
    expect(names(given(host).whenAll(...stopped, attests()))).toEqual(['DevicesReleased']);
  });

  it('is on its way back at once where the VM has ended: the news was late', () => {
    const decision = given(host).whenAll(starts('vm-1'), vmState('vm-1', 'stopped'), attests('vm-1'));
    expect(names(decision)).toEqual(['ReservationAdopted', 'ReleasePending']);
    expect(names(given(host).whenAll(starts('vm-1'), vmState('vm-1', 'stopped'), attests('vm-1'), attests()))).toEqual(['DevicesReleased']);
  });

  it('is added to what the VM holds there', () => {
    const other = fact('InventoryAttested', 'h1', { devices: 2, digest: 'same', attachments: [{ vmId: 'vm-1', address: '0000:28:00.2' }] });
    const first = given(host).when(starts('vm-1'));
    const { reservationId } = only(first, 'DevicesReserved');
    expect(only(given(host, first.events).when(other), 'ReservationAdopted').reservationId).toBe(reservationId);
  });

  it('is what the VM wants as well when it starts again: nothing is given beside it', () => {
    const decision = given(host).whenAll(attests('vm-1'), starts('vm-1'));
    expect(only(decision, 'DevicesReserved').devices.map(({ address }) => address)).toEqual([ADDRESS]);
  });

  it('is not adopted at an address that nobody knows', () => {
    const nowhere = fact('InventoryAttested', 'h1', { devices: 2, digest: 'same', attachments: [{ vmId: 'vm-1', address: '0000:99:00.0' }] });
    expect(names(given(host).when(nowhere))).toEqual([]);
  });

  it('is disputed where another VM holds it, told once, and the holder keeps it', () => {
    const disputed = [starts('vm-1'), attests('vm-2')];
    expect(only(given(host).whenAll(...disputed), 'AttachmentDisputed')).toMatchObject({ vmId: 'vm-2', holder: 'vm-1', address: ADDRESS });
    expect(names(given(host).whenAll(...disputed, attests('vm-2')))).toEqual([]);
    expect(names(given(host).whenAll(...disputed, starts('vm-1')))).toEqual(['VmStateRecorded']);
  });
});

describe('an attestation', () => {
  it('of an agent that has started anew is listened to from its first word, however much the agent said before', () => {
    const later = '0197b9d9-0000-7000-8000-000000000001';
    const begins = fact('HostOnline', 'h1', { hostname: 'h1', agentVersion: '0', heartbeatSeconds: 10, epoch: later, sequence: 1 });
    const first = fact('InventoryAttested', 'h1', { devices: 2, digest: 'same', attachments: [], epoch: later, sequence: 2 });
    const stopped = [starts('vm-1'), attests('vm-1'), vmState('vm-1', 'stopped')];
    expect(names(given(host).whenAll(...stopped, begins, first))).toEqual(['DevicesReleased']);
  });

  it('that is not newer than the last one says nothing: it came twice', () => {
    const attached = fact('InventoryAttested', 'h1', { devices: 2, digest: 'same', attachments: [{ vmId: 'vm-1', address: ADDRESS }], sequence: 7 });
    const empty = fact('InventoryAttested', 'h1', { devices: 2, digest: 'same', attachments: [], sequence: 8 });
    expect(names(given(host).whenAll(empty, attached))).toEqual([]);
    expect(names(given(host).whenAll(attached, attached))).toEqual([]);
  });

  it('of an agent that cannot see attachments frees and adopts nothing', () => {
    const blind = fact('InventoryAttested', 'h1', { devices: 2, digest: 'same' });
    expect(names(given(host).whenAll(starts('vm-1'), attests('vm-1'), vmState('vm-1', 'stopped'), blind))).toEqual([]);
  });
});

describe('a reservation of which its host has nothing attached any more', () => {
  const running = [starts('vm-1'), vmState('vm-1', 'running', { hostId: 'h1' }), attests('vm-1')];

  it('is orphaned when a second attestation says so, told once, and frees nothing', () => {
    expect(names(given(host).whenAll(...running, attests()))).toEqual([]);
    const decision = given(host).whenAll(...running, attests(), attests());
    expect(only(decision, 'ReservationOrphaned')).toMatchObject({ vmId: 'vm-1', devices: [{ address: ADDRESS }] });
    expect(names(given(host).whenAll(...running, attests(), attests(), attests()))).toEqual([]);
    expect(names(given(host).whenAll(...running, attests(), attests(), starts('vm-2', 2)))).toContain('ReservationRejected');
  });

  it('is not orphaned when the device comes back meanwhile', () => {
    expect(names(given(host).whenAll(...running, attests(), attests('vm-1'), attests()))).toEqual([]);
  });

  it('is not orphaned before anything of it was attached, nor while the VM comes or goes', () => {
    expect(names(given(host).whenAll(starts('vm-1'), attests(), attests(), attests()))).toEqual([]);
    expect(names(given(host).whenAll(...running, vmState('vm-1', 'stopping'), attests(), attests()))).toEqual([]);
    expect(names(given(host).whenAll(...running, vmState('vm-1', 'migrating'), attests(), attests()))).toEqual([]);
  });

  it('is released by whoever knows that the VM is gone', () => {
    const release: Command = { type: 'Release', request: { vmId: 'vm-1' } };
    expect(names(given(host).whenAll(...running, attests(), attests(), release))).toEqual(['DevicesReleased']);
  });
});

describe('an attestation', () => {
  const attested = (digest: string) => given(host).when(fact('InventoryAttested', 'h1', { devices: 2, digest })).marks?.[0]?.value;

  it('that means other devices than the journal is kept as such, until one agrees', () => {
    expect(attested('other')).toMatchObject({ diverged: true });
    expect(attested('same')).not.toHaveProperty('diverged');
  });
});
