import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { DeviceObservation } from '@vfleet/pci';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import { observe } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { readLinkName, readText } from '../sysfs/read.js';
import { sysfsHardware } from '../sysfs/scanner.js';
import { borrowedDevices } from './borrowed-devices.js';
import { driverBinding, type DriverBinding } from './driver-binding.js';
import { standInKernel, type StandInKernel } from './testing/stand-in-kernel.js';

let capture: SysfsCapture;
let kernel: StandInKernel;
let file: string;
beforeEach(() => {
  capture = aSysfsCapture('full-iommu-vfs-vfio');
  kernel = standInKernel(capture.sysfsRoot);
  file = join(capture.sysfsRoot, '../borrowed.json');
});
afterEach(() => capture.close());

const NIC = '0000:05:00.0';
/** An e1000 and an edu behind one bridge share a group with a serial port, which a host keeps. */
const [IN_GROUP, SERIAL_PORT] = ['0000:0a:02.0', '0000:0a:01.0'];
const VF = '0000:01:10.2';
const NOBODY: ReadonlySet<string> = new Set();

const devices = (): readonly DeviceObservation[] =>
  observe('h1', sysfsHardware({ sysfsRoot: capture.sysfsRoot, procRoot: join(capture.sysfsRoot, '../proc') }).scan(), [], NAMELESS).map(
    ({ observation }) => observation,
  );
const idOf = (address: string): string => devices().find((one) => one.address === address)?.deviceId as string;
const driverAt = (address: string): string | undefined => readLinkName(join(capture.sysfsRoot, 'bus/pci/devices', address, 'driver'));
const overrideAt = (address: string): string | undefined => readText(join(capture.sysfsRoot, 'bus/pci/devices', address, 'driver_override'));
/** The binding of an agent that was started just now. */
const binding = (unsafe = false): DriverBinding =>
  driverBinding({
    hostId: 'h1',
    sysfsRoot: capture.sysfsRoot,
    procRoot: join(capture.sysfsRoot, '../proc'),
    writer: kernel,
    borrowed: borrowedDevices(file, () => {}),
    devices,
    look: async () => {},
    unsafeIommuGroups: () => unsafe,
    changed: () => {},
    log: pino({ level: 'silent' }),
  });

