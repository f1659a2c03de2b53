import { describe, expect, it } from '@jest/globals';
import type { DomainEvent } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, given, names, online, only, vmState } from '../testing/given.js';
import type { Command } from './decide.js';

type Device = ReturnType<typeof aDevice>;

const nic = (n: number, more: Partial<Device> = {}): Device => aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, ...more });
const gpu = aDevice('h1', '0000:65:00.0', { name: 'GPU', class: '030200', iommuGroup: 65 });
const h1 = (...devices: Device[]): readonly DomainEvent[] => [online('h1'), ...discovered('h1', ...devices)];
const h2 = (...numbers: number[]): readonly DomainEvent[] => [
  online('h2'),
  ...discovered('h2', ...numbers.map((n) => aDevice('h2', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n }))),
];
const offering = (more: object = {}): DomainEvent => ({ type: 'OfferingPut', data: { name: 'net', devices: [{ device: '10GE' }], ...more } });
const starts = (devices: readonly object[], more: object = {}): Command =>
  vmState('vm-1', 'starting', { hostId: 'h1', devices: devices as never, ...more });
const attested = (...attachments: readonly { vmId: string; address: string }[]): Command =>
  fact('InventoryAttested', 'h1', { devices: 1, digest: 'same', attachments: [...attachments] });
const addresses = (devices: readonly { readonly address: string }[]): readonly string[] => devices.map(({ address }) => address);

describe('devices that are kept over stop and start', () => {
  it.each(['stopped', 'crashed', 'error'] as const)('stay with a VM that is %s, and are its own at the next start', (state) => {
    const host = given(h1(nic(1), nic(2)));
    const kept = [starts([{ device: '10GE', keepOnStop: true }]), vmState('vm-1', state)];
    expect(names(host.whenAll(...kept))).toEqual(['VmStateRecorded']);
    expect(
      only(host.whenAll(...kept, vmState('vm-2', 'starting', { hostId: 'h1', devices: [{ device: '10GE', count: 2 }] })), 'ReservationRejected')
        .unmet,
    ).toMatchObject([{ free: 1, reasons: [{ code: 'DEVICE_IN_USE', count: 1 }] }]);
    expect(names(host.whenAll(...kept, starts([{ device: '10GE', keepOnStop: true }])))).toEqual(['VmStateRecorded']);
  });

  it('are released when the VM is destroyed', () => {
    const decision = given(h1(nic(1))).whenAll(
      starts([{ device: '10GE', keepOnStop: true }]),
      vmState('vm-1', 'stopped'),
      vmState('vm-1', 'destroyed'),
    );
    expect(only(decision, 'DevicesReleased')).toMatchObject({ cause: 'destroyed', devices: [{ address: '0000:28:00.1' }] });
  });

  it('stay alone: the rest of the wish is given back, and served again at the next start', () => {
    const host = given(h1(nic(1), gpu));
    const wish = [{ device: 'GPU', keepOnStop: true }, { device: '10GE' }];
    const stopped = [starts(wish), vmState('vm-1', 'stopped')];
    expect(addresses(only(host.whenAll(...stopped), 'DevicesReleased').devices)).toEqual(['0000:28:00.1']);
    expect(addresses(only(host.whenAll(...stopped, starts(wish)), 'DevicesReserved').devices)).toEqual(['0000:28:00.1', '0000:65:00.0']);
    expect(addresses(only(host.whenAll(...stopped, vmState('vm-1', 'starting', { hostId: 'h1' })), 'DevicesReserved').devices)).toHaveLength(2);
  });

  it('are those of an offering that says so, except where one of its requests says otherwise', () => {
    const devices = [{ device: '10GE' }, { device: 'GPU', keepOnStop: false }];
    const decision = given(h1(nic(1), gpu), offering({ devices, keepOnStop: true })).whenAll(
      starts([], { offering: 'net' }),
      vmState('vm-1', 'stopped'),
    );
    expect(addresses(only(decision, 'DevicesReleased').devices)).toEqual(['0000:65:00.0']);
  });

  it('are released on the old host when the VM starts on another one', () => {
    const decision = given(h1(nic(1)), h2(1)).whenAll(
      starts([{ device: '10GE', keepOnStop: true }]),
      vmState('vm-1', 'stopped'),
      starts([{ device: '10GE', keepOnStop: true }], { hostId: 'h2' }),
    );
    expect(names(decision)).toEqual(['VmStateRecorded', 'DevicesReleased', 'DevicesReserved']);
    expect(only(decision, 'DevicesReleased').cause).toBe('cold-move');
  });

  it('bring the VM back to their host when it starts without one', () => {
    const decision = given(h1(), h2(1, 2), h1(nic(7))).whenAll(
      starts([{ device: '10GE', keepOnStop: true }], { hostId: 'h1' }),
      vmState('vm-1', 'stopped'),
      starts([{ device: '10GE', count: 1, keepOnStop: true }], { hostId: undefined }),
    );
    expect(decision.answer).toMatchObject({ outcome: { outcome: 'reserved', reservation: { hostId: 'h1' } } });
  });
});

