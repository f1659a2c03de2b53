import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { aFolder, until } from '@vfleet/testing';
import { qmpDriver } from './qmp.js';
import { connectQmp } from './qmp-connection.js';
import { aQmpStage, type QmpStage } from './testing/qmp-stage.js';
import { QEMU_VERSIONS } from './testing/qmp-recordings.js';
import { A_DEVICE, addressOf, anOrder, ANOTHER_DEVICE, SHORT_MS } from './testing/stage.js';

const NEVER = new AbortController().signal;

describe.each(QEMU_VERSIONS)('QEMU %s', (version) => {
  let stage: QmpStage;
  beforeEach(async () => {
    stage = await aQmpStage(version);
  });
  afterEach(() => stage.close());

  it('is given the device at the place where the guest saw it before, if that is free', async () => {
    expect(await stage.driver.attach(anOrder('vm-1', { guestAddress: '0000:02:00.0' }), NEVER)).toEqual({
      done: 'attached',
      guestAddress: '0000:02:00.0',
    });
    expect(await stage.driver.attach(anOrder('vm-1', { ...ANOTHER_DEVICE, guestAddress: '0000:02:00.0' }), NEVER)).toEqual({
      done: 'attached',
      guestAddress: '0000:01:00.0',
    });
    expect(await stage.driver.detach(anOrder('vm-1'), NEVER)).toEqual({ done: 'detached', guestAddress: '0000:02:00.0' });
  });

  it('is not asked to put a device onto a port that is taken', async () => {
    stage.qemu.plug({ id: 'a', model: 'nvme', port: 'rp1' });
    stage.qemu.plug({ id: 'b', model: 'nvme', port: 'rp2' });
    expect(await stage.driver.attach(anOrder('vm-1'), NEVER)).toMatchObject({ failed: 'DRIVER_ERROR', message: expect.stringContaining('port') });
    expect(stage.qemu.heard).not.toContain('device_add');
  });

  it('is not asked to plug what is no PCI function', async () => {
    expect(await stage.driver.attach(anOrder('vm-1', { address: '1-3' }), NEVER)).toMatchObject({
      failed: 'DRIVER_ERROR',
      message: expect.stringContaining('1-3 is no PCI function'),
    });
    expect(stage.qemu.heard).not.toContain('device_add');
  });

  it('is not misunderstood when another device goes meanwhile', async () => {
    await stage.driver.attach(anOrder('vm-1'), NEVER);
    stage.qemu.plug({ id: 'other', model: 'nvme', port: 'rp2' });
    stage.guestIs('silent');
    const detached = stage.driver.detach(anOrder('vm-1', { deadlineMs: SHORT_MS }), NEVER);
    await heard(stage, 'device_del');
    stage.qemu.letGo('other');
    expect(await detached).toMatchObject({ failed: 'TIMEOUT' });
  });

  it('is known to have a device that somebody else attached, under whatever name', async () => {
    stage.qemu.plug({ id: 'hostdev0', model: 'vfio-pci', host: A_DEVICE.address, port: 'rp1' });
    expect(await stage.driver.attach(anOrder('vm-1'), NEVER)).toMatchObject({ done: 'attached' });
    expect(stage.qemu.heard).not.toContain('device_add');
    expect(await stage.driver.detach(anOrder('vm-1'), NEVER)).toMatchObject({ done: 'detached' });
    expect(stage.has(A_DEVICE.address)).toBe(false);
  });

  it('may hang up in the middle: the agent connects again and looks', async () => {
    await stage.driver.attach(anOrder('vm-1'), NEVER);
    stage.guestIs('silent');
    const detached = stage.driver.detach(anOrder('vm-1'), NEVER);
    await heard(stage, 'device_del');
    stage.qemu.hangUp();
    stage.letGo();
    expect(await detached).toMatchObject({ done: 'detached' });
  });

  it('that ends in the middle leaves no VM to speak of', async () => {
    await stage.driver.attach(anOrder('vm-1'), NEVER);
    stage.guestIs('silent');
    const detached = stage.driver.detach(anOrder('vm-1'), NEVER);
    await heard(stage, 'device_del');
    await stage.qemu.close(true);
    expect(await detached).toMatchObject({ failed: 'VM_NOT_FOUND' });
    expect(await stage.driver.attachments()).toEqual([]);
  });

  it('says beforehand what keeps a VM from moving', async () => {
    expect(await stage.driver.preflight('vm-1')).toEqual([expect.stringMatching(/non-migratable|not supported/)]);
  });

  it('fails what is pending when its socket closes', async () => {
    const qmp = await connectQmp(stage.socket);
    const answer = qmp.execute('query-pci');
    qmp.close();
    await expect(answer).rejects.toMatchObject({ name: 'QmpClosed' });
    await expect(qmp.execute('query-pci')).rejects.toMatchObject({ name: 'QmpClosed' });
  });
});

describe('a virtual function', () => {
  it('gets its MAC and VLAN before the guest gets it, and is not given without them', async () => {
    const orders: unknown[] = [];
    const stage = await aQmpStage('10.0', {
      setVfNetwork: async (order) => {
        orders.push([order.vf, order.mac, order.vlan, stage.has(A_DEVICE.address)]);
        if (order.vlan === 13) throw new Error('no such VLAN');
      },
    });
    const vf = { pf: 'ens1f0', index: 2 };
    await stage.driver.attach(anOrder('vm-1', { vf, mac: '52:54:00:00:00:01', vlan: 12 }), NEVER);
    expect(orders).toEqual([[vf, '52:54:00:00:00:01', 12, false]]);
    expect(await stage.driver.attach(anOrder('vm-1', { ...ANOTHER_DEVICE, vf, vlan: 13 }), NEVER)).toMatchObject({
      failed: 'DRIVER_ERROR',
      message: expect.stringContaining('no such VLAN'),
    });
    expect(stage.has(ANOTHER_DEVICE.address)).toBe(false);
    await stage.close();
  });
});

describe('on a test bench', () => {
  it('another model stands for a device, and is known by its name', async () => {
    const models = { [A_DEVICE.address]: { driver: 'virtio-net-pci', mac: '52:54:00:00:00:07' } };
    const stage = await aQmpStage('7.2', { models });
    await stage.driver.attach(anOrder('vm-1', { mac: '52:54:00:00:00:08' }), NEVER);
    expect(stage.qemu.plugged()).toMatchObject([{ model: 'virtio-net-pci' }]);
    expect(await stage.driver.attachments()).toEqual([{ vmId: 'vm-1', address: A_DEVICE.address }]);
    expect(await stage.driver.detach(anOrder('vm-1'), NEVER)).toMatchObject({ done: 'detached' });
    await stage.close();
  });
});

describe('a monitor that says nothing', () => {
  it('hides what its VM has, which is not the same as nothing', async () => {
    const folder = aFolder('mute');
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(join(folder, 'vm-1.qmp'), resolve));
    const driver = qmpDriver(
      { sockets: folder, setVfNetwork: async () => {}, greetMs: SHORT_MS },
      { addressOf, changed: () => {} },
      pino({ level: 'silent' }),
    );
    expect(await driver.attachments()).toBeUndefined();
    expect(await driver.detach(anOrder('vm-1', { deadlineMs: 0 }), NEVER)).toMatchObject({ failed: 'TIMEOUT' });
    expect(await driver.detach(anOrder('vm-1'), NEVER)).toMatchObject({ failed: 'DRIVER_ERROR' });
    await driver.close();
    server.close();
  });
});

const heard = async (stage: QmpStage, command: string): Promise<void> => {
  await until(`QEMU to be told ${command}`, () => stage.qemu.heard.includes(command));
};
