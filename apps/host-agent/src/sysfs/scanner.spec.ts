import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import type { HardwareScan, PciFunction } from '../domain/hardware.js';
import { observe } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { NothingToScan } from '../nothing-to-scan.js';
import { sysfsHardware } from './scanner.js';

const scan = (sysfsRoot: string): HardwareScan => sysfsHardware({ sysfsRoot, procRoot: '/proc' }).scan();
const at = (scanned: HardwareScan, address: string): PciFunction => scanned.functions.find((one) => one.address === address) as PciFunction;

describe('the scan of a machine', () => {
  let capture: SysfsCapture;
  let root: string;
  beforeEach(() => {
    capture = aSysfsCapture('host2-iommu-vfs-vfio');
    root = capture.sysfsRoot;
  });
  afterEach(() => capture.close());
  const device = (address: string): string => join(root, 'devices/pci0000:00', ...(address.startsWith('0000:03') ? ['0000:00:05.0'] : []), address);

  it('reads network interfaces', () => {
    const mac = readFileSync(join(device('0000:03:00.0'), 'net/enp3s0/address'), 'utf8').trim();
    expect(at(scan(root), '0000:03:00.0').net).toMatchObject([{ ifname: 'enp3s0', mac, permanentMac: mac, carrier: true, linkType: 'ether' }]);
  });

  it('takes no MAC for permanent that was given at random', () => {
    const [vf] = at(scan(root), '0000:03:10.2').net;
    expect(vf?.mac).toBe('7a:e0:4f:7d:02:33');
    expect(vf).not.toHaveProperty('permanentMac');
  });

  it('takes an empty attribute for unreadable and leaves it out', () => {
    expect(at(scan(root), '0000:03:10.2').net[0]).not.toHaveProperty('speedMbps');
  });

  it('takes the permanent MAC of a bond member from the bond', () => {
    const net = join(device('0000:03:00.0'), 'net/enp3s0');
    mkdirSync(join(net, 'bonding_slave'));
    writeFileSync(join(net, 'bonding_slave/perm_hwaddr'), '52:54:00:00:00:77\n');
    expect(at(scan(root), '0000:03:00.0').net[0]?.permanentMac).toBe('52:54:00:00:00:77');
  });

  it('tells that the console is shown on a device', () => {
    writeFileSync(join(device('0000:00:01.0'), 'boot_vga'), '1\n');
    expect(at(scan(root), '0000:00:01.0')).toMatchObject({ bootVga: true, hostUse: [{ code: 'boot-vga' }] });
  });

  it('takes a group without an IOMMU for none', () => {
    writeFileSync(join(root, 'kernel/iommu_groups/9/name'), 'vfio-noiommu\n');
    expect(at(scan(root), '0000:03:00.0').iommuGroup).toBeNull();
  });

  it('takes NUMA node -1 for unknown', () => {
    expect(at(scan(root), '0000:01:00.0').numaNode).toBeNull();
  });

  it('names a device whose ids cannot be read, and reads the rest', () => {
    writeFileSync(join(device('0000:00:1f.3'), 'vendor'), '');
    const scanned = scan(root);
    expect(scanned.unreadable).toEqual([{ address: '0000:00:1f.3', message: 'its vendor cannot be read' }]);
    expect(scanned.functions).toHaveLength(15);
  });

  it('names a device that vanishes while it is read', () => {
    rmSync(device('0000:00:1f.3'), { recursive: true });
    expect(scan(root).unreadable).toEqual([{ address: '0000:00:1f.3', message: 'vanished while it was read (ENOENT)' }]);
  });

  it('names the VFs too when their PF cannot be read', () => {
    writeFileSync(join(device('0000:03:00.0'), 'device'), 'nonsense');
    expect(scan(root).unreadable.map(({ address }) => address)).toEqual([
      '0000:03:00.0',
      '0000:03:10.0',
      '0000:03:10.2',
      '0000:03:10.4',
      '0000:03:10.6',
    ]);
  });

  it('says that there is nothing to scan, and not that all is gone', () => {
    expect(() => scan(join(root, 'nowhere'))).toThrow(NothingToScan);
    rmSync(join(root, 'bus/pci/devices'), { recursive: true });
    mkdirSync(join(root, 'bus/pci/devices'));
    expect(() => scan(root)).toThrow(NothingToScan);
  });

  it('follows no link that leads out of the tree', () => {
    const outside = join(root, '../outside');
    mkdirSync(outside);
    rmSync(join(root, 'bus/pci/devices/0000:00:1f.3'));
    renameSync(device('0000:00:1f.3'), join(outside, '0000:00:1f.3'));
    symlinkSync(join(outside, '0000:00:1f.3'), join(root, 'bus/pci/devices/0000:00:1f.3'));
    rmSync(join(device('0000:00:1f.2'), 'vendor'));
    symlinkSync('/proc/self/environ', join(device('0000:00:1f.2'), 'vendor'));
    expect(
      scan(root)
        .unreadable.map(({ address }) => address)
        .sort(),
    ).toEqual(['0000:00:1f.2', '0000:00:1f.3']);
  });

  it('leaves aside what is no address', () => {
    mkdirSync(join(root, 'bus/pci/devices/../../..;rm'), { recursive: true });
    mkdirSync(join(root, 'bus/pci/devices/0000:00:99.9'));
    expect(scan(root).functions).toHaveLength(16);
  });

  it('gives a root bridge the path that the firmware has for it', () => {
    rmSync(join(root, 'devices/pci0000:00/firmware_node'));
    mkdirSync(join(root, 'devices/pci0000:00/firmware_node'));
    writeFileSync(join(root, 'devices/pci0000:00/firmware_node/path'), '\\_SB_.PCI0\n');
    expect(at(scan(root), '0000:01:00.0')).toMatchObject({ rootBridge: '\\_SB_.PCI0', bridges: ['0000:00:03.0'] });
  });

  it('puts what is on a root bus of a function’s own below that function, and needs the function with it', () => {
    const vmd = device('0000:00:1f.3');
    const [port, disk] = [join(vmd, 'pci10000:e0/10000:e0:06.0'), join(vmd, 'pci10000:e0/10000:e0:06.0/10000:e1:00.0')];
    mkdirSync(join(disk, 'nvme/nvme7/nvme7n1'), { recursive: true });
    for (const [folder, code] of [
      [port, '0x060400'],
      [disk, '0x010802'],
    ] as const) {
      for (const [file, text] of Object.entries({ vendor: '0x8086', device: '0x0a54', class: code })) writeFileSync(join(folder, file), `${text}\n`);
      symlinkSync(join('../../..', relative(root, folder)), join(root, 'bus/pci/devices', basename(folder)));
    }
    mkdirSync(join(root, 'class/block'), { recursive: true });
    symlinkSync(join('../..', relative(root, join(disk, 'nvme/nvme7/nvme7n1'))), join(root, 'class/block/nvme7n1'));
    const proc = join(root, '../proc');
    mkdirSync(proc);
    writeFileSync(join(proc, 'mounts'), '/dev/nvme7n1 / ext4 rw 0 0\n');
    const scanned = sysfsHardware({ sysfsRoot: root, procRoot: proc }).scan();
    expect(at(scanned, '10000:e0:06.0')).toMatchObject({ bridges: [], behind: '0000:00:1f.3' });
    expect(at(scanned, '10000:e1:00.0')).toMatchObject({ bridges: ['10000:e0:06.0'] });
    expect(scanned.functions.flatMap(({ address, hostUse }) => (hostUse.length > 0 ? [address] : []))).toEqual(['0000:00:1f.3', '10000:e1:00.0']);
    const devices = observe('h1', scanned, [], NAMELESS).map(({ observation }) => observation);
    const idOf = (address: string) => devices.find((one) => one.address === address)?.deviceId;
    expect(devices.find(({ address }) => address === '10000:e0:06.0')?.parentDeviceId).toBe(idOf('0000:00:1f.3'));
  });

  it('tells kernel, IOMMU and NUMA nodes of the host', () => {
    const proc = join(root, 'proc');
    mkdirSync(join(proc, 'sys/kernel'), { recursive: true });
    writeFileSync(join(proc, 'sys/kernel/osrelease'), '6.12.95\n');
    writeFileSync(join(proc, 'sys/kernel/hostname'), 'node7\n');
    expect(sysfsHardware({ sysfsRoot: root, procRoot: proc }).describeHost()).toMatchObject({
      hostname: 'node7',
      kernel: '6.12.95',
      iommu: { enabled: true, type: 'intel' },
      numaNodes: [{ id: 0 }],
    });
  });
});
