import 'reflect-metadata';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DeviceOrder, HypervisorDriver } from '@vfleet/host-agent/hypervisor/driver';
import { randomOf } from '../random.js';
import { Fleet, type ActualVm } from './fleet.js';
import { hypervisorOf } from './hypervisor.js';
import type { Function, Machine } from './machine.js';

/** A plain port. */
const PLACE = 3;

describe('the hypervisor of a simulated host', () => {
  let machine: Machine;
  let port: Function;
  let order: DeviceOrder;
  let hypervisor: HypervisorDriver;
  /** What happens while the guest is asked. */
  let meanwhile: () => void;
  const attach = () => hypervisor.attach(order, new AbortController().signal);

  beforeEach(() => {
    const fleet = new Fleet(['h1'], ['vm-1']);
    Object.assign(fleet.vm('vm-1') as ActualVm, { hostId: 'h1', state: 'running' });
    machine = fleet.machine('h1');
    port = machine.functions[PLACE] as Function;
    order = { commandId: 'c1', vmId: 'vm-1', deviceId: port.deviceId, address: port.seen.address, deadlineMs: 0 };
    meanwhile = () => undefined;
    const humour = () => {
      meanwhile();
      return 'willing' as const;
    };
    hypervisor = hypervisorOf({ fleet, hostId: 'h1', humour, random: randomOf(1) });
  });

  it('plugs in what is there', async () => {
    expect(await attach()).toEqual({ done: 'attached' });
    expect(machine.attachedTo('vm-1')).toEqual([port.deviceId]);
  });

  it('plugs in nothing that was pulled out before', async () => {
    port.gone = true;
    expect(await attach()).toMatchObject({ failed: 'DEVICE_NOT_FOUND' });
    expect(machine.attachedTo('vm-1')).toEqual([]);
  });

  it('plugs in nothing that was pulled out while the guest was asked', async () => {
    meanwhile = () => (port.gone = true);
    expect(await attach()).toMatchObject({ failed: 'DEVICE_NOT_FOUND' });
    expect(machine.attachedTo('vm-1')).toEqual([]);
  });
});