describe('a device that is lent to a VM', () => {
  it('keeps its driver where the kernel has no vfio-pci', async () => {
    rmSync(join(capture.sysfsRoot, 'bus/pci/drivers/vfio-pci'), { recursive: true });
    await expect(binding().lend(idOf(NIC))).rejects.toThrow('the kernel has no driver vfio-pci: load its module');
    expect([driverAt(NIC), kernel.written]).toEqual(['e1000e', []]);
  });

  it('is bound to vfio-pci, by its override', async () => {
    await binding().lend(idOf(NIC));
    expect([driverAt(NIC), overrideAt(NIC)]).toEqual(['vfio-pci', 'vfio-pci']);
    expect(kernel.written).toEqual([
      `bus/pci/devices/${NIC}/driver_override vfio-pci`,
      `bus/pci/drivers/e1000e/unbind ${NIC}`,
      `bus/pci/drivers_probe ${NIC}`,
    ]);
  });

  it('is left alone when it is bound to a VFIO driver already', async () => {
    await binding().lend(idOf('0000:01:10.0'));
    expect(kernel.written).toEqual([]);
  });

  it('gets back the driver that it had when no VM has it any more, also after a restart of the agent', async () => {
    await binding().lend(idOf(NIC));
    await binding().giveBack(NOBODY);
    expect([driverAt(NIC), overrideAt(NIC)]).toEqual(['e1000e', '(null)']);
    const before = kernel.written.length;
    await binding().giveBack(NOBODY);
    expect(kernel.written).toHaveLength(before);
  });

  it('gets back the override that it had', async () => {
    writeFileSync(join(capture.sysfsRoot, 'bus/pci/devices', VF, 'driver_override'), 'igbvf\n');
    await binding().lend(idOf(VF));
    await binding().giveBack(NOBODY);
    expect([driverAt(VF), overrideAt(VF)]).toEqual(['igbvf', 'igbvf']);
  });

  it('stays as it is while a VM has it', async () => {
    await binding().lend(idOf(NIC));
    await binding().giveBack(new Set([NIC]));
    expect(driverAt(NIC)).toBe('vfio-pci');
  });

  it('stays as it is while some process has its group or the device open, whoever that is', async () => {
    await binding().lend(idOf(NIC));
    const fd = join(capture.sysfsRoot, '../proc/4711/fd');
    mkdirSync(fd, { recursive: true });
    const group = devices().find(({ address }) => address === NIC)?.iommuGroup;
    mkdirSync(join(capture.sysfsRoot, 'bus/pci/devices', NIC, 'vfio-dev/vfio7'), { recursive: true });
    for (const path of [`/dev/vfio/${group}`, '/dev/vfio/devices/vfio7']) {
      symlinkSync(path, join(fd, '12'));
      await binding().giveBack(NOBODY);
      expect(driverAt(NIC)).toBe('vfio-pci');
      rmSync(join(fd, '12'));
    }
    symlinkSync('/dev/vfio/vfio', join(fd, '13'));
    await binding().giveBack(NOBODY);
    expect(driverAt(NIC)).toBe('e1000e');
  });

  it('stays as somebody else has bound it meanwhile', async () => {
    await binding().lend(idOf(NIC));
    await kernel.write('bus/pci/drivers/vfio-pci/unbind', NIC);
    await kernel.write(`bus/pci/drivers/other/bind`, NIC);
    await binding().giveBack(NOBODY);
    expect([driverAt(NIC), overrideAt(NIC)]).toEqual(['other', '(null)']);
  });

  it('is given back after a lending that failed half way', async () => {
    kernel.refuse('drivers_probe', 'ENODEV');
    await expect(binding().lend(idOf(NIC))).rejects.toThrow('drivers_probe does not take');
    expect(driverAt(NIC)).toBeUndefined();
    await binding().giveBack(NOBODY);
    expect([driverAt(NIC), overrideAt(NIC)]).toEqual(['e1000e', '(null)']);
  });

  it.each(['driver_override', 'unbind', 'drivers_probe'])('is given back after a lending that was cut short at %s and begun again', async (place) => {
    kernel.refuse(place, 'EIO');
    await expect(binding().lend(idOf(NIC))).rejects.toThrow('EIO');
    await binding().lend(idOf(NIC));
    expect(driverAt(NIC)).toBe('vfio-pci');
    await binding().giveBack(NOBODY);
    expect([driverAt(NIC), overrideAt(NIC)]).toEqual(['e1000e', '(null)']);
  });
});

describe('a device that the host needs', () => {
  it('is not bound', async () => {
    const proc = join(capture.sysfsRoot, '../proc/net');
    mkdirSync(proc, { recursive: true });
    writeFileSync(join(proc, 'route'), 'enp5s0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n');
    await expect(binding().lend(idOf(NIC))).rejects.toThrow(/default-route/);
    expect(kernel.written).toEqual([]);
  });

  it('keeps the others of its group with it', async () => {
    await expect(binding().lend(idOf(IN_GROUP))).rejects.toThrow(new RegExp(`${SERIAL_PORT}.*is a communication controller`));
    expect(kernel.written).toEqual([]);
  });
});

describe('an IOMMU group', () => {
  /** The operator has unbound the serial port by hand. */
  beforeEach(() => kernel.write('bus/pci/drivers/serial/unbind', SERIAL_PORT));

  it('is bound as a whole, but for what stays with the host', async () => {
    await binding().lend(idOf(IN_GROUP));
    const members = devices().filter(({ iommuGroup }) => iommuGroup === devices().find(({ address }) => address === IN_GROUP)?.iommuGroup);
    const drivers = Object.fromEntries(members.map(({ address, driver }) => [address, driver]));
    expect(drivers).toMatchObject({ [IN_GROUP]: 'vfio-pci', '0000:0a:03.0': 'vfio-pci' });
    expect(drivers[SERIAL_PORT]).toBeUndefined();
  });

  it('is given back when none of its members is attached any more', async () => {
    await binding().lend(idOf(IN_GROUP));
    await binding().giveBack(new Set(['0000:0a:03.0']));
    expect(driverAt(IN_GROUP)).toBe('vfio-pci');
    await binding().giveBack(NOBODY);
    expect(driverAt(IN_GROUP)).toBe('e1000');
  });
});