describe('a VM that starts without a host', () => {
  it('leaves the host that cannot serve its new wish, in one step', () => {
    const decision = given(h1(nic(1)), h2(1, 2)).whenAll(
      starts([{ device: '10GE' }]),
      vmState('vm-1', 'starting', { devices: [{ device: '10GE', count: 2 }] }),
    );
    expect(names(decision)).toEqual(['VmStateRecorded', 'DevicesReleased', 'DevicesReserved']);
    expect([only(decision, 'DevicesReleased'), only(decision, 'DevicesReserved')]).toMatchObject([
      { hostId: 'h1', cause: 'cold-move' },
      { hostId: 'h2' },
    ]);
  });

  it('keeps what it holds where no host can serve its new wish', () => {
    const decision = given(h1(nic(1)), h2(1)).whenAll(
      starts([{ device: '10GE' }]),
      vmState('vm-1', 'starting', { devices: [{ device: '10GE', count: 2 }] }),
    );
    expect(names(decision)).toEqual(['VmStateRecorded', 'ReservationRejected']);
  });
});

describe('a new wish of a VM that runs', () => {
  const running = [starts([{ device: '10GE' }]), vmState('vm-1', 'running', { hostId: 'h1' })];
  const resized = vmState('vm-1', 'running', { hostId: 'h1', devices: [{ device: '10GE', count: 2 }] });
  const host = given(h1(nic(1), nic(2)));

  it('is noted, and what it holds stays', () => {
    const decision = host.whenAll(...running, resized);
    expect(names(decision)).toEqual(['VmStateRecorded']);
    expect(only(decision, 'VmStateRecorded')).toMatchObject({ noted: true, devices: [{ device: '10GE', count: 2 }] });
  });

  it('is served at the next start, said again or not', () => {
    const stopped = [...running, resized, vmState('vm-1', 'stopped')];
    for (const devices of [undefined, [{ device: '10GE', count: 2 }]])
      expect(
        only(host.whenAll(...stopped, vmState('vm-1', 'starting', { hostId: 'h1', ...(devices && { devices }) })), 'DevicesReserved').devices,
      ).toHaveLength(2);
  });

  it('is applied by another starting, in one step', () => {
    const decision = host.whenAll(...running, resized, vmState('vm-1', 'starting', { hostId: 'h1' }));
    expect(names(decision)).toEqual(['VmStateRecorded', 'DevicesReleased', 'DevicesReserved']);
    expect(only(decision, 'VmStateRecorded').noted).toBeUndefined();
  });

  it('that is what it holds already is nothing new', () => {
    const decision = host.whenAll(...running, vmState('vm-1', 'running', { hostId: 'h1', devices: [{ device: '10GE' }] }));
    expect(only(decision, 'VmStateRecorded').noted).toBeUndefined();
  });

  it('is forgotten once the VM has started with something else', () => {
    const decision = host.whenAll(
      ...running,
      resized,
      vmState('vm-1', 'stopped'),
      starts([{ device: '10GE' }]),
      vmState('vm-1', 'stopped'),
      starts([]),
    );
    expect(names(decision)).not.toContain('DevicesReserved');
  });
});

describe('a VM that started without a wish and was reserved something', () => {
  const reserve: Command = { type: 'Reserve', request: { vmId: 'vm-1', hostId: 'h1', devices: [{ device: '10GE' }] } };
  const wordless = (state: 'starting' | 'running'): Command => vmState('vm-1', state, { hostId: 'h1' });

  it.each([
    ['without a word about devices', () => wordless('starting')],
    ['with no devices', () => starts([])],
  ])('keeps it when it is told to be starting once more, where it began %s', (_, start) => {
    for (const state of ['starting', 'running'] as const) {
      const decision = given(h1(nic(1))).whenAll(start(), wordless(state), reserve, wordless('starting'));
      expect(names(decision)).toEqual(['VmStateRecorded']);
      expect(decision.answer).toMatchObject({ outcome: { outcome: 'reserved' } });
    }
  });

  it('gives it back where its platform says that it wants none', () => {
    expect(names(given(h1(nic(1))).whenAll(wordless('starting'), reserve, starts([])))).toEqual(['VmStateRecorded', 'DevicesReleased']);
  });
});

