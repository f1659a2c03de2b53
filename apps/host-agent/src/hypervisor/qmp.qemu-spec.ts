import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { aFolder, aQemuBench, aVirtualMachine, until, type GuestDevice, type QemuBench, type VirtualMachine } from '@vfleet/testing';
import { hostdevName, type DeviceOrder, type HypervisorDriver } from './driver.js';
import { qmpDriver } from './qmp.js';
import { A_DEVICE, addressOf, ANOTHER_DEVICE, anOrder } from './testing/stage.js';

/** Emulated devices stand for these addresses of a host: a machine without VFIO can plug them. */
const NIC = { driver: 'virtio-net-pci', mac: '52:54:00:00:00:01', romfile: '' };
const MODELS = { [A_DEVICE.address]: NIC, [ANOTHER_DEVICE.address]: { driver: 'nvme', serial: 'A' } };
const MAC = '52:54:00:aa:bb:cc';
/** A willing guest takes a tenth of a second; this is long enough to be sure of an unwilling one. */
const DEADLINE_MS = 1_500;
const BOOT_MS = 180_000;
const NEVER = new AbortController().signal;

let bench: QemuBench;
beforeAll(async () => {
  bench = await aQemuBench();
}, 300_000);

interface Host {
  readonly folder: string;
  readonly driver: HypervisorDriver;
  /** How often the driver said that something changed by itself. */
  readonly changes: () => number;
  readonly attach: (order?: Partial<DeviceOrder>) => ReturnType<HypervisorDriver['attach']>;
  readonly detach: (order?: Partial<DeviceOrder>) => ReturnType<HypervisorDriver['detach']>;
}

const aHost = (more: Partial<Parameters<typeof qmpDriver>[0]> = {}, folder = aFolder('qemu')): Host => {
  let changes = 0;
  const setVfNetwork = async (): Promise<void> => {};
  const driver = qmpDriver(
    { sockets: folder, models: MODELS, setVfNetwork, ...more },
    { addressOf, changed: () => (changes += 1) },
    pino({ enabled: false }),
  );
  return {
    folder,
    driver,
    changes: () => changes,
    attach: (order) => driver.attach(anOrder('vm-1', order), NEVER),
    detach: (order) => driver.detach(anOrder('vm-1', order), NEVER),
  };
};

const seenBy = (vm: VirtualMachine): readonly GuestDevice[] => vm.report()?.devices ?? [];

/** A driver's words come from QEMU; these come from the guest itself. */
const untilGuestSees = (vm: VirtualMachine, count: number): Promise<readonly GuestDevice[]> => {
  const after = vm.report()?.tick ?? 0;
  return until(`the guest to see ${count} devices`, () => (vm.report()?.tick ?? 0) > after && seenBy(vm).length === count && seenBy(vm));
};

describe('a guest in a real QEMU', () => {
  let host: Host;
  let vm: VirtualMachine;
  beforeAll(async () => {
    host = aHost();
    const args = ['-device', 'pcie-root-port,id=fixed,chassis=9,slot=9,hotplug=off'];
    vm = await aVirtualMachine(bench, { vmId: 'vm-1', folder: host.folder, args });
    await until('the guest to be up', () => vm.report(), BOOT_MS);
  }, BOOT_MS);
  afterEach(async () => {
    await vm.qmp.execute('cont');
    await host.detach();
    await host.detach(ANOTHER_DEVICE);
    await untilGuestSees(vm, 0);
  });
  afterAll(async () => {
    await host.driver.close();
    await vm.kill();
  });

  it('gets a device, loses it, and gets it back at the same place with the same MAC', async () => {
    const first = await host.attach({ mac: MAC });
    expect(first).toEqual({ done: 'attached', guestAddress: expect.stringMatching(/^0000:/) });
    const [device] = await until('a driver in the guest to have it', () => seenBy(vm)[0]?.net && seenBy(vm));
    expect(device).toMatchObject({ vendorId: '1af4', net: { mac: MAC }, address: (first as { guestAddress: string }).guestAddress });
    expect(await host.driver.attachments()).toEqual([{ vmId: 'vm-1', address: A_DEVICE.address }]);

    expect(await host.detach()).toEqual({ done: 'detached', guestAddress: device?.address });
    expect(await host.driver.attachments()).toEqual([]);
    await untilGuestSees(vm, 0);

    expect(await host.attach({ mac: MAC, guestAddress: device?.address })).toEqual(first);
    const [again] = await until('a driver in the guest to have it again', () => seenBy(vm)[0]?.net && seenBy(vm));
    expect(again).toMatchObject({ address: device?.address, net: { mac: MAC } });
  });

  it('keeps its other devices', async () => {
    await host.attach();
    await host.attach(ANOTHER_DEVICE);
    await untilGuestSees(vm, 2);
    expect(await host.detach()).toMatchObject({ done: 'detached' });
    expect((await untilGuestSees(vm, 1))[0]).toMatchObject({ vendorId: '1b36', productId: '0010' });
  });

  it('may be asked twice', async () => {
    const first = await host.attach();
    expect(await host.attach()).toEqual(first);
    await host.detach();
    expect(await host.detach()).toEqual({ done: 'detached' });
  });

  it('that is paused keeps the device until it runs again', async () => {
    await host.attach();
    await untilGuestSees(vm, 1);
    await vm.qmp.execute('stop');
    const before = host.changes();
    expect(await host.detach({ deadlineMs: DEADLINE_MS })).toEqual({ failed: 'TIMEOUT', message: expect.stringContaining('paused') });
    expect(await host.driver.attachments()).toHaveLength(1);
    expect(host.changes()).toBe(before);
    await vm.qmp.execute('cont');
    await until('the driver to tell that something changed', () => host.changes() > before);
    await until('the device to be out', async () => (await host.driver.attachments())?.length === 0);
    await untilGuestSees(vm, 0);
  });

  it('cannot be moved with a device that holds it, and the reason is known beforehand', async () => {
    expect(await host.driver.preflight('vm-1')).toEqual([]);
    await host.attach(ANOTHER_DEVICE);
    expect(await host.driver.preflight('vm-1')).toEqual([expect.stringContaining('non-migratable')]);
  });

  it('has no room for a third device', async () => {
    await vm.qmp.execute('device_add', { driver: 'nvme', id: 'other', serial: 'B', bus: 'port1', addr: '0x0' });
    await host.attach();
    expect(await host.attach(ANOTHER_DEVICE)).toEqual({ failed: 'DRIVER_ERROR', message: expect.stringContaining('no free port') });
    await untilGuestSees(vm, 2);
    await vm.qmp.execute('device_del', { id: 'other' });
    await untilGuestSees(vm, 1);
  });
});

