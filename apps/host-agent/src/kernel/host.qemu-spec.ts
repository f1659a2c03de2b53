import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeviceObservation } from '@vfleet/pci';
import { aNodeBench, aNodeGuest, until, type AnsweringMachine, type GuestRefused } from '@vfleet/testing';

/**
 * The agent's own eyes and hands in a guest that is a host itself: its kernel has an IOMMU, a network card, and a disk
 * whose controller can have four virtual functions. One guest for all of the file, for it takes a while to boot.
 */
let host: AnsweringMachine;
const AGENT = fileURLToPath(new URL('../..', import.meta.url));
const [NIC, PF, FIRST_VF, SECOND_VF] = ['0000:01:00.0', '0000:02:00.0', '0000:02:00.1', '0000:02:00.2'];
const MAC = '52:54:00:00:00:07';
const CARD = { driver: 'virtio-net-pci', romfile: '', mac: MAC };

const HARDWARE = [
  `-device ${CARD.driver},id=card,bus=port1,romfile=,mac=${MAC}`,
  '-device pcie-root-port,id=port3,chassis=3,slot=3',
  '-device nvme-subsys,id=disks -drive file=null-co://,if=none,id=disk,format=raw',
  // As many queues and interrupts as its virtual functions may be given (QEMU's documentation, system/devices/nvme).
  '-device nvme,serial=VFLEET0,subsys=disks,bus=port2,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=26,msix_qsize=15',
  '-device nvme-ns,drive=disk',
].flatMap((line) => line.split(' '));
const MODULES = ['virtio_net', 'vfio_pci', 'vfio_iommu_type1', 'uio_pci_generic'];

beforeAll(async () => {
  const bench = await aNodeBench({ package: AGENT, program: 'dist/kernel/testing/guest-program.js', modules: MODULES });
  host = await aNodeGuest(bench, { vmId: 'host', iommu: true, kernelOptions: 'intel_iommu=on', args: HARDWARE });
}, 300_000);
afterAll(() => host?.kill());
beforeEach(async () => {
  await host.ask('attachedAre', { addresses: [] });
});

interface Look {
  readonly devices: readonly DeviceObservation[];
  readonly digest: string;
}
const look = (): Promise<Look> => host.ask<Look>('look');
const deviceAt = async (address: string): Promise<DeviceObservation> => {
  const found = (await look()).devices.find((device) => device.address === address);
  if (!found) throw new Error(`the guest has nothing at ${address}`);
  return found;
};
const vfs = async (): Promise<readonly DeviceObservation[]> => (await look()).devices.filter(({ functionType }) => functionType === 'vf');
/** What was told since somebody asked last. */
const told = async (): Promise<readonly string[]> => (await host.ask<readonly { readonly name: string }[]>('facts')).map(({ name }) => name);
const setVfs = (numVfs: number): Promise<string> =>
  host.ask('setVfs', { address: PF, numVfs }).then(
    () => 'done',
    ({ code, message }: GuestRefused) => `${code}: ${message}`,
  );
const lend = async (address: string): Promise<void> => host.ask('lend', { deviceId: (await deviceAt(address)).deviceId });
const giveBack = (...attached: readonly string[]): Promise<void> => host.ask('giveBack', { addresses: attached });

describe('the agent on a kernel of its own', () => {
  it('sees the IOMMU, a group for each function behind a port, and what can have virtual functions', async () => {
    const [online] = await host.ask<readonly { readonly data: object }[]>('facts');
    expect(online?.data).toMatchObject({ kernel: expect.stringMatching(/^\d+\.\d+/), iommu: { enabled: true, type: 'intel' } });
    const [nic, pf] = [await deviceAt(NIC), await deviceAt(PF)];
    expect(nic).toMatchObject({ functionType: 'plain', driver: 'virtio-pci', identity: `mac:${MAC}`, net: [{ mac: MAC, permanentMac: MAC }] });
    expect(pf).toMatchObject({ functionType: 'pf', driver: 'nvme', totalVfs: 4, numVfs: 0, class: '010802' });
    expect(nic.iommuGroup).toEqual(expect.any(Number));
    expect(pf.iommuGroup).not.toBe(nic.iommuGroup);
  });

  it('tells of nothing when nothing has changed', async () => {
    await told();
    const { digest } = await look();
    expect(await look()).toMatchObject({ digest });
    expect(await told()).toEqual([]);
  });

  it('knows a card again that was pulled and plugged elsewhere', async () => {
    const before = await deviceAt(NIC);
    await told();
    await host.qmp.execute('device_del', { id: 'card' });
    await until('the card to be pulled', () =>
      host.qmp.events.find(({ event, data }) => event === 'DEVICE_DELETED' && (data as { device?: string }).device),
    );
    await host.qmp.execute('device_add', { ...CARD, id: 'card', bus: 'port3' });
    const moved = await until('the card to be seen again', async () =>
      (await look()).devices.find(({ deviceId, address }) => deviceId === before.deviceId && address !== NIC),
    );
    expect(moved).toMatchObject({ identity: before.identity, deviceId: before.deviceId });
  });
});

