import { cpSync, mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import type { BusDevice, HardwareScan } from '../domain/hardware.js';
import { observe } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { sysfsHardware } from './scanner.js';

let capture: SysfsCapture;
let root: string;
beforeEach(() => {
  capture = aSysfsCapture('full-iommu-vfs-vfio');
  root = capture.sysfsRoot;
});
afterEach(() => capture.close());

const CONTROLLER = '0000:07:00.0';
const controllerFolder = (): string => join(root, 'devices/pci0000:00/0000:00:09.0', CONTROLLER);
const scan = (): HardwareScan => sysfsHardware({ sysfsRoot: root, procRoot: '/proc' }).scan();
const at = (address: string): BusDevice => scan().others.find((one) => one.address === address) as BusDevice;
const identityOf = (address: string): string =>
  observe('h1', scan(), [], NAMELESS).find(({ observation }) => observation.address === address)?.observation.identity as string;
const kindsAt = (scanned: HardwareScan): readonly string[] => scanned.others.map(({ kind, address }) => `${kind} ${address}`);

/** Moves a bus's link and its folder to another number, as the kernel counts after another boot. */
const renumber = (bus: string, from: string, to: string): void => {
  const target = readlinkSync(join(root, bus, from));
  const moved = target.replace(new RegExp(`/${from}(?=/|$)`, 'g'), `/${to}`);
  mkdirSync(join(root, bus, moved, '..'), { recursive: true });
  cpSync(join(root, bus, target), join(root, bus, moved), { recursive: true, verbatimSymlinks: true });
  rmSync(join(root, bus, target), { recursive: true });
  rmSync(join(root, bus, from));
  symlinkSync(moved, join(root, bus, to));
};

describe('a scan of USB', () => {
  it('finds what lsusb shows, but no hubs', () => {
    const shown = capture
      .info('lsusb.txt')
      .trim()
      .split('\n')
      .flatMap((line) => (/ID (\S+)/.exec(line) ?? []).slice(1))
      .filter((id) => !id.startsWith('1d6b') && id !== '0409:55aa');
    expect(
      scan()
        .others.filter(({ kind }) => kind === 'usb')
        .map(({ vendorId, productId }) => `${vendorId}:${productId}`)
        .toSorted(),
    ).toEqual(shown.toSorted());
  });

  it('reads ids, names, class and serial, of the interface where the device leaves that to it', () => {
    expect(at('2-2')).toMatchObject({
      controller: CONTROLLER,
      vendorId: '46f4',
      productId: '0001',
      vendorName: 'QEMU',
      productName: 'QEMU USB HARDDRIVE',
      class: '080650',
      className: 'Mass Storage',
      driver: 'usb-storage',
      serial: 'LABUSB0',
    });
  });

  it('tells a device by its port, and not by the number of its bus', () => {
    writeFileSync(join(controllerFolder(), 'usb2/2-2/serial'), '');
    const before = identityOf('2-2');
    expect(before).toBe('path:0000/#0/09.0/00.0/usb1/2|46f4:0001');
    renumber('bus/usb/devices', 'usb2', 'usb5');
    symlinkSync('../../../devices/pci0000:00/0000:00:09.0/0000:07:00.0/usb5/5-2', join(root, 'bus/usb/devices/5-2'));
    cpSync(join(controllerFolder(), 'usb5/2-2'), join(controllerFolder(), 'usb5/5-2'), { recursive: true, verbatimSymlinks: true });
    rmSync(join(root, 'bus/usb/devices/2-2'));
    expect(identityOf('5-2')).toBe(before);
  });

  it('takes a serial of zeros for none', () => {
    writeFileSync(join(controllerFolder(), 'usb2/2-2/serial'), '000000000000\n');
    expect(at('2-2')).not.toHaveProperty('serial');
  });

  it('reads the network interfaces of a USB NIC', () => {
    const net = join(controllerFolder(), 'usb2/2-2/2-2:1.0/net/enx1');
    mkdirSync(net, { recursive: true });
    writeFileSync(join(net, 'address'), '52:54:00:aa:00:01\n');
    writeFileSync(join(net, 'addr_assign_type'), '0\n');
    expect(at('2-2').net).toEqual([{ ifname: 'enx1', mac: '52:54:00:aa:00:01', permanentMac: '52:54:00:aa:00:01' }]);
  });
});

describe('a scan of SCSI', () => {
  it('finds the logical units that lsscsi shows', () => {
    const shown = [...capture.info('lsscsi.txt').matchAll(/^\[(\d+:\d+:\d+:\d+)\]/gm)].map(([, address]) => `scsi ${address}`);
    expect(kindsAt(scan()).filter((one) => one.startsWith('scsi'))).toEqual(shown);
  });

  it('reads vendor, model and what it is', () => {
    expect(at('0:0:1:3')).toMatchObject({
      controller: '0000:08:00.0',
      vendorName: 'QEMU',
      productName: 'QEMU HARDDISK',
      className: 'disk',
      driver: 'sd',
    });
  });

  it('puts a disk on a USB stick below the stick', () => {
    expect(at('7:0:0:0')).toMatchObject({ controller: CONTROLLER, above: '2-2' });
    const devices = observe('h1', scan(), [], NAMELESS).map(({ observation }) => observation);
    const stick = devices.find(({ address }) => address === '2-2');
    expect(devices.find(({ address }) => address === '7:0:0:0')?.parentDeviceId).toBe(stick?.deviceId);
    expect(stick?.parentDeviceId).toBe(devices.find(({ address }) => address === CONTROLLER)?.deviceId);
  });

  it('knows a disk by its worldwide name', () => {
    const disk = join(root, 'devices/pci0000:00/0000:00:0a.0/0000:08:00.0/virtio3/host0/target0:0:0/0:0:0:0');
    writeFileSync(join(disk, 'wwid'), 'naa.5000c500db0a9c41\n');
    expect(identityOf('0:0:0:0')).toBe('serial:scsi:QEMU:QEMU HARDDISK:naa.5000c500db0a9c41');
  });

  it('tells the ports of one controller apart, and counts them within it', () => {
    const ata = join(root, 'devices/pci0000:00/0000:00:1f.2');
    for (const [port, host] of [
      ['ata1', 'host1'],
      ['ata4', 'host4'],
    ] as const) {
      const number = host.slice('host'.length);
      const folder = join(ata, `${port}/${host}/target${number}:0:0/${number}:0:0:0`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'vendor'), 'ATA\n');
      writeFileSync(join(folder, 'model'), 'DISK\n');
      symlinkSync(
        `../../../devices/pci0000:00/0000:00:1f.2/${port}/${host}/target${number}:0:0/${number}:0:0:0`,
        join(root, `bus/scsi/devices/${number}:0:0:0`),
      );
    }
    expect([identityOf('1:0:0:0'), identityOf('4:0:0:0')]).toEqual([
      'path:0000/#0/1f.2/scsi0/0:0:0|ATA:DISK',
      'path:0000/#0/1f.2/scsi3/0:0:0|ATA:DISK',
    ]);
  });
});

