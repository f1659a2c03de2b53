import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { ApiError } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import { observe, type SeenDevice } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { sysfsHardware } from '../sysfs/scanner.js';
import { standInKernel, type StandInKernel } from './testing/stand-in-kernel.js';
import { vfCount, type VfCount, type VfCountParts } from './vf-count.js';

let capture: SysfsCapture;
let kernel: StandInKernel;
let seen: readonly SeenDevice[];
let said: string[];
/** Without VFs; each igb can have 7, the NVMe 4. */
const [PF, NVME, PLAIN] = ['0000:01:00.0', '0000:03:00.0', '0000:05:00.0'];

const devices = (): readonly DeviceObservation[] => seen.map(({ observation }) => observation);
const rescan = async (): Promise<void> => {
  seen = observe('h1', sysfsHardware({ sysfsRoot: capture.sysfsRoot, procRoot: '/proc' }).scan(), seen, NAMELESS);
};
const vfsOf = (pf: string): readonly DeviceObservation[] => {
  const { deviceId } = devices().find(({ address }) => address === pf) as DeviceObservation;
  return devices().filter(({ functionType, parentDeviceId }) => functionType === 'vf' && parentDeviceId === deviceId);
};
const counting = (more: Partial<VfCountParts> = {}): VfCount =>
  vfCount({
    hostId: 'h1',
    sysfsRoot: capture.sysfsRoot,
    procRoot: '/nowhere',
    writer: kernel,
    devices,
    rescan,
    attached: async () => new Set(),
    held: async () => new Set(),
    isUnderWay: () => false,
    log: pino({ base: null }, { write: (line: string) => void said.push((JSON.parse(line) as { err?: string }).err ?? '') }),
    ...more,
  });
const refusal = (setting: Promise<unknown>): Promise<unknown> =>
  setting.then(
    () => 'not refused',
    (error: ApiError) => `${error.status} ${error.code}: ${error.message}`,
  );

beforeEach(async () => {
  capture = aSysfsCapture('full-iommu-novfs');
  kernel = standInKernel(capture.sysfsRoot);
  [seen, said] = [[], []];
  await rescan();
});
afterEach(() => capture.close());

describe('a PF that is asked for virtual functions', () => {
  it('has as many as it was asked for, and says so', async () => {
    const { deviceId } = devices().find(({ address }) => address === PF) as DeviceObservation;
    expect(await counting().set({ address: '01:00.0', numVfs: 3 })).toEqual({ deviceId, address: PF, numVfs: 3, totalVfs: 7 });
    expect(vfsOf(PF).map(({ vfIndex }) => vfIndex)).toEqual([0, 1, 2]);
    expect(kernel.written).toEqual([`bus/pci/devices/${PF}/sriov_numvfs 3`]);
  });

  it('is not written to when it has them', async () => {
    await counting().set({ address: PF, numVfs: 3 });
    await counting().set({ address: PF, numVfs: 3 });
    expect(kernel.written).toHaveLength(1);
  });

  it('gives up those that it has before it gets another number, for the kernel wants it so', async () => {
    await counting().set({ address: PF, numVfs: 3 });
    await counting().set({ address: PF, numVfs: 5 });
    expect(kernel.written.map((line) => line.split(' ')[1])).toEqual(['3', '0', '5']);
    expect(vfsOf(PF)).toHaveLength(5);
  });

  it.each<[string, string, number, string]>([
    ['more than it can have', PF, 8, `400 INVALID_REQUEST: numVfs ${PF} can have 7 virtual functions, not 8`],
    ['any, of a function that has none', PLAIN, 1, `400 INVALID_REQUEST: address ${PLAIN} has no virtual functions to offer`],
    ['any, where there is no device', '0000:77:00.0', 1, '404 DEVICE_NOT_FOUND: there is no device 0000:77:00.0'],
    ['any, where there can be none', 'x', 1, '400 INVALID_REQUEST: address must be a PCI address as 0000:28:00.0'],
  ])('refuses %s', async (_, address, numVfs, why) => {
    expect(await refusal(counting().set({ address, numVfs }))).toBe(why);
    expect(kernel.written).toEqual([]);
  });

  it('says in the kernel’s words that the kernel refused', async () => {
    kernel.refuse('sriov_numvfs', 'ENOSPC');
    expect(await refusal(counting().set({ address: PF, numVfs: 3 }))).toBe(
      `422 DRIVER_ERROR: bus/pci/devices/${PF}/sriov_numvfs does not take 3 (ENOSPC)`,
    );
  });
});

