import { beforeAll, describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import type { FleetMemory } from '../fleet-memory.js';
import { discovered, fact, fleetOf, given, names, observedAt, online, only, quiet, take, vmState } from '../testing/given.js';
import { decide, type Command } from './decide.js';

const nic = aDevice('h1', '0000:28:00.1', { name: '10GE', iommuGroup: 1 });
const known = [online('h1'), ...discovered('h1', nic)];
const wants = { hostId: 'h1', devices: [{ device: '10GE' }] };
const discover = (device: typeof nic, more = {}) => fact('DeviceDiscovered', 'h1', { device, ...more });

describe('a device', () => {
  it('is discovered once', () => {
    expect(names(given(online('h1')).when(discover(nic)))).toEqual(['DeviceDiscovered']);
    expect(names(given(known).when(discover(nic)))).toEqual([]);
  });

  it('that differs is changed, and the whole observation is told', () => {
    const decision = given(known).when(discover({ ...nic, driver: 'igbvf' }));
    expect(only(decision, 'DeviceChanged').device.driver).toBe('igbvf');
  });

  it('observed whole under another name and address is told as renamed and as moved', () => {
    const decision = given(known).when(discover({ ...nic, name: '25GE', address: '0000:29:00.1' }));
    expect(names(decision)).toEqual(['DeviceReaddressed', 'DeviceRenamed']);
    expect(only(decision, 'DeviceRenamed')).toMatchObject({ previousName: '10GE', name: '25GE', address: '0000:29:00.1' });
  });

  it('is renamed once, and may lose its name', () => {
    const rename = fact('DeviceRenamed', 'h1', { deviceId: nic.deviceId, address: nic.address, previousName: '10GE', name: null });
    expect(only(given(known).when(rename), 'DeviceRenamed').name).toBeNull();
    expect(names(given(known).whenAll(rename, rename))).toEqual([]);
  });

  it('that moves takes its holder along', () => {
    const move = fact('DeviceReaddressed', 'h1', { deviceId: nic.deviceId, previousAddress: nic.address, address: '0000:29:00.1' });
    const decision = given(known).whenAll(vmState('vm-1', 'starting', wants), move, vmState('vm-2', 'starting', wants));
    expect(only(decision, 'ReservationRejected').unmet[0]?.reasons[0]).toMatchObject({
      code: 'DEVICE_IN_USE',
      example: expect.stringContaining('0000:29:00.1'),
    });
  });

  it('that moves, or is back elsewhere, is found there by the VM that holds it', () => {
    const address = '0000:29:00.1';
    const starts = (): Command => vmState('vm-1', 'starting', wants);
    const move = fact('DeviceReaddressed', 'h1', { deviceId: nic.deviceId, previousAddress: nic.address, address });
    const gone = fact('DeviceRemoved', 'h1', { deviceId: nic.deviceId, address: nic.address, reason: 'gone' });
    const back = fact('DeviceDiscovered', 'h1', { device: { ...nic, address } });
    expect(only(given(known).whenAll(starts(), move), 'DeviceReaddressed').vmId).toBe('vm-1');
    expect(only(given(known).whenAll(starts(), gone, back), 'DeviceReturned').vmId).toBe('vm-1');
    for (const facts of [[move], [gone, back]])
      expect(given(known).whenAll(starts(), ...facts, starts()).answer).toMatchObject({
        outcome: { outcome: 'reserved', reservation: { devices: [{ deviceId: nic.deviceId, address }] } },
      });
    expect(only(given(known).whenAll(move), 'DeviceReaddressed')).not.toHaveProperty('vmId');
  });

  it('is removed when nobody holds it', () => {
    const gone = fact('DeviceRemoved', 'h1', { deviceId: nic.deviceId, address: nic.address, reason: 'gone' });
    expect(names(given(known).when(gone))).toEqual(['DeviceRemoved']);
    expect(names(given(known).whenAll(gone, gone))).toEqual([]);
  });

  it('that vanishes while held stays with its holder as missing, and its owner is told', () => {
    const gone = fact('DeviceRemoved', 'h1', { deviceId: nic.deviceId, address: nic.address, reason: 'gone' });
    const decision = given(known).whenAll(vmState('vm-1', 'starting', wants), gone);
    expect(names(decision)).toEqual(['DeviceMissing', 'DeviceLost']);
    expect(only(decision, 'DeviceLost')).toMatchObject({ vmId: 'vm-1', deviceId: nic.deviceId });
  });

  it('that vanished while held is gone when it is given back, and is back when it is seen again', () => {
    const gone = fact('DeviceRemoved', 'h1', { deviceId: nic.deviceId, address: nic.address, reason: 'gone' });
    expect(names(given(known).whenAll(vmState('vm-1', 'starting', wants), gone, vmState('vm-1', 'stopped')))).toEqual([
      'VmStateRecorded',
      'DevicesReleased',
      'DeviceRemoved',
    ]);
    expect(names(given(known).whenAll(vmState('vm-1', 'starting', wants), gone, discover(nic)))).toEqual(['DeviceReturned']);
  });
});

describe('a fact that comes late', () => {
  it('does not undo a newer one about the same device', () => {
    const newer = discover({ ...nic, driver: 'igbvf' }, { sequence: 50 });
    expect(names(given(known).whenAll(newer, discover(nic, { sequence: 49 })))).toEqual([]);
  });

  it('counts where nothing newer is known of its device', () => {
    const other = aDevice('h1', '0000:28:00.2');
    expect(names(given(known).whenAll(discover({ ...nic, driver: 'igbvf' }, { sequence: 50 }), discover(other, { sequence: 49 })))).toEqual([
      'DeviceDiscovered',
    ]);
  });

  it('of an earlier start of the agent is not listened to', () => {
    const decision = given(known).when(discover({ ...nic, driver: 'igbvf' }, { epoch: '0197b9d7-0000-7000-8000-000000000001', sequence: 9_999 }));
    expect(names(decision)).toEqual([]);
  });
});

describe('an earlier start of the agent', () => {
  const earlier = { epoch: '0197b9d7-0000-7000-8000-000000000001', sequence: 9_999 };

  it('tells nothing of devices that nobody knows, and takes no host offline', () => {
    expect(names(given(known).when(discover(aDevice('h1', '0000:28:00.2'), earlier)))).toEqual([]);
    expect(names(given(known).when(fact('HostOffline', 'h1', { reason: 'shutdown', ...earlier })))).toEqual([]);
  });
});

describe('a host', () => {
  const attest = (digest: string) => fact('InventoryAttested', 'h1', { devices: 1, digest });

  it('is told online once for each start of its agent', () => {
    const again = fact('HostOnline', 'h1', { hostname: 'h1', agentVersion: '0', heartbeatSeconds: 10 });
    expect(names(given(known).when(again))).toEqual([]);
    expect(names(given(known).when(fact('HostOnline', 'h1', { hostname: 'h1', agentVersion: '1', heartbeatSeconds: 10 })))).toEqual(['HostOnline']);
  });

  it('whose heartbeat agrees leaves no event', () => {
    const decision = given(known).when(attest('same'));
    expect([decision.events, decision.effects]).toEqual([[], []]);
  });

  it('that attests something else is asked for everything, and it is logged once', () => {
    const decision = given(known).when(attest('other'));
    expect([names(decision), decision.effects]).toEqual([['InventoryDiverged'], [{ type: 'ProbeHost', hostId: 'h1' }]]);
    const again = given(known).whenAll(attest('other'), attest('other'));
    expect([names(again), again.effects]).toEqual([[], [{ type: 'ProbeHost', hostId: 'h1' }]]);
  });

  it('falls silent once and recovers with its next heartbeat', () => {
    const silent = { type: 'DeclareStale', hostId: 'h1', lastSeenAt: 'then' } as const;
    expect(names(given(known).when(silent))).toEqual(['HostStale']);
    expect(names(given(known).whenAll(silent, silent))).toEqual([]);
    expect(names(given(known).whenAll(silent, attest('same')))).toEqual(['HostRecovered']);
  });

  it('is not silent when it was heard while that waited to be decided', () => {
    const silent = { type: 'DeclareStale', hostId: 'h1', lastSeenAt: 'before' } as const;
    expect(names(given(known).whenAll(attest('same'), silent))).toEqual([]);
  });

  it('that falls silent frees nothing', () => {
    const decision = given(known).whenAll(vmState('vm-1', 'starting', wants), { type: 'DeclareStale', hostId: 'h1', lastSeenAt: 'then' });
    expect(names(decision)).toEqual(['HostStale']);
  });

  it('that goes offline and comes back is online again', () => {
    const off = fact('HostOffline', 'h1', { reason: 'shutdown' });
    const on = fact('HostOnline', 'h1', {
      hostname: 'h1',
      agentVersion: '0',
      heartbeatSeconds: 10,
      epoch: '0197b9d9-0000-7000-8000-000000000001',
      sequence: 1,
    });
    expect(names(given(known).whenAll(off, on))).toEqual(['HostOnline']);
    expect(names(given(known).whenAll(off, on, vmState('vm-1', 'starting', wants)))).toContain('DevicesReserved');
  });

  it('has no unknown device to rename, move or remove', () => {
    const id = { deviceId: '0'.repeat(20), address: '0000:01:00.0' };
    expect(names(given(known).when(fact('DeviceRemoved', 'h1', { ...id, reason: 'gone' })))).toEqual([]);
    expect(names(given(known).when(fact('DeviceRenamed', 'h1', { ...id, name: 'x' })))).toEqual([]);
  });

  it('keeps what it decided in the words of its surroundings', () => {
    const decision = given(known).when(vmState('vm-1', 'starting', wants), quiet({ now: '2026-01-01T00:00:00.000Z', newId: () => 'r-one' }));
    expect(only(decision, 'DevicesReserved')).toMatchObject({ reservationId: 'r-one', reservedAt: '2026-01-01T00:00:00.000Z' });
    expect(observedAt(1).sequence).toBe(1);
  });
});

describe('a host with as many devices as it may have', () => {
  const many = Array.from({ length: 4_096 }, (_, n) => aDevice('h1', `${n.toString(16).padStart(4, '0')}:00:00.0`));
  const first = many[0] as typeof nic;
  const further = aDevice('h1', 'ffff:00:00.0');
  let full: FleetMemory;
  beforeAll(() => {
    full = fleetOf([online('h1'), ...discovered('h1', ...many)]);
  });
  const when = (command: Command) => decide(full, command, quiet());

  it('is refused one more, with the reason', () => {
    expect(when(discover(further))).toMatchObject({ events: [], answer: { kind: 'refused', refusal: { code: 'TOO_MANY_DEVICES' } } });
    expect(when(fact('DeviceChanged', 'h1', { deviceId: further.deviceId, device: further })).answer.kind).toBe('refused');
  });

  it('may tell what is new about those that it has', () => {
    expect(names(when(discover({ ...first, driver: 'igbvf' })))).toEqual(['DeviceChanged']);
  });

  it('is not asked for everything over and over when it attests more', () => {
    const attests = (devices: number) => when(fact('InventoryAttested', 'h1', { devices, digest: 'another' }));
    expect([attests(4_097).effects, attests(4_095).effects]).toEqual([[], [{ type: 'ProbeHost', hostId: 'h1' }]]);
  });

  it('may have another in the place of one that is gone', () => {
    take(full, when(fact('DeviceRemoved', 'h1', { deviceId: first.deviceId, address: first.address, reason: 'gone' })));
    expect(names(when(discover(further)))).toEqual(['DeviceDiscovered']);
  });
});
