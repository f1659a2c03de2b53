import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeviceObservation } from '@vfleet/pci';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import { observe } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { readLinkName } from '../sysfs/read.js';
import { sysfsHardware } from '../sysfs/scanner.js';
import { deviceReset, type ResetDevice, type ResetOutcome } from './device-reset.js';
import { standInKernel, type StandInKernel } from './testing/stand-in-kernel.js';

let capture: SysfsCapture;
let kernel: StandInKernel;
beforeEach(() => {
  capture = aSysfsCapture('full-iommu-vfs-vfio');
  kernel = standInKernel(capture.sysfsRoot);
});
afterEach(() => capture.close());

/** Bound to vfio-pci; and two of one group, one of them with a host's driver. */
const [VF, NIC, NEIGHBOUR] = ['0000:01:10.0', '0000:05:00.0', '0000:0a:03.0'];
const IN_GROUP = '0000:0a:02.0';

const at = (address: string): string => join(capture.sysfsRoot, 'bus/pci/devices', address);
const device = (address: string): DeviceObservation => {
  const { scan } = sysfsHardware({ sysfsRoot: capture.sysfsRoot, procRoot: join(capture.sysfsRoot, '../proc') });
  return observe('h1', scan(), [], NAMELESS).find(({ observation }) => observation.address === address)?.observation as DeviceObservation;
};
const resettable = (address: string, methods?: string): void => {
  writeFileSync(join(at(address), 'reset'), '');
  rmSync(join(at(address), 'reset_method'), { force: true });
  if (methods !== undefined) writeFileSync(join(at(address), 'reset_method'), `${methods}\n`);
};
const resetter = (mode: 'try' | 'required'): ResetDevice =>
  deviceReset({ sysfsRoot: capture.sysfsRoot, procRoot: join(capture.sysfsRoot, '../proc'), writer: kernel, mode });
const reset = (address: string, mode: 'try' | 'required' = 'try', neighbour?: string): Promise<ResetOutcome> =>
  resetter(mode)(device(address), neighbour === undefined ? undefined : device(neighbour));
const RESET = (address: string): string => `bus/pci/devices/${address}/reset 1`;

describe('the reset of a device', () => {
  it('is one write', async () => {
    resettable(VF, 'flr');
    expect(await reset(VF)).toEqual({ clean: 'reset' });
    expect(kernel.written).toEqual([RESET(VF)]);
  });

  it('that fails says so as the kernel does', async () => {
    resettable(VF, 'flr');
    kernel.refuse('/reset', 'EIO');
    expect(await reset(VF)).toEqual({ failed: `its reset failed: bus/pci/devices/${VF}/reset does not take 1 (EIO)` });
  });

  it('that there is none of is a fault only where it is required', async () => {
    expect(await reset(VF)).toEqual({ clean: 'left as it is', because: 'its kernel knows no way to reset it' });
    expect(await reset(VF, 'required')).toEqual({ failed: 'its kernel knows no way to reset it' });
    resettable(VF, 'bus');
    kernel.refuse('/reset', 'ENOTTY');
    expect(await reset(VF)).toMatchObject({ clean: 'left as it is', because: expect.stringContaining('ENOTTY') });
    kernel.refuse('/reset', 'ENOTTY');
    expect(await reset(VF, 'required')).toMatchObject({ failed: expect.stringContaining('ENOTTY') });
  });

  it('waits while a process has it open', async () => {
    resettable(VF, 'flr');
    const fd = join(capture.sysfsRoot, '../proc/4711/fd');
    mkdirSync(fd, { recursive: true });
    symlinkSync(`/dev/vfio/${device(VF).iommuGroup}`, join(fd, '12'));
    expect(await reset(VF)).toMatchObject({ waits: expect.stringContaining('open'), soon: true });
    expect(kernel.written).toEqual([]);
  });

  it('is not written where it could reach a neighbour that a VM has', async () => {
    await kernel.write(`bus/pci/drivers/${device(IN_GROUP).driver}/unbind`, IN_GROUP);
    resettable(IN_GROUP, 'bus');
    expect(await reset(IN_GROUP, 'try', NEIGHBOUR)).toEqual({ waits: `a VM has ${NEIGHBOUR}, which a reset could reach`, soon: false });
    resettable(IN_GROUP);
    expect(await reset(IN_GROUP, 'required', NEIGHBOUR)).toMatchObject({ waits: expect.any(String) });
    expect(kernel.written).not.toContain(RESET(IN_GROUP));
  });

  it('that concerns the function alone is written although its group is open for a neighbour', async () => {
    await kernel.write(`bus/pci/drivers/${device(IN_GROUP).driver}/unbind`, IN_GROUP);
    resettable(IN_GROUP, 'flr');
    const fd = join(capture.sysfsRoot, '../proc/4711/fd');
    mkdirSync(fd, { recursive: true });
    symlinkSync(`/dev/vfio/${device(IN_GROUP).iommuGroup}`, join(fd, '12'));
    expect(await reset(IN_GROUP)).toMatchObject({ soon: true });
    expect(await reset(IN_GROUP, 'try', NEIGHBOUR)).toEqual({ clean: 'reset' });
  });

  it('is not done under a driver of the host, which lets go of it where a reset is required, and gets it back', async () => {
    resettable(NIC, 'flr');
    expect(await reset(NIC)).toMatchObject({ clean: 'left as it is', because: expect.stringContaining('e1000e') });
    expect(kernel.written).toEqual([]);
    expect(await reset(NIC, 'required')).toEqual({ clean: 'reset' });
    kernel.refuse('/reset', 'EIO');
    expect(await reset(NIC, 'required')).toMatchObject({ failed: expect.stringContaining('EIO') });
    const once = [`bus/pci/drivers/e1000e/unbind ${NIC}`, RESET(NIC), `bus/pci/drivers_probe ${NIC}`];
    expect(kernel.written).toEqual([...once, ...once]);
    expect(readLinkName(join(at(NIC), 'driver'))).toBe('e1000e');
  });
});