describe('a wish that is said again', () => {
  it('answers the same reservation while devices of an earlier wish are still on their way back', () => {
    const host = given(h1(nic(1), gpu));
    const changed = [starts([{ device: 'GPU' }]), attested({ vmId: 'vm-1', address: '0000:65:00.0' }), starts([{ device: '10GE' }])];
    expect(names(host.whenAll(...changed))).toEqual(['VmStateRecorded', 'ReleasePending', 'DevicesReserved']);
    expect(names(host.whenAll(...changed, starts([{ device: '10GE' }])))).toEqual(['VmStateRecorded']);
  });

  it('at a new start replaces a device that has vanished meanwhile', () => {
    const gone = fact('DeviceRemoved', 'h1', { deviceId: nic(1).deviceId, address: '0000:28:00.1', reason: 'gone' });
    const kept = { device: '10GE', keepOnStop: true };
    const decision = given(h1(nic(1), nic(2))).whenAll(starts([kept]), gone, vmState('vm-1', 'stopped'), starts([kept]));
    expect(addresses(only(decision, 'DevicesReserved').devices)).toEqual(['0000:28:00.2']);
    expect(names(decision)).toEqual(['VmStateRecorded', 'DevicesReleased', 'DeviceRemoved', 'DevicesReserved']);
  });

  it('is another one when its offering is another one', () => {
    const decision = given(h1(nic(1), gpu), offering(), { type: 'OfferingPut', data: { name: 'gpu', devices: [{ device: 'GPU' }] } }).whenAll(
      starts([], { offering: 'net' }),
      starts([], { offering: 'gpu' }),
    );
    expect(addresses(only(decision, 'DevicesReserved').devices)).toEqual(['0000:65:00.0']);
  });

  it('by reservations.reserve is made anew for a VM of which everything is on its way back', () => {
    const reserve: Command = { type: 'Reserve', request: { vmId: 'vm-1', hostId: 'h1', devices: [{ device: '10GE' }] } };
    const decision = given(h1(nic(1))).whenAll(
      starts([{ device: '10GE' }]),
      attested({ vmId: 'vm-1', address: '0000:28:00.1' }),
      vmState('vm-1', 'stopped'),
      reserve,
    );
    expect(decision.answer).toMatchObject({ kind: 'reservation', reservation: { state: 'held' } });
  });
});

describe('a name that nobody has stored', () => {
  it.each([
    ['ALIAS_NOT_FOUND', [{ alias: 'fast' }], undefined],
    ['MODEL_NOT_FOUND', [{ model: 'Atlas' }], undefined],
    ['OFFERING_NOT_FOUND', [], 'gold'],
  ])('is refused with %s', (code, devices, name) => {
    const decision = given(h1(nic(1))).when(starts(devices, { ...(name && { offering: name }) }));
    expect(only(decision, 'ReservationRejected')).toMatchObject({
      code,
      message: expect.stringContaining(name ?? Object.values(devices[0] ?? {})[0] ?? ''),
    });
  });
});

describe('a tenant', () => {
  it('is remembered from one state of a VM to the next', () => {
    const decision = given(h1(nic(1))).whenAll(
      vmState('vm-1', 'stopped', { tenant: 'acme', devices: [{ device: '10GE' }] }),
      starts([{ device: '10GE' }]),
    );
    expect(only(decision, 'DevicesReserved').tenant).toBe('acme');
  });

  it('gets the devices that are kept for it, first of all and before anybody else', () => {
    const kept = nic(2, { tags: { tenant: 'acme, umbrella' } });
    const host = given(h1(nic(1), kept));
    expect(addresses(only(host.when(starts([{ device: '10GE' }], { tenant: 'acme' })), 'DevicesReserved').devices)).toEqual(['0000:28:00.2']);
    expect(only(host.when(starts([{ device: '10GE', count: 2 }], { tenant: 'other' })), 'ReservationRejected').unmet).toMatchObject([
      { matched: 2, free: 1, reasons: [{ code: 'RESERVED_FOR_TENANT', count: 1 }] },
    ]);
  });

  it('beyond its quota is refused, unless something else serves it as well', () => {
    const quota: DomainEvent = { type: 'QuotaPut', data: { name: 'acme-1', tenant: 'acme', match: { class: '0302' }, limit: 0 } };
    const host = given(h1(nic(1), gpu), quota);
    const either = [{ match: { class: ['0302', '02'] }, name: 'x' }];
    expect(only(host.when(starts([{ device: 'GPU' }], { tenant: 'acme' })), 'ReservationRejected').code).toBe('QUOTA_EXCEEDED');
    expect(addresses(only(host.when(starts(either, { tenant: 'acme' })), 'DevicesReserved').devices)).toEqual(['0000:28:00.1']);
    expect(names(host.when(starts([{ device: 'GPU' }], { tenant: 'other' })))).toContain('DevicesReserved');
  });
});
