import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, fleetOf, given, names, online, only, quiet, take, vmState } from '../testing/given.js';
import { attest, codes, move, moved, planOf, settle } from '../testing/given-moves.js';
import { decide, type Command } from './decide.js';
import { holdsOf, ownHold } from './moves.js';

const nic = (hostId: string, n: number) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, physicalNetwork: 'physnet1' });
const two = [
  online('h1'),
  online('h2'),
  online('h3'),
  ...discovered('h1', nic('h1', 1), nic('h1', 2)),
  ...discovered('h2', nic('h2', 3), nic('h2', 4)),
];
const running = (vmId = 'vm-1', more = {}): readonly Command[] => [
  vmState(vmId, 'starting', { hostId: 'h1', devices: [{ device: '10GE', ...more }], tenant: 'acme' }),
  vmState(vmId, 'running', { hostId: 'h1' }),
];
const hold = move('vm-1', { targetHostId: 'h2', migrationId: 'm-1' });

/** The fleet after some commands. */
const after = (...commands: readonly Command[]) => {
  const fleet = fleetOf(two);
  for (const command of commands) take(fleet, decide(fleet, command, quiet()));
  return fleet;
};
const holders = (...commands: readonly Command[]): readonly string[] => {
  const fleet = after(...commands);
  return ['h1', 'h2', 'h3'].flatMap((hostId) => [...(fleet.host(hostId)?.reservations.values() ?? [])].map(({ vmId }) => `${hostId} ${vmId}`));
};

describe('a move that is held', () => {
  it('has a device of the target beside that of the source, with the requests and the tenant of the VM', () => {
    const decision = given(two).whenAll(...running(), hold);
    expect(names(decision)).toEqual(['DevicesReserved']);
    expect(only(decision, 'DevicesReserved')).toMatchObject({
      hostId: 'h2',
      migrationId: 'm-1',
      tenant: 'acme',
      requests: [{ device: '10GE' }],
      devices: [{ address: '0000:28:00.3', requestName: '10GE-0', movesFrom: nic('h1', 1).deviceId }],
    });
    expect(planOf(decision).held).toBe(true);
    expect(holders(...running(), hold)).toEqual(['h1 vm-1', 'h2 vm-1']);
  });

  it('is answered alike when it is asked for again, also after the policy has changed', () => {
    const forbidding: Command = { type: 'PutPolicy', policy: { name: 'strict', mode: 'forbid' } };
    const [first, again] = [given(two).whenAll(...running(), hold), given(two).whenAll(...running(), hold, forbidding, hold)];
    expect(again.events).toEqual([]);
    expect(moved(again)).toEqual(moved(first));
    expect(planOf(again)).toMatchObject({ held: true, blockers: [], targetHostId: 'h2' });
  });

  it('leaves nothing for another VM: of two that want the last device one is refused', () => {
    const last = [...two.slice(0, 3), ...discovered('h1', nic('h1', 1), nic('h1', 2)), ...discovered('h2', nic('h2', 3))];
    const other = move('vm-2', { targetHostId: 'h2', migrationId: 'm-2' });
    const decision = given(last).whenAll(...running(), ...running('vm-2'), hold, other);
    expect([decision.events, codes(decision)]).toEqual([[], ['NO_MATCHING_DEVICE']]);
  });

  it('shows the reservation of the source until it is settled', () => {
    const fleet = after(...running(), hold, vmState('vm-1', 'running', { hostId: 'h2' }));
    expect(ownHold(fleet, 'vm-1')?.host.hostId).toBe('h1');
    const report = decide(fleet, vmState('vm-1', 'running', { hostId: 'h2' }), quiet());
    expect(report.answer).toMatchObject({ outcome: { reservation: { hostId: 'h1' } } });
  });

  it('counts once against the quota of its tenant', () => {
    const quota: Command = { type: 'PutQuota', quota: { name: 'acme', tenant: 'acme', match: { name: '10GE' }, limit: 1 } };
    expect(after(quota, ...running(), hold).usedOf('acme')).toBe(1);
    expect(after(quota, ...running(), hold, settle('vm-1', 'target')).usedOf('acme')).toBe(1);
    expect(after(quota, ...running(), hold, settle('vm-1', 'source')).usedOf('acme')).toBe(1);
    expect(after(...running(), hold, quota).usedOf('acme')).toBe(1);
  });

  it('is no orphan while its device is attached to neither host', () => {
    const attached = attest('h1', 'vm-1 0000:28:00.1');
    const decision = given(two).whenAll(...running(), attached, hold, attest('h1'), attest('h1'));
    expect(names(decision)).toEqual([]);
  });

  it('that ends at the source without having heard that it took the device off leaves an orphan, told when a second attestation says so', () => {
    const over = [...running(), attest('h1', 'vm-1 0000:28:00.1'), hold, attest('h1'), settle('vm-1', 'source')];
    expect(names(given(two).whenAll(...over, attest('h1')))).toEqual([]);
    const decision = given(two).whenAll(...over, attest('h1'), attest('h1'));
    expect(only(decision, 'ReservationOrphaned')).toMatchObject({ vmId: 'vm-1', hostId: 'h1' });
  });

  it('that puts the device back leaves none', () => {
    const back = [...running(), attest('h1', 'vm-1 0000:28:00.1'), hold, attest('h1'), settle('vm-1', 'source'), attest('h1', 'vm-1 0000:28:00.1')];
    expect(names(given(two).whenAll(...back, attest('h1')))).toEqual([]);
  });
});

