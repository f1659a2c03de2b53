import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { listCandidates } from '../candidates.js';
import { discovered, fleetOf, given, names, online, only, quiet, take, vmState } from '../testing/given.js';
import { decide, type Command } from './decide.js';
import type { Decision } from './decision.js';
import { explain } from './explain.js';
import { understand } from './reserve.js';

const nic = (hostId: string, n: number) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n });
const two = [online('h1'), online('h2'), ...discovered('h1', nic('h1', 1), nic('h1', 2)), ...discovered('h2', nic('h2', 3))];
const drain = (hostId: string, drained?: boolean): Command => ({
  type: 'DrainHost',
  request: { hostId, ...(drained !== undefined && { drain: drained }) },
});
const undrain = (hostId: string): Command => ({ type: 'UndrainHost', hostId });
const starting = (vmId: string, hostId?: string): Command => vmState(vmId, 'starting', { devices: [{ device: '10GE' }], ...(hostId && { hostId }) });
const running = (vmId: string): Command => vmState(vmId, 'running', { hostId: 'h1' });
const plans = ({ answer }: Decision): readonly string[] =>
  answer.kind === 'plans'
    ? answer.plans.map(({ vmId, targetHostId, blockers }) => `${vmId} ${targetHostId} ${blockers.map(({ code }) => code).join()}`)
    : [];

describe('a host that is drained', () => {
  it('is marked once, and not by a question', () => {
    expect(names(given(two).when(drain('h1')))).toEqual(['HostDraining']);
    expect(names(given(two).whenAll(drain('h1'), drain('h1')))).toEqual([]);
    expect(given(two).when(drain('h1', false))).toMatchObject({ events: [], answer: { kind: 'vms', draining: false } });
    expect(names(given(two).whenAll(drain('h1'), undrain('h1')))).toEqual(['HostUndrained']);
    expect(names(given(two).when(undrain('h1')))).toEqual([]);
  });

  it('that nobody knows is not found', () => {
    for (const command of [drain('h9'), undrain('h9'), { type: 'PlanDrain', hostId: 'h9' } as const])
      expect(given(two).when(command).answer).toMatchObject({ kind: 'missing', refusal: { code: 'HOST_NOT_FOUND' } });
  });

  it('tells the VMs that hold something there', () => {
    expect(given(two).whenAll(starting('vm-2', 'h1'), starting('vm-1', 'h1'), starting('vm-3', 'h2'), drain('h1')).answer).toEqual({
      kind: 'vms',
      vmIds: ['vm-1', 'vm-2'],
      draining: true,
    });
  });

  it('refuses a new VM as HOST_DRAINING, until it is drained no more', () => {
    const refused = given(two).whenAll(drain('h1'), starting('vm-1', 'h1'));
    expect(only(refused, 'ReservationRejected')).toMatchObject({
      hostId: 'h1',
      code: 'HOST_DRAINING',
      unmet: [{ reasons: [{ code: 'HOST_DRAINING' }] }],
    });
    expect(names(given(two).whenAll(drain('h1'), undrain('h1'), starting('vm-1', 'h1')))).toContain('DevicesReserved');
  });

  it('is passed over for a VM that may go anywhere', () => {
    expect(only(given(two).whenAll(drain('h1'), starting('vm-1')), 'DevicesReserved').hostId).toBe('h2');
  });

  it('lets a VM start again that holds something there, and give it another wish', () => {
    const before = starting('vm-1', 'h1');
    const wider = vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE', count: 2 }] });
    expect(only(given(two).whenAll(before, drain('h1'), wider), 'DevicesReserved').devices).toHaveLength(2);
  });

  it('shows as such among the rejected candidates, and device by device', async () => {
    const fleet = fleetOf(two);
    const understood = understand(fleet, { vmId: '', wishes: { devices: [{ device: '10GE' }] } }, quiet());
    if (!('wish' in understood)) throw new Error('not understood');
    expect((await listCandidates(fleet, understood.wish, { limit: 10 })).items).toHaveLength(2);
    take(fleet, decide(fleet, drain('h1'), quiet()));
    const list = await listCandidates(fleet, understood.wish, { limit: 10 });
    expect([list.items.map(({ hostId }) => hostId), list.rejected]).toEqual([['h2'], { hosts: 1, reasons: [{ code: 'HOST_DRAINING', hosts: 1 }] }]);
    const host = fleet.host('h1');
    expect(host && explain(fleet, host, understood.wish)).toMatchObject({
      fits: false,
      code: 'HOST_DRAINING',
      requests: [{ devices: [{ available: false, code: 'HOST_DRAINING' }, { code: 'HOST_DRAINING' }] }],
    });
  });
});

describe('the plan of a drain', () => {
  const both = [starting('vm-1', 'h1'), running('vm-1'), starting('vm-2', 'h1'), running('vm-2')];

  it('never has one device for two VMs: who finds none left is blocked', () => {
    expect(plans(given(two).whenAll(...both, { type: 'PlanDrain', hostId: 'h1' }))).toEqual(['vm-1 h2 ', 'vm-2 null NO_ELIGIBLE_HOST']);
  });

  it('spreads VMs over hosts, and records nothing', () => {
    const three = [...two, online('h3'), ...discovered('h3', nic('h3', 6))];
    const decision = given(three).whenAll(...both, { type: 'PlanDrain', hostId: 'h1' });
    expect([decision.events, plans(decision)]).toEqual([[], ['vm-1 h2 ', 'vm-2 h3 ']]);
  });

  it('says of each VM that may not move why not', () => {
    const forbidden = vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE', migration: { mode: 'forbid' } }] });
    expect(plans(given(two).whenAll(forbidden, running('vm-1'), { type: 'PlanDrain', hostId: 'h1' }))).toEqual(['vm-1 h2 MIGRATION_FORBIDDEN']);
  });
});
