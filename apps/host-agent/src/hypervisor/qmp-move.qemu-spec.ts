import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { aFolder, aQemuBench, aVirtualMachine, migrateLive, until, type QemuBench, type VirtualMachine } from '@vfleet/testing';
import type { DeviceOrder, HypervisorDriver } from './driver.js';
import { qmpDriver } from './qmp.js';
import { A_DEVICE, addressOf, anOrder } from './testing/stage.js';

const MODELS = { [A_DEVICE.address]: { driver: 'virtio-net-pci', mac: '52:54:00:00:00:01', romfile: '' } };
const MAC = '52:54:00:aa:bb:cc';
const BOOT_MS = 180_000;
const NEVER = new AbortController().signal;

/** One of two hosts, each with a driver and a QEMU of its own. */
interface Host {
  readonly driver: HypervisorDriver;
  readonly vm: VirtualMachine;
  readonly order: (order?: Partial<DeviceOrder>) => DeviceOrder;
}

let bench: QemuBench;
beforeAll(async () => {
  bench = await aQemuBench();
}, 300_000);

const aHost = async (receives: boolean): Promise<Host> => {
  const folder = aFolder('qemu');
  const options = { sockets: folder, models: MODELS, setVfNetwork: async () => {} };
  const driver = qmpDriver(options, { addressOf, changed: () => {} }, pino({ enabled: false }));
  return { driver, vm: await aVirtualMachine(bench, { vmId: 'vm-1', folder, receives }), order: (order) => anOrder('vm-1', order) };
};

describe('a guest that moves from one QEMU to another', () => {
  let source: Host;
  let target: Host;
  beforeEach(async () => {
    [source, target] = await Promise.all([aHost(false), aHost(true)]);
    await until('the guest to be up', () => source.vm.report(), BOOT_MS);
    await source.driver.attach(source.order({ mac: MAC }), NEVER);
    await until('the guest to have its device', () => source.vm.report()?.devices[0]?.net);
  }, BOOT_MS);
  afterEach(async () => {
    await Promise.all([source, target].map(({ driver, vm }) => Promise.all([driver.close(), vm.kill()])));
  });

  it('gets on the other side a device like the one that it had, at the same place, and has not booted meanwhile', async () => {
    const before = source.vm.report();
    const detached = await source.driver.detach(source.order(), NEVER);
    expect(detached).toEqual({ done: 'detached', guestAddress: before?.devices[0]?.address });
    await migrateLive(source.vm, target.vm);
    const { guestAddress } = detached as { readonly guestAddress: string };
    expect(await target.driver.attach(target.order({ mac: MAC, guestAddress }), NEVER)).toEqual({ done: 'attached', guestAddress });

    const after = await until('the guest to have its device', () => target.vm.report()?.devices[0]?.net && target.vm.report());
    expect(after).toEqual({ tick: expect.any(Number), bootId: before?.bootId, devices: before?.devices });
    expect(after.tick).toBeGreaterThan(before?.tick ?? Infinity);
    expect(await target.driver.attachments()).toEqual([{ vmId: 'vm-1', address: A_DEVICE.address }]);
    expect(await source.driver.attachments()).toEqual([]);
  });

  it('stays, and gets its device back, when the other side is gone', async () => {
    const before = source.vm.report();
    await source.driver.detach(source.order(), NEVER);
    await target.vm.kill();
    await expect(migrateLive(source.vm, target.vm)).rejects.toThrow(/failed/);

    const { address: guestAddress } = before?.devices[0] ?? {};
    expect(await source.driver.attach(source.order({ mac: MAC, guestAddress }), NEVER)).toEqual({ done: 'attached', guestAddress });
    const after = await until('the guest to have its device', () => source.vm.report()?.devices[0]?.net && source.vm.report());
    expect(after).toEqual({ ...before, tick: expect.any(Number) });
  });
});