describe('a move that is settled', () => {
  it('at the target gives back what the VM held on the source, and nothing the second time', () => {
    const decision = given(two).whenAll(...running(), hold, settle('vm-1', 'target'));
    expect(only(decision, 'DevicesReleased')).toMatchObject({ hostId: 'h1', cause: 'migrated' });
    expect(decision.answer).toEqual({ kind: 'released', released: 1 });
    expect(given(two).whenAll(...running(), hold, settle('vm-1', 'target'), settle('vm-1', 'target'))).toMatchObject({
      events: [],
      answer: { released: 0 },
    });
    expect(holders(...running(), hold, settle('vm-1', 'target'))).toEqual(['h2 vm-1']);
  });

  it('at the target leaves a reservation like any other, that can move back', () => {
    const back = move('vm-1', { targetHostId: 'h1', migrationId: 'm-2' });
    const moves = [...running(), hold, settle('vm-1', 'target'), vmState('vm-1', 'running', { hostId: 'h2' })];
    expect(ownHold(after(...moves), 'vm-1')?.held.devices).toEqual([expect.not.objectContaining({ movesFrom: expect.anything() })]);
    expect(holders(...moves, back, settle('vm-1', 'target', 'm-2'))).toEqual(['h1 vm-1']);
    expect(holders(...moves, back, settle('vm-1', 'source', 'm-2'))).toEqual(['h2 vm-1']);
  });

  it('at the source gives back what was held on the target, and nothing the second time', () => {
    const decision = given(two).whenAll(...running(), hold, settle('vm-1', 'source'));
    expect(only(decision, 'DevicesReleased')).toMatchObject({ hostId: 'h2', cause: 'migration-aborted' });
    expect(given(two).whenAll(...running(), hold, settle('vm-1', 'source'), settle('vm-1', 'source')).events).toEqual([]);
    expect(holders(...running(), hold, settle('vm-1', 'source'))).toEqual(['h1 vm-1']);
  });

  it('keeps from others what is still attached on the side that was left', () => {
    const attached = attest('h1', 'vm-1 0000:28:00.1');
    expect(names(given(two).whenAll(...running(), attached, hold, settle('vm-1', 'target')))).toEqual(['ReleasePending']);
    const unplugged = [...running(), attached, hold, fact('HostdevDetached', 'h1', { ...outcome(1), elapsedMs: 3 }), settle('vm-1', 'target')];
    expect(names(given(two).whenAll(...unplugged))).toEqual(['DevicesReleased']);
  });

  it('without any device that went along gives everything back at the source', () => {
    const bare = [...two.slice(0, 3), ...discovered('h1', nic('h1', 1))];
    const commands = [...running('vm-1', { migration: { onNoTarget: 'detach' } }), hold];
    expect(only(given(bare).whenAll(...commands), 'DevicesReserved')).toMatchObject({ hostId: 'h2', devices: [], partial: true });
    expect(moved(given(bare).whenAll(...commands, hold))).toEqual(['0000:28:00.1 -> - detach']);
    const settled = given(bare).whenAll(...commands, settle('vm-1', 'target'));
    expect([names(settled), settled.answer]).toEqual([['DevicesReleased', 'DevicesReleased'], { kind: 'released', released: 1 }]);
    expect(given(bare).whenAll(...commands, settle('vm-1', 'target'), settle('vm-1', 'target')).events).toEqual([]);
  });

  it('that nobody held comes to nothing', () => {
    expect(given(two).whenAll(...running(), settle('vm-1', 'target'))).toMatchObject({ events: [], answer: { released: 0 } });
  });
});

const outcome = (n: number) => ({ commandId: 'c-1', vmId: 'vm-1', deviceId: nic('h1', n).deviceId, address: `0000:28:00.${n}` });

describe('a VM in the middle of a move', () => {
  it.each(['stopped', 'destroyed', 'crashed'] as const)('that is %s gives back both sides', (state) => {
    expect(holders(...running(), hold, vmState('vm-1', state))).toEqual([]);
  });

  it('that starts on a third host gives back both sides', () => {
    const there = [...running(), hold, vmState('vm-1', 'starting', { hostId: 'h3' })];
    expect(holders(...there)).toEqual([]);
  });

  it('that starts on the target is given what is held for it there', () => {
    const decision = given(two).whenAll(...running(), hold, vmState('vm-1', 'starting', { hostId: 'h2' }));
    expect(names(decision)).toEqual(['VmStateRecorded', 'DevicesReleased']);
    expect(holders(...running(), hold, vmState('vm-1', 'starting', { hostId: 'h2' }))).toEqual(['h2 vm-1']);
  });

  it('that starts anew on the source gives back what was held on the target', () => {
    expect(holders(...running(), hold, vmState('vm-1', 'starting', { hostId: 'h1' }))).toEqual(['h1 vm-1']);
  });

  it('that stops and keeps one of its devices is still on its way with that one', () => {
    const devices = [{ name: 'kept', device: '10GE', keepOnStop: true }, { device: '10GE' }];
    const start = vmState('vm-1', 'starting', { hostId: 'h1', devices });
    const fleet = after(start, vmState('vm-1', 'running', { hostId: 'h1' }), hold, vmState('vm-1', 'stopped'));
    expect(
      holdsOf(fleet, 'vm-1').map(({ host, held }) => [host.hostId, held.migrationId, held.devices.map(({ requestName }) => requestName)]),
    ).toEqual([
      ['h1', undefined, ['kept']],
      ['h2', 'm-1', ['kept']],
    ]);
  });

  it('can be released altogether', () => {
    expect(holders(...running(), hold, { type: 'Release', request: { vmId: 'vm-1' } })).toEqual([]);
  });
});