describe('virtual functions that are in use', () => {
  const VF = '0000:01:10.0';
  const idOf = (address: string): string => devices().find((one) => one.address === address)?.deviceId as string;
  beforeEach(() => counting().set({ address: PF, numVfs: 4 }));

  it.each<[string, () => Partial<VfCountParts>, string]>([
    ['a VM has', () => ({ attached: async () => new Set([VF]) }), 'is attached to a VM'],
    ['a VM holds', () => ({ held: async () => new Set([idOf(VF)]) }), 'is held by a VM'],
    ['is just being attached', () => ({ isUnderWay: (deviceId) => deviceId === idOf(VF) }), 'is being attached or detached'],
  ])('are not taken away while one is there that %s', async (_, users, why) => {
    expect(await refusal(counting(users()).set({ address: PF, numVfs: 0 }))).toBe(`409 VFS_IN_USE: ${VF} ${why}`);
    expect(await refusal(counting(users()).set({ address: PF, numVfs: 6 }))).toBe(`409 VFS_IN_USE: ${VF} ${why}`);
    expect(vfsOf(PF)).toHaveLength(4);
  });

  it('are not taken away while some process has one open, of which no hypervisor knows', async () => {
    const { iommuGroup } = devices().find(({ address }) => address === VF) as DeviceObservation;
    const procRoot = join(capture.sysfsRoot, '../proc');
    mkdirSync(join(procRoot, '42/fd'), { recursive: true });
    symlinkSync(`/dev/vfio/${iommuGroup}`, join(procRoot, '42/fd/7'));
    expect(await refusal(counting({ procRoot }).set({ address: PF, numVfs: 0 }))).toBe(`409 VFS_IN_USE: ${VF} is open in some process`);
    expect(vfsOf(PF)).toHaveLength(4);
  });

  it('are not taken away with their PF, when a VM has the PF', async () => {
    const attached = async (): Promise<ReadonlySet<string>> => new Set([PF]);
    expect(await refusal(counting({ attached }).set({ address: PF, numVfs: 0 }))).toBe(`409 PF_IN_USE: ${PF} is attached to a VM`);
  });

  it('are taken to be in use where they wait for a VM’s driver and nobody sees what VMs have', async () => {
    await kernel.write(`bus/pci/drivers/vfio-pci/bind`, VF);
    const unseen = { attached: async () => undefined };
    expect(await refusal(counting(unseen).set({ address: PF, numVfs: 0 }))).toMatch(/^409 VFS_IN_USE: 0000:01:10.0 is bound to vfio-pci/);
    expect(await counting().set({ address: PF, numVfs: 0 })).toMatchObject({ numVfs: 0 });
    expect(vfsOf(PF)).toEqual([]);
  });
});

describe('the numbers that a configuration wants', () => {
  it('are those of the PFs, and one PF that fails does not stop the others', async () => {
    const wanted = [
      { address: PF, numVfs: 9 },
      { address: PLAIN, numVfs: 1 },
      { address: '0000:77:00.0', numVfs: 1 },
      { address: NVME, numVfs: 2 },
    ];
    await counting().want(wanted);
    expect(vfsOf(NVME)).toHaveLength(2);
    expect(said.filter((line) => line !== '')).toEqual([`${PF} can have 7 virtual functions, not 9`, `${PLAIN} has no virtual functions to offer`]);
  });

  it('are made again after a boot, where the card is still there; what nobody wants is left as it is [cfg-008]', async () => {
    await counting().want([
      { address: PF, numVfs: 7 },
      { address: '0000:81:00.0', numVfs: 4 },
    ]);
    expect(kernel.written).toEqual([`bus/pci/devices/${PF}/sriov_numvfs 7`]);
    expect(vfsOf(PF)).toHaveLength(7);
    expect(said.filter((line) => line !== '')).toEqual([]);
  });

  it('that cannot be had are told once, until that changes', async () => {
    const count = counting();
    for (let round = 0; round < 3; round += 1) await count.want([{ address: PF, numVfs: 9 }]);
    expect(said).toHaveLength(1);
  });

  it('take nothing away while nobody says what VMs hold', async () => {
    await counting().want([{ address: PF, numVfs: 2 }]);
    await counting({ held: async () => undefined }).want([{ address: PF, numVfs: 1 }]);
    expect(vfsOf(PF)).toHaveLength(2);
    expect(said.at(-1)).toBe(`${PF}: nobody says whether its virtual functions are held`);
  });

  it('give way to what was asked for since, until the configuration changes', async () => {
    const count = counting();
    await count.want([{ address: PF, numVfs: 2 }]);
    await count.set({ address: PF, numVfs: 5 });
    await count.want([{ address: PF, numVfs: 2 }]);
    expect(vfsOf(PF)).toHaveLength(5);
    count.forgetAsked();
    await count.want([{ address: PF, numVfs: 2 }]);
    expect(vfsOf(PF)).toHaveLength(2);
  });
});
