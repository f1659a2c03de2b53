import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { decide, type Command } from './domain/decide.js';
import { streamOf } from './domain/decision.js';
import type { FleetMemory } from './fleet-memory.js';
import { discovered, fleetOf, online, quiet } from './testing/given.js';

const nic = aDevice('h1', '0000:28:00.1', { name: '10GE', iommuGroup: 1 });
const reserve: Command = { type: 'Reserve', request: { vmId: 'vm-1', hostId: 'h1', devices: [{ device: '10GE' }] } };

/** Lays a decision over a fleet, as the desk does before it is committed. */
const lay = (fleet: FleetMemory, command: Command): void => {
  for (const event of decide(fleet, command, quiet()).events) fleet.apply(streamOf(event), fleet.version(streamOf(event)) + 1, event);
};

describe('what is decided and not yet committed', () => {
  it('counts for the next decision, and is told to nobody', () => {
    const fleet = fleetOf([online('h1'), ...discovered('h1', nic)]);
    lay(fleet, reserve);
    expect([fleet.hostsOf('vm-1'), fleet.settled.hostsOf('vm-1')]).toEqual([['h1'], []]);
    expect([fleet.host('h1')?.reservations.size, fleet.settled.host('h1')?.reservations.size]).toEqual([1, 0]);
    fleet.commit();
    expect([[...fleet.settled.holders()], fleet.settled.host('h1')?.reservations.size]).toEqual([['vm-1'], 1]);
  });

  it('leaves nothing behind when it is dropped', () => {
    const fleet = fleetOf([online('h1'), ...discovered('h1', nic)]);
    lay(fleet, reserve);
    lay(fleet, { type: 'PutAlias', alias: { name: 'fast', request: { device: '10GE' } } });
    expect([fleet.catalog().aliases.size, fleet.settled.catalog().aliases.size]).toEqual([1, 0]);
    fleet.rollback();
    expect([fleet.hostsOf('vm-1'), fleet.host('h1')?.holders.size, fleet.catalog().aliases.size]).toEqual([[], 0, 0]);
  });

  it('is not taken in with what was decided before it and has been written', () => {
    const fleet = fleetOf([online('h1'), ...discovered('h1', nic)]);
    lay(fleet, reserve);
    fleet.seal();
    lay(fleet, { type: 'Release', request: { vmId: 'vm-1' } });
    lay(fleet, { type: 'PutAlias', alias: { name: 'fast', request: { device: '10GE' } } });
    expect([fleet.hostsOf('vm-1'), fleet.settled.hostsOf('vm-1')]).toEqual([[], []]);
    fleet.commit();
    expect([fleet.hostsOf('vm-1'), fleet.settled.hostsOf('vm-1'), fleet.settled.catalog().aliases.size]).toEqual([[], ['h1'], 0]);
    fleet.commit();
    expect([fleet.settled.hostsOf('vm-1'), fleet.settled.catalog().aliases.size]).toEqual([[], 1]);
  });

  it('is dropped with what was decided before it, when that cannot be written', () => {
    const fleet = fleetOf([online('h1'), ...discovered('h1', nic)]);
    lay(fleet, reserve);
    fleet.seal();
    lay(fleet, { type: 'PutAlias', alias: { name: 'fast', request: { device: '10GE' } } });
    fleet.rollback();
    expect([fleet.hostsOf('vm-1'), fleet.host('h1')?.holders.size, fleet.catalog().aliases.size]).toEqual([[], 0, 0]);
    expect([...fleet.rank({ vmId: 'vm-2', asks: [] }).fits].map(({ hostId }) => hostId)).toEqual(['h1']);
  });
});