describe('a scan of mediated devices', () => {
  const UUID = 'c60cc831-5d56-4b5b-9ffd-4b1d3a7f0a6e';
  const gpu = (): string => join(root, 'devices/pci0000:00/0000:00:03.0/0000:01:00.0');
  beforeEach(() => {
    mkdirSync(join(gpu(), 'mdev_supported_types/lab-7'), { recursive: true });
    writeFileSync(join(gpu(), 'mdev_supported_types/lab-7/name'), 'LAB A10-4Q\n');
    mkdirSync(join(gpu(), UUID));
    symlinkSync('../mdev_supported_types/lab-7', join(gpu(), UUID, 'mdev_type'));
    mkdirSync(join(root, 'bus/mdev/devices'), { recursive: true });
    symlinkSync(`../../../devices/pci0000:00/0000:00:03.0/0000:01:00.0/${UUID}`, join(root, 'bus/mdev/devices', UUID));
  });

  it('finds them below the function that they are part of, with the name of their type', () => {
    expect(at(UUID)).toMatchObject({ kind: 'mdev', controller: '0000:01:00.0', productName: 'LAB A10-4Q' });
    expect(identityOf(UUID)).toBe(`mdev:${UUID}`);
  });

  it('takes the name of the type itself where it has no other', () => {
    rmSync(join(gpu(), 'mdev_supported_types/lab-7/name'));
    expect(at(UUID).productName).toBe('lab-7');
  });
});

describe('a bus that cannot be listed', () => {
  it('hides its own devices only, and says so', () => {
    rmSync(join(root, 'bus/usb/devices'), { recursive: true });
    writeFileSync(join(root, 'bus/usb/devices'), 'no folder');
    const scanned = scan();
    expect(scanned.unlisted).toEqual(['usb']);
    expect(scanned.unreadable).toEqual([{ address: 'usb', message: expect.stringContaining('cannot be listed (ENOTDIR)') }]);
    expect(scanned.others).not.toHaveLength(0);
  });

  it('that is not there at all has no devices', () => {
    rmSync(join(root, 'bus/usb'), { recursive: true });
    expect(scan()).toMatchObject({ unlisted: [], unreadable: [] });
  });
});