describe('a driver that QEMU refuses', () => {
  let folder: string;
  let vm: VirtualMachine;
  beforeAll(async () => {
    folder = aFolder('qemu');
    vm = await aVirtualMachine(bench, { vmId: 'vm-1', folder, args: ['-device', 'pcie-root-port,id=fixed,chassis=9,slot=9,hotplug=off', '-S'] });
  });
  afterAll(() => vm.kill());
  const refusal = async (more: Partial<Parameters<typeof qmpDriver>[0]>, order: Partial<DeviceOrder> = {}): Promise<unknown> => {
    const host = aHost(more, folder);
    const outcome = await host.attach(order);
    expect(await host.driver.attachments()).toEqual([]);
    await host.driver.close();
    return outcome;
  };

  it('says so when the host has no such device', async () => {
    expect(await refusal({ models: {} }, { address: '0000:ff:1f.7' })).toEqual({
      failed: 'DEVICE_NOT_FOUND',
      message: expect.stringContaining('0000:ff:1f.7'),
    });
  });

  it('passes on the words of QEMU where it has none of its own', async () => {
    const models = { [A_DEVICE.address]: { driver: 'no-such-model' } };
    expect(await refusal({ models })).toEqual({
      failed: 'DRIVER_ERROR',
      message: expect.stringContaining("'no-such-model' is not a valid device model"),
    });
  });

  it('finds no place when the only port takes nothing while the guest runs', async () => {
    expect(await refusal({ ports: ['fixed'] })).toEqual({ failed: 'DRIVER_ERROR', message: expect.stringContaining('no free port') });
  });

  it('does not find a VM that does not run here', async () => {
    expect(await refusal({}, { vmId: 'vm-9' })).toMatchObject({ failed: 'VM_NOT_FOUND' });
  });

  it('is the only one who speaks to a monitor: a second one gives up in time', async () => {
    const first = aHost({}, folder);
    expect(await first.driver.attachments()).toEqual([]);
    const second = aHost({ greetMs: 300 }, folder);
    expect(await second.attach()).toMatchObject({ failed: 'DRIVER_ERROR', message: expect.stringContaining('another client') });
    await Promise.all([first.driver.close(), second.driver.close()]);
  });
});

describe('a guest that does not let go', () => {
  let host: Host;
  let vm: VirtualMachine;
  const device = { ...NIC, id: hostdevName(A_DEVICE.deviceId), bus: 'port1', addr: '0x0' };
  beforeAll(async () => {
    host = aHost();
    const args = ['-device', JSON.stringify(device)];
    vm = await aVirtualMachine(bench, { vmId: 'vm-1', folder: host.folder, args, kernelOptions: 'acpi=off pcie_ports=compat' });
    await until('the guest to be up', () => seenBy(vm)[0]?.net, BOOT_MS);
  }, BOOT_MS);
  afterAll(() => vm.kill());

  it('runs into the deadline, however often it is asked, and keeps the device', async () => {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await host.detach({ deadlineMs: DEADLINE_MS })).toEqual({ failed: 'TIMEOUT', message: expect.any(String) });
    }
    expect(await host.driver.attachments()).toEqual([{ vmId: 'vm-1', address: A_DEVICE.address }]);
    expect(await untilGuestSees(vm, 1)).toMatchObject([{ net: { mac: NIC.mac } }]);
    expect(host.changes()).toBe(0);
  });

  it('loses it late, at its next boot, and the driver tells that something changed', async () => {
    await vm.qmp.execute('system_reset');
    await until('the driver to tell that something changed', () => host.changes() > 0);
    await until('the device to be out', async () => (await host.driver.attachments())?.length === 0);
  });

  it(
    'is not found any more when its QEMU is killed while it is asked',
    async () => {
      const doomed = aHost();
      // A guest that is up: one that has not come so far lets go of anything.
      const args = ['-device', JSON.stringify(device)];
      const killed = await aVirtualMachine(bench, { vmId: 'vm-1', folder: doomed.folder, args, kernelOptions: 'acpi=off pcie_ports=compat' });
      await until('the guest to be up', () => seenBy(killed)[0]?.net, BOOT_MS);
      const asked = doomed.detach();
      // QEMU answers its monitors in turn, and the driver asks a handful of things before it waits for the guest.
      for (let turn = 0; turn < 20; turn += 1) await killed.qmp.execute('query-pci');
      await killed.kill();
      expect(await asked).toMatchObject({ failed: 'VM_NOT_FOUND' });
    },
    BOOT_MS,
  );
});
