import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@vfleet/testing';
import { A_DEVICE, ANOTHER_DEVICE, anOrder, SHORT_MS, type Stage } from './testing/stage.js';
import { aLibvirtStage } from './testing/libvirt-stage.js';
import { aQmpStage } from './testing/qmp-stage.js';
import { aSimulatorStage } from './testing/simulator-stage.js';

const DRIVERS: readonly (readonly [string, () => Promise<Stage>])[] = [
  ['simulator', aSimulatorStage],
  ['qmp with QEMU 7.2', () => aQmpStage('7.2')],
  ['qmp with QEMU 10.0', () => aQmpStage('10.0')],
  ['libvirt', () => aLibvirtStage()],
];

const NEVER = new AbortController().signal;

describe.each(DRIVERS)('the driver %s', (_, open) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await open();
  });
  afterEach(() => stage.close());
  const attach = (order = {}) => stage.driver.attach(anOrder(stage.vmId, order), NEVER);
  const detach = (order = {}) => stage.driver.detach(anOrder(stage.vmId, order), NEVER);

  it('attaches a device, and says that it is attached when asked again', async () => {
    expect(await attach()).toMatchObject({ done: 'attached' });
    expect(stage.has(A_DEVICE.address)).toBe(true);
    expect(await attach({ commandId: 'c2' })).toMatchObject({ done: 'attached' });
    expect(await stage.driver.attachments()).toEqual([{ vmId: stage.vmId, address: A_DEVICE.address }]);
  });

  it('detaches a device, and says that it is detached when asked again', async () => {
    await attach();
    expect(await detach()).toMatchObject({ done: 'detached' });
    expect(stage.has(A_DEVICE.address)).toBe(false);
    expect(await detach({ commandId: 'c2' })).toMatchObject({ done: 'detached' });
    expect(await stage.driver.attachments()).toEqual([]);
  });

  it('leaves the other devices of the VM alone', async () => {
    await attach();
    await attach(ANOTHER_DEVICE);
    await detach();
    expect(await stage.driver.attachments()).toEqual([{ vmId: stage.vmId, address: ANOTHER_DEVICE.address }]);
  });

  it('does not take a request for its fulfilment: with a guest that does nothing the deadline passes', async () => {
    await attach();
    stage.guestIs('silent');
    expect(await detach({ deadlineMs: SHORT_MS })).toMatchObject({ failed: 'TIMEOUT' });
    expect(stage.has(A_DEVICE.address)).toBe(true);
    expect(await stage.driver.attachments()).toHaveLength(1);
  });

  it('says when the guest lets go later, and may be asked twice', async () => {
    await attach();
    stage.guestIs('silent');
    await detach({ deadlineMs: SHORT_MS });
    await detach({ deadlineMs: SHORT_MS });
    const before = stage.changes();
    stage.letGo();
    await until('the driver to tell of it', () => stage.changes() > before);
    expect(await stage.driver.attachments()).toEqual([]);
  });

  it('tells a guest that refuses from one that is silent', async () => {
    await attach();
    stage.guestIs('refusing');
    expect(await detach()).toMatchObject({ failed: 'GUEST_REFUSED' });
    expect(stage.has(A_DEVICE.address)).toBe(true);
  });

  it('only looks when there is no time left', async () => {
    expect(await attach({ deadlineMs: 0 })).toMatchObject({ failed: 'TIMEOUT' });
    expect(stage.has(A_DEVICE.address)).toBe(false);
    await attach();
    expect(await attach({ deadlineMs: 0 })).toMatchObject({ done: 'attached' });
    expect(await detach({ deadlineMs: 0 })).toMatchObject({ failed: 'TIMEOUT' });
    expect(stage.has(A_DEVICE.address)).toBe(true);
  });

  it('does not find a VM that does not run here', async () => {
    expect(await attach({ vmId: 'vm-9' })).toMatchObject({ failed: 'VM_NOT_FOUND' });
    expect(await detach({ vmId: 'vm-9' })).toMatchObject({ failed: 'VM_NOT_FOUND' });
  });

  it('does not take a device away from somebody else', async () => {
    await stage.takenElsewhere(A_DEVICE.address);
    expect(await attach()).toMatchObject({ failed: 'DEVICE_BUSY' });
  });

  it('stops waiting when it is told to', async () => {
    await attach();
    stage.guestIs('silent');
    const stop = new AbortController();
    const waiting = stage.driver.detach(anOrder(stage.vmId), stop.signal);
    stop.abort(new Error('the agent stops'));
    await expect(waiting).rejects.toThrow('the agent stops');
  });

  it('says which it is', async () => {
    expect(await stage.driver.describe()).toEqual({ driver: expect.any(String), version: expect.stringMatching(/^\d+\.\d+/) });
  });
});