describe('virtual functions of a real kernel', () => {
  it('come as they are asked for, each in a group of its own, and are told of', async () => {
    await told();
    expect(await setVfs(2)).toBe('done');
    expect(await deviceAt(PF)).toMatchObject({ numVfs: 2 });
    const made = await vfs();
    expect(made.map(({ address, vfIndex }) => [address, vfIndex])).toEqual([
      [FIRST_VF, 0],
      [SECOND_VF, 1],
    ]);
    expect(new Set(made.map(({ iommuGroup }) => iommuGroup)).size).toBe(2);
    expect((await told()).filter((name) => name === 'DeviceDiscovered')).toHaveLength(2);
  });

  it('are the same ones again after their number was another', async () => {
    const before = await vfs();
    expect(await setVfs(4)).toBe('done');
    expect((await vfs()).slice(0, 2).map(({ deviceId }) => deviceId)).toEqual(before.map(({ deviceId }) => deviceId));
    expect(await setVfs(0)).toBe('done');
    expect(await vfs()).toEqual([]);
    expect(await setVfs(2)).toBe('done');
    expect((await vfs()).map(({ deviceId }) => deviceId)).toEqual(before.map(({ deviceId }) => deviceId));
  });

  it('are never more than the card can have', async () => {
    expect(await setVfs(5)).toBe(`INVALID_REQUEST: numVfs ${PF} can have 4 virtual functions, not 5`);
    expect(await deviceAt(PF)).toMatchObject({ numVfs: 2 });
  });
});

describe('a device of a real kernel that is lent to a VM', () => {
  it('is bound to vfio-pci and given back to its driver, and stays the same device in the same group meanwhile', async () => {
    const address = (await look()).devices.find(({ identity }) => identity === `mac:${MAC}`)?.address as string;
    const [before, { digest }] = [await deviceAt(address), await look()];
    await told();
    await lend(address);
    const { identity, deviceId, iommuGroup } = before;
    expect(await deviceAt(address)).toMatchObject({ identity, deviceId, iommuGroup, driver: 'vfio-pci', net: [] });
    expect((await look()).digest).toBe(digest);
    expect(await host.ask('list', { path: '/dev/vfio' })).toContain(String(iommuGroup));
    await giveBack(address);
    expect(await deviceAt(address)).toMatchObject({ driver: 'vfio-pci' });
    await giveBack();
    expect(await until('its interface', async () => (await deviceAt(address)).net[0] && deviceAt(address))).toEqual(before);
    expect(new Set(await told())).toEqual(new Set(['DeviceChanged']));
  });

  it('gets back what its operator had bound it to, as a virtual function with an override', async () => {
    await host.ask('write', { path: `bus/pci/devices/${SECOND_VF}/driver_override`, text: 'uio_pci_generic' });
    const { driver: first } = await deviceAt(SECOND_VF);
    if (first !== undefined) await host.ask('write', { path: `bus/pci/drivers/${first}/unbind`, text: SECOND_VF });
    await host.ask('write', { path: 'bus/pci/drivers_probe', text: SECOND_VF });
    const before = await deviceAt(SECOND_VF);
    expect(before.driver).toBe('uio_pci_generic');
    await lend(SECOND_VF);
    expect(await deviceAt(SECOND_VF)).toEqual({ ...before, driver: 'vfio-pci' });
    await giveBack();
    expect(await deviceAt(SECOND_VF)).toEqual(before);
  });
});

describe('the reset of a device by a real kernel', () => {
  const reset = (address: string): Promise<object> => host.ask('reset', { address });

  it('is not asked for while a driver of the host has it', async () => {
    const address = (await look()).devices.find(({ identity }) => identity === `mac:${MAC}`)?.address as string;
    expect(await reset(address)).toEqual({ clean: 'left as it is', because: "its host's driver virtio-pci has it already" });
  });

  it('is done for a virtual function that was lent and is not open, and waits while it is', async () => {
    await lend(FIRST_VF);
    const { iommuGroup, deviceId } = await deviceAt(FIRST_VF);
    await host.ask('open', { path: `/dev/vfio/${iommuGroup}` });
    expect(await reset(FIRST_VF)).toEqual({ waits: 'some process still has it open by VFIO', soon: true });
    await host.ask('close', { path: `/dev/vfio/${iommuGroup}` });
    expect(await reset(FIRST_VF)).toEqual({ clean: 'reset' });
    expect(await deviceAt(FIRST_VF)).toMatchObject({ deviceId, driver: 'vfio-pci' });
    await giveBack();
  });
});

describe('a virtual function of a real kernel that is in use', () => {
  it('is not taken away under its VM, nor where nobody sees what VMs have, nor under a process that has it open', async () => {
    await lend(FIRST_VF);
    const { iommuGroup, deviceId } = await deviceAt(FIRST_VF);
    await host.ask('attachedAre', { addresses: [FIRST_VF] });
    expect(await setVfs(0)).toBe(`VFS_IN_USE: ${FIRST_VF} is attached to a VM`);
    await host.ask('attachedAre', { addresses: null });
    expect(await setVfs(4)).toBe(`VFS_IN_USE: ${FIRST_VF} is bound to vfio-pci, and nobody sees whether a VM has it`);

    await host.ask('attachedAre', { addresses: [] });
    await host.ask('open', { path: `/dev/vfio/${iommuGroup}` });
    expect(await setVfs(1)).toBe(`VFS_IN_USE: ${FIRST_VF} is open in some process`);
    await giveBack();
    expect(await deviceAt(FIRST_VF)).toMatchObject({ deviceId, driver: 'vfio-pci' });
    await host.ask('close', { path: `/dev/vfio/${iommuGroup}` });
    expect(await setVfs(1)).toBe('done');
    expect((await vfs()).map((vf) => vf.deviceId)).toEqual([deviceId]);
  });
});
