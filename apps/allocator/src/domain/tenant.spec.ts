import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, fleetOf, given, names, online, quiet, take, vmState } from '../testing/given.js';
import { decide, type Command } from './decide.js';
import { tenantOfVm } from './tenant.js';

const NIC = [{ device: '10GE' }];
const fleet = (): ReturnType<typeof fleetOf> =>
  fleetOf([online('h1'), ...discovered('h1', ...[1, 2, 3].map((n) => aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n })))]);
const after = (...commands: readonly Command[]): ReturnType<typeof fleetOf> => {
  const made = fleet();
  for (const command of commands) take(made, decide(made, command, quiet()));
  return made;
};
const reserve = (vmId: string, more: object = {}, actor?: string): Command => ({
  type: 'Reserve',
  request: { vmId, hostId: 'h1', devices: NIC, ...more },
  ...(actor !== undefined && { actor }),
});
const release = (vmId: string, actor: string, reservationId?: string): Command => ({
  type: 'Release',
  request: { vmId, ...(reservationId !== undefined && { reservationId }) },
  actor,
});

describe('a VM', () => {
  it('is its platform’s tenant’s, whether it wants devices or not', () => {
    const made = after(
      vmState('with', 'starting', { tenant: 'acme', hostId: 'h1', devices: NIC }),
      vmState('without', 'starting', { tenant: 'acme' }),
    );
    expect([tenantOfVm(made, 'with'), tenantOfVm(made, 'without')]).toEqual(['acme', 'acme']);
  });

  it('stays its tenant’s when a state does not name it, and goes to the one that a state names', () => {
    const told = [vmState('vm', 'starting', { tenant: 'acme' }), vmState('vm', 'running')];
    expect(tenantOfVm(after(...told), 'vm')).toBe('acme');
    expect(tenantOfVm(after(...told, vmState('vm', 'stopped', { tenant: 'globex' })), 'vm')).toBe('globex');
  });

  it('is of the tenant for whom devices were reserved for it', () => {
    expect(tenantOfVm(after(reserve('vm', { tenant: 'acme' })), 'vm')).toBe('acme');
  });

  it('is no tenant’s when nobody has named one, or two have been named', () => {
    expect(tenantOfVm(after(reserve('vm')), 'vm')).toBe(undefined);
    expect(tenantOfVm(after(vmState('vm', 'starting')), 'vm')).toBe(undefined);
    expect(tenantOfVm(after(vmState('vm', 'starting', { tenant: 'acme' }), reserve('vm', { tenant: 'globex' })), 'vm')).toBe(undefined);
    expect(tenantOfVm(fleet(), 'vm')).toBe(undefined);
  });
});

describe('a tenant that reserves', () => {
  it('does so for its own VM, in its own name', () => {
    const made = after(vmState('vm', 'starting', { tenant: 'acme' }), reserve('vm', {}, 'acme'));
    expect(made.host('h1')?.reservations.get('vm')).toMatchObject({ tenant: 'acme' });
  });

  it.each<[string, readonly Command[]]>([
    ['of another tenant', [vmState('vm', 'starting', { tenant: 'globex', hostId: 'h1', devices: NIC })]],
    ['of another tenant, which holds nothing', [vmState('vm', 'starting', { tenant: 'globex' })]],
    ['of no tenant', [reserve('vm')]],
    ['that two claim', [vmState('vm', 'starting', { tenant: 'acme' }), reserve('vm', { tenant: 'globex' })]],
    ['that nobody has told of', []],
  ])('finds no VM where it is one %s, and nothing is recorded', (_, past) => {
    const decision = decide(after(...past), reserve('vm', {}, 'acme'), quiet());
    expect([names(decision), decision.answer]).toEqual([[], { kind: 'missing', refusal: { code: 'VM_NOT_FOUND', message: 'there is no VM vm' } }]);
  });
});

describe('a tenant that releases', () => {
  const held = (vmId: string, tenant: string): Command => vmState(vmId, 'starting', { tenant, hostId: 'h1', devices: NIC });

  it('gives back what its own VM holds', () => {
    const decision = decide(after(held('vm', 'acme')), release('vm', 'acme'), quiet());
    expect([names(decision), decision.answer]).toEqual([['DevicesReleased'], { kind: 'released', released: 1 }]);
  });

  it('gives nothing back of others, also by the id of their reservation', () => {
    const made = after(held('vm', 'globex'), vmState('own', 'starting', { tenant: 'acme' }));
    const reservationId = made.host('h1')?.reservations.get('vm')?.reservationId as string;
    for (const command of [
      release('vm', 'acme'),
      release('vm', 'acme', reservationId),
      release('own', 'acme', reservationId),
      release('new', 'acme'),
    ]) {
      const decision = decide(made, command, quiet());
      expect([names(decision), decision.answer]).toEqual([[], { kind: 'released', released: 0 }]);
    }
  });

  it('is told that a reservation is another VM’s where that VM is its own', () => {
    const made = after(held('vm', 'acme'), vmState('own', 'starting', { tenant: 'acme' }));
    const reservationId = made.host('h1')?.reservations.get('vm')?.reservationId as string;
    expect(decide(made, release('own', 'acme', reservationId), quiet()).answer).toMatchObject({ kind: 'conflict' });
  });
});

describe('whoever may ask for all VMs', () => {
  it('reserves for a VM that nobody has told of', () => {
    expect(
      given([online('h1'), ...discovered('h1', aDevice('h1', '0000:28:00.1', { name: '10GE', iommuGroup: 1 }))]).when(reserve('vm')).answer,
    ).toMatchObject({
      kind: 'reservation',
    });
  });
});
