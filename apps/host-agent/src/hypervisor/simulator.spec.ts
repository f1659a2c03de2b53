import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { aFolder, until } from '@vfleet/testing';
import type { Fault } from '../configuration/simulated-fault.js';
import { simulatorDriver, type Simulator } from './simulator.js';
import { A_DEVICE, ANOTHER_DEVICE, anOrder } from './testing/stage.js';

const NEVER = new AbortController().signal;
let file: string;
let died: number;
let changes: number;
beforeEach(() => {
  file = join(aFolder('simulator'), 'hypervisor.json');
  [died, changes] = [0, 0];
});
const open = (faults: readonly Fault[] = [], random = 0): Simulator =>
  simulatorDriver({ file, faults, die: () => (died += 1), random: () => random }, { changed: () => (changes += 1) });

describe('a simulated hypervisor', () => {
  it('takes a device of which it has not heard to be where the command supposes it', async () => {
    expect(await open([{ refuse: true }]).detach(anOrder('vm-1'), NEVER)).toMatchObject({ failed: 'GUEST_REFUSED' });
    expect(await open().detach(anOrder('vm-1', { guestAddress: '0000:07:00.0' }), NEVER)).toEqual({ done: 'detached', guestAddress: '0000:07:00.0' });
  });

  it('knows after a restart what was attached', async () => {
    await open().attach(anOrder('vm-1'), NEVER);
    const again = open();
    expect(await again.attachments()).toEqual([{ vmId: 'vm-1', address: A_DEVICE.address }]);
    expect([...again.vms]).toEqual(['vm-1']);
  });

  it('gives each device of a VM a place of its own', async () => {
    const simulator = open();
    const places = [A_DEVICE, ANOTHER_DEVICE].map((device) => simulator.attach(anOrder('vm-1', device), NEVER));
    expect(await Promise.all(places)).toEqual(['0000:06:00.0', '0000:07:00.0'].map((guestAddress) => ({ done: 'attached', guestAddress })));
  });

  it('has the devices of a VM back when the VM ends, and says so', async () => {
    const simulator = open();
    await simulator.attach(anOrder('vm-1'), NEVER);
    await simulator.attach(anOrder('vm-2', ANOTHER_DEVICE), NEVER);
    simulator.vmEnded('vm-1');
    simulator.vmEnded('vm-3');
    expect(await simulator.attachments()).toEqual([{ vmId: 'vm-2', address: ANOTHER_DEVICE.address }]);
    expect(changes).toBe(1);
  });

  it('dies before or after it has acted', async () => {
    const before = open([{ crash: 'before' }]);
    void before.attach(anOrder('vm-1'), NEVER);
    await new Promise(setImmediate);
    expect([died, await before.attachments()]).toEqual([1, []]);
    const after = open([{ crash: 'after' }]);
    void after.attach(anOrder('vm-1'), NEVER);
    await new Promise(setImmediate);
    expect([died, (await after.attachments())?.length]).toEqual([2, 1]);
  });

  it('goes wrong for the commands that are meant, as often as is said, and by chance', async () => {
    const fault = { failCode: 'DRIVER_ERROR', verb: 'attach', vmId: 'vm-1', times: 1, share: 0.5 } as const;
    const lucky = open([fault], 0.6);
    expect(await lucky.attach(anOrder('vm-1'), NEVER)).toMatchObject({ done: 'attached' });
    const unlucky = open([fault], 0.4);
    expect(await unlucky.detach(anOrder('vm-1'), NEVER)).toMatchObject({ done: 'detached' });
    expect(await unlucky.attach(anOrder('vm-2'), NEVER)).toMatchObject({ done: 'attached' });
    expect(await unlucky.attach(anOrder('vm-1', ANOTHER_DEVICE), NEVER)).toMatchObject({ failed: 'DRIVER_ERROR' });
    expect(await unlucky.attach(anOrder('vm-1', ANOTHER_DEVICE), NEVER)).toMatchObject({ done: 'attached' });
    expect(unlucky.faults).toEqual([]);
  });

  it('lets go late of what it was asked for, not of what was put in again meanwhile', async () => {
    const simulator = open([{ silent: true, verb: 'detach', lateMs: 200, times: 1 }]);
    await simulator.attach(anOrder('vm-1'), NEVER);
    await simulator.attach(anOrder('vm-1', ANOTHER_DEVICE), NEVER);
    expect(await simulator.detach(anOrder('vm-1', { deadlineMs: 1 }), NEVER)).toMatchObject({ failed: 'TIMEOUT' });
    await simulator.detach(anOrder('vm-1'), NEVER);
    await simulator.attach(anOrder('vm-1'), NEVER);
    // The other device goes after the first one would have.
    simulator.addFault({ silent: true, verb: 'detach', lateMs: 200, times: 1 });
    await simulator.detach(anOrder('vm-1', { ...ANOTHER_DEVICE, deadlineMs: 1 }), NEVER);
    await until('the other device to go', async () => (await simulator.attachments())?.every(({ address }) => address !== ANOTHER_DEVICE.address));
    expect(await simulator.attachments()).toEqual([{ vmId: 'vm-1', address: A_DEVICE.address }]);
  });

  it('may be slower than the deadline allows', async () => {
    expect(await open([{ slowMs: 60_000 }]).attach(anOrder('vm-1', { deadlineMs: 50 }), NEVER)).toMatchObject({ failed: 'TIMEOUT' });
    expect(await open([{ slowMs: 20 }]).attach(anOrder('vm-1'), NEVER)).toMatchObject({ done: 'attached' });
  });
});
