import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import { observe, type SeenDevice } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { sysfsHardware } from './scanner.js';

let capture: SysfsCapture;
let root: string;
let proc: string;
beforeEach(() => {
  capture = aSysfsCapture('full-iommu-vfs-vfio');
  root = capture.sysfsRoot;
  proc = join(root, '../proc');
  write('self/mountinfo', '');
  write('net/route', '');
});
afterEach(() => capture.close());

const write = (file: string, text: string): void => {
  const path = join(proc, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
const link = (path: string, target: string): void => {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  symlinkSync(target, join(root, path));
};
const folder = (path: string): void => void mkdirSync(join(root, path), { recursive: true });
const mounted = (...lines: readonly string[]): void => write('self/mountinfo', `${lines.join('\n')}\n`);
const mount = (source: string, point: string, number = '0:40'): string => `36 35 ${number} / ${point} rw,noatime master:1 - ext4 ${source} rw`;
/** `Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT` */
const route = (ifname: string, destination: string, gateway: string, mask: string, flags = '0003'): string =>
  `${ifname}\t${destination}\t${gateway}\t${flags}\t0\t0\t0\t${mask}\t0\t0\t0`;
const routed = (...lines: readonly string[]): void => write('net/route', `Iface\tDestination\n${lines.join('\n')}\n`);

/** Everything that is in use, by address. */
const uses = (): Readonly<Record<string, readonly string[]>> => {
  const { functions, others } = sysfsHardware({ sysfsRoot: root, procRoot: proc }).scan();
  return Object.fromEntries(
    [...functions, ...others].flatMap(({ address, hostUse }) =>
      hostUse.length === 0 ? [] : [[address, hostUse.map(({ code, detail }) => `${code}: ${detail}`)]],
    ),
  );
};

const VIRTIO_SCSI = '0000:08:00.0';
const [NVME, OTHER_NVME] = ['0000:03:00.0', '0000:04:00.0'];
const [PF, E1000E] = ['0000:01:00.0', '0000:05:00.0'];

describe('what a host has on its disks', () => {
  it('needs the disk, and the controller that carries it', () => {
    mounted(mount('/dev/sda', '/'));
    expect(uses()).toEqual({ '0:0:0:0': ['root-disk: / on sda'], [VIRTIO_SCSI]: ['root-disk: / on sda'] });
  });

  it('needs the USB stick, its disk and its controller', () => {
    mounted(mount('/dev/sdc', '/backup'));
    expect(uses()).toEqual({
      '7:0:0:0': ['mounted: /backup on sdc'],
      '2-2': ['mounted: /backup on sdc'],
      '0000:07:00.0': ['mounted: /backup on sdc'],
    });
  });

  it('leads through partitions', () => {
    const disk = 'devices/pci0000:00/0000:00:0a.0/0000:08:00.0/virtio3/host0/target0:0:0/0:0:0:0/block/sda';
    folder(`${disk}/sda2`);
    link('class/block/sda2', `../../${disk}/sda2`);
    mounted(mount('/dev/sda2', '/var/lib/my\\040data'));
    expect(uses()).toMatchObject({ '0:0:0:0': ['mounted: /var/lib/my data on sda2'] });
  });

  it('leads through NVMe multipath, also of a partition, to every path', () => {
    folder('devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1');
    link('class/block/nvme0n1p1', '../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1');
    mounted(mount('/dev/nvme0n1p1', '/boot'));
    expect(uses()).toEqual({ [NVME]: ['mounted: /boot on nvme0n1p1'] });
  });

  it('leads through volumes of several disks, named as the mapper names them', () => {
    for (const name of ['dm-0', 'md0']) {
      folder(`devices/virtual/block/${name}/slaves`);
      link(`class/block/${name}`, `../../devices/virtual/block/${name}`);
    }
    folder('devices/virtual/block/dm-0/dm');
    writeFileSync(join(root, 'devices/virtual/block/dm-0/dm/name'), 'vg--0-root\n');
    link('devices/virtual/block/dm-0/slaves/md0', '../../md0');
    for (const disk of ['nvme0n1', 'nvme1n1'])
      link(`devices/virtual/block/md0/slaves/${disk}`, `../../../nvme-subsystem/nvme-subsys${disk.charAt(4)}/${disk}`);
    const both = { [NVME]: ['root-disk: / on dm-0'], [OTHER_NVME]: ['root-disk: / on dm-0'] };
    mounted(mount('/dev/mapper/vg--0-root', '/'));
    expect(uses()).toEqual(both);
    mounted(mount('/dev/vg-0/root', '/'));
    expect(uses()).toEqual(both);
  });

  it('is found by the number of the device where its name says nothing', () => {
    writeFileSync(join(root, 'devices/pci0000:00/0000:00:0a.0/0000:08:00.0/virtio3/host0/target0:0:1/0:0:1:3/block/sdb/dev'), '8:16\n');
    mounted(mount('/dev/root', '/', '8:16'));
    expect(uses()).toMatchObject({ '0:0:1:3': ['root-disk: / on sdb'] });
  });

  it('is told once for each device, by its shortest path, whatever is mounted from it elsewhere', () => {
    mounted(mount('/dev/sdb', '/srv/containers/7f3a'), mount('/dev/sdb', '/srv'), mount('/dev/sdb', '/srv/b'));
    expect(uses()).toMatchObject({ '0:0:1:3': ['mounted: /srv on sdb'] });
  });

  it('is swap as well', () => {
    write('swaps', 'Filename\tType\tSize\tUsed\tPriority\n/dev/sdb                partition\t1000\t0\t-2\n/swapfile file 1 0 -3\n');
    expect(uses()).toMatchObject({ '0:0:1:3': ['mounted: swap on sdb'] });
  });

  it('is read from a plain mount table too', () => {
    rmSync(join(proc, 'self'), { recursive: true });
    write('mounts', '/dev/sda / ext4 rw 0 0\nproc /proc proc rw 0 0\n');
    expect(uses()).toMatchObject({ '0:0:0:0': ['root-disk: / on sda'] });
  });

  it('ends where volumes lie on each other in a circle', () => {
    for (const name of ['dm-0', 'dm-1']) {
      folder(`devices/virtual/block/${name}/slaves`);
      link(`class/block/${name}`, `../../devices/virtual/block/${name}`);
    }
    link('devices/virtual/block/dm-0/slaves/dm-1', '../../dm-1');
    link('devices/virtual/block/dm-1/slaves/dm-0', '../../dm-0');
    link('devices/virtual/block/dm-1/slaves/sda', '../../../../sda');
    mounted(mount('/dev/dm-0', '/data'));
    expect(uses()).toMatchObject({ '0:0:0:0': ['mounted: /data on dm-0'] });
  });

  it('is not known where no mount table can be read, which is told', () => {
    rmSync(join(proc, 'self'), { recursive: true });
    expect(sysfsHardware({ sysfsRoot: root, procRoot: proc }).scan().unreadable).toEqual([
      { address: proc, message: 'cannot be read: whether a device is in use (root-disk, mounted) is not known' },
    ]);
  });
});

describe('a use that cannot be looked for any more', () => {
  const usesOf = (address: string, seen: readonly SeenDevice[]) =>
    seen.find(({ observation }) => observation.address === address)?.observation.hostUse.map(({ code }) => code);
  const look = (before: readonly SeenDevice[]): readonly SeenDevice[] =>
    observe('h1', sysfsHardware({ sysfsRoot: root, procRoot: proc }).scan(), before, NAMELESS);

  it('is not taken for over, while what can be seen is', () => {
    mounted(mount('/dev/sda', '/'));
    routed(route('enp5s0', '00000000', '0100A8C0', '00000000'));
    const before = look([]);
    rmSync(join(proc, 'self'), { recursive: true });
    routed();
    const blind = look(before);
    expect([usesOf('0:0:0:0', blind), usesOf(VIRTIO_SCSI, blind), usesOf(E1000E, blind)]).toEqual([['root-disk'], ['root-disk'], []]);
    mounted(mount('/dev/sdb', '/data'));
    rmSync(join(proc, 'net'), { recursive: true });
    const seeing = look(before);
    expect([usesOf('0:0:0:0', seeing), usesOf('0:0:1:3', seeing), usesOf(E1000E, seeing)]).toEqual([[], ['mounted'], ['default-route']]);
  });
});

describe('a tree that was recorded without its processes', () => {
  it('is needed for nothing, and nothing is missed', () => {
    rmSync(proc, { recursive: true });
    expect(uses()).toEqual({});
    expect(sysfsHardware({ sysfsRoot: root, procRoot: proc }).scan().unreadable).toEqual([]);
    expect(sysfsHardware({ sysfsRoot: root, procRoot: '/nowhere/proc' }).scan().unreadable).toHaveLength(1);
  });
});

describe('what a host needs its network for', () => {
  const virtual = (name: string): void => {
    folder(`devices/virtual/net/${name}`);
    link(`class/net/${name}`, `../../devices/virtual/net/${name}`);
  };
  const NIC = 'devices/pci0000:00/0000:00:03.0/0000:01:00.0/net/enp1s0';
  const OTHER = 'devices/pci0000:00/0000:00:07.0/0000:05:00.0/net/enp5s0';

  it('is its default route', () => {
    routed(route('enp5s0', '00000000', '0100A8C0', '00000000'));
    expect(uses()).toEqual({ [E1000E]: ['default-route: the default route leads through enp5s0'] });
  });

  it('is its default route of IPv6', () => {
    const zeros = '0'.repeat(32);
    write(
      'net/ipv6_route',
      `${zeros} 00 ${zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003   enp5s0\n` +
        `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo\n`,
    );
    expect(uses()).toEqual({ [E1000E]: ['default-route: the default route leads through enp5s0'] });
  });

  it('is its own address', () => {
    routed(route('enp5s0', '0000A8C0', '00000000', '00FFFFFF', '0001'), route('enp1s0', '0000FEA9', '00000000', '0000FFFF', '0001'));
    write('net/if_inet6', '20010db8000000000000000000000002 03 40 00 80   enp1s0\nfe800000000000005054000000000001 02 40 20 80 ens2\n');
    expect(uses()).toEqual({
      [E1000E]: ['management: the host has an address on enp5s0'],
      [PF]: ['management: the host has an address on enp1s0'],
    });
  });

  it('is no route that is refused', () => {
    routed(route('enp5s0', '00000000', '00000000', '00000000', '0201'));
    expect(uses()).toEqual({});
  });

  it('is a bridge, and what is routed through the bridge', () => {
    virtual('br0');
    folder(`${NIC}/brport`);
    link(`${NIC}/master`, '../../../../../virtual/net/br0');
    routed(route('br0', '00000000', '0100A8C0', '00000000'));
    expect(uses()).toEqual({ [PF]: ['bridge-port: enp1s0 in br0', 'default-route: the default route leads through br0'] });
  });

  it('is a switch of Open vSwitch', () => {
    virtual('ovs-system');
    link(`${NIC}/master`, '../../../../../virtual/net/ovs-system');
    expect(uses()).toEqual({ [PF]: ['bridge-port: enp1s0 in ovs-system'] });
  });

  it('is no routing table of its own by itself', () => {
    virtual('red');
    writeFileSync(join(root, 'devices/virtual/net/red/uevent'), 'DEVTYPE=vrf\nINTERFACE=red\n');
    link(`${NIC}/master`, '../../../../../virtual/net/red');
    expect(uses()).toEqual({});
  });

  it('is a VLAN on a bond of two ports, down to both', () => {
    virtual('bond0');
    virtual('bond0.7');
    link('devices/virtual/net/bond0.7/lower_bond0', '../bond0');
    for (const port of [NIC, OTHER]) {
      folder(`${port}/bonding_slave`);
      link(`${port}/master`, '../../../../../virtual/net/bond0');
    }
    routed(route('bond0.7', '00000000', '0100A8C0', '00000000'));
    expect(uses()).toEqual({
      [PF]: ['bond-member: enp1s0 in bond0', 'default-route: the default route leads through bond0.7'],
      [E1000E]: ['bond-member: enp5s0 in bond0', 'default-route: the default route leads through bond0.7'],
    });
  });

  it('is told of a VF alone where the VF has it', () => {
    routed(route('enp1s0v1', '00000000', '0100A8C0', '00000000'));
    expect(uses()).toEqual({ '0000:01:10.2': ['default-route: the default route leads through enp1s0v1'] });
  });

  it('ends where interfaces lie on each other in a circle', () => {
    virtual('a');
    virtual('b');
    link('devices/virtual/net/a/lower_b', '../b');
    link('devices/virtual/net/b/lower_a', '../a');
    link('devices/virtual/net/b/lower_enp5s0', '../../../enp5s0');
    routed(route('a', '00000000', '0100A8C0', '00000000'));
    expect(uses()).toEqual({ [E1000E]: ['default-route: the default route leads through a'] });
  });
});
