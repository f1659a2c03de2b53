import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import { parseDeviceRules } from '../configuration/device-rules.js';
import { applyLabels } from '../domain/labels.js';
import { observe } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { sysfsHardware } from './scanner.js';

let capture: SysfsCapture;
let above: string;
const SDA = 'sys/devices/pci0000:00/0000:00:0a.0/0000:08:00.0/virtio3/host0/target0:0:0/0:0:0:0/block/sda';
const DISK = '0:0:0:0';

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(above, file)), { recursive: true });
  writeFileSync(join(above, file), text);
};
const udev = (number: string, ...lines: readonly string[]): void => write(`run/udev/data/b${number}`, `I:123\n${lines.join('\n')}\nG:systemd\n`);

beforeEach(() => {
  capture = aSysfsCapture('full-iommu-vfs-vfio');
  above = dirname(capture.sysfsRoot);
  write('proc/self/mountinfo', '');
  write('proc/net/route', '');
  mkdirSync(join(above, SDA, 'sda3'), { recursive: true });
  writeFileSync(join(above, SDA, 'sda3/dev'), '8:3\n');
  symlinkSync(`../../../${SDA}/sda3`, join(above, 'sys/class/block/sda3'));
});
afterEach(() => {
  for (const folder of ['run', 'proc']) rmSync(join(above, folder), { recursive: true, force: true });
  capture.close();
});

const usesUnder = (devices: readonly object[]): readonly string[] => {
  const scan = sysfsHardware({ sysfsRoot: capture.sysfsRoot, procRoot: join(above, 'proc') }).scan();
  const rules = parseDeviceRules(devices, () => {});
  const seen = applyLabels(observe('h1', scan, [], NAMELESS), { rules }).find(({ observation }) => observation.address === DISK);
  return seen?.observation.hostUse.map(({ code, detail }) => `${code}: ${detail}`) ?? ['not seen'];
};
const uses = (): readonly string[] => usesUnder([]);

describe('a disk of which nothing is mounted', () => {
  it('is the host’s to give away', () => {
    udev('8:3', 'E:ID_FS_TYPE=ext4', 'E:ID_FS_USAGE=filesystem');
    expect(uses()).toEqual([]);
  });

  it.each(['LVM2_member', 'linux_raid_member', 'isw_raid_member', 'zfs_member', 'bcache', 'ceph_bluestore'])(
    'is in host use by a signature of %s',
    (type) => {
      udev('8:3', `E:ID_FS_TYPE=${type}`);
      expect(uses()).toEqual([`mounted: signature of ${type} on sda3`]);
    },
  );

  it('is in host use by the type of a partition, where nothing is known of what is in it', () => {
    udev('8:3', 'E:ID_PART_ENTRY_TYPE=6A898CC3-1DD2-11B2-99A6-080020736631');
    expect(uses()).toEqual(['mounted: signature of zfs_member on sda3']);
  });

  it('is in host use as part of a volume that the kernel has made of it, mounted or not', () => {
    write('sys/devices/virtual/block/dm-0/dm/name', 'vg-data\n');
    mkdirSync(join(above, 'sys/devices/virtual/block/dm-0/slaves'));
    symlinkSync('../../devices/virtual/block/dm-0', join(above, 'sys/class/block/dm-0'));
    symlinkSync(`../../../../../../${SDA}/sda3`, join(above, 'sys/devices/virtual/block/dm-0/slaves/sda3'));
    expect(uses()).toEqual(['mounted: part of vg-data']);
    expect(usesUnder([{ address: DISK, exclude: false }])).toEqual(['mounted: part of vg-data']);
    write('proc/self/mountinfo', '36 35 0:40 / /srv rw - ext4 /dev/mapper/vg-data rw\n');
    expect(uses()).toEqual(['mounted: /srv on dm-0']);
  });

  it('is in host use as part of a ZFS pool that is imported, whatever its operator says', () => {
    udev('8:3', 'E:ID_FS_TYPE=zfs_member', 'E:ID_FS_LABEL=tank');
    write('proc/spl/kstat/zfs/arcstats', 'x\n');
    write('proc/spl/kstat/zfs/tank/state', 'ONLINE\n');
    expect(uses()).toEqual(['mounted: part of the pool tank on sda3']);
    expect(usesUnder([{ address: DISK, exclude: false }])).toEqual(['mounted: part of the pool tank on sda3']);
  });

  it('is given away all the same where its operator says that the signature is not the host’s', () => {
    udev('8:3', 'E:ID_FS_TYPE=LVM2_member');
    expect(usesUnder([{ address: DISK, exclude: false, name: 'DISK' }])).toEqual([]);
    expect(usesUnder([{ address: DISK, name: 'DISK' }])).toHaveLength(1);
    expect(usesUnder([{ address: DISK, exclude: true }])).toHaveLength(2);
  });
});

describe('what a host says of its pools', () => {
  it('leaves open which disks are in use where a pool is imported and none of its disks is known', () => {
    write('proc/spl/kstat/zfs/tank/state', 'ONLINE\n');
    const scan = sysfsHardware({ sysfsRoot: capture.sysfsRoot, procRoot: join(above, 'proc') }).scan();
    expect(scan.unseenUses).toEqual(['root-disk', 'mounted']);
    udev('8:3', 'E:ID_FS_TYPE=zfs_member', 'E:ID_FS_LABEL=tank');
    expect(sysfsHardware({ sysfsRoot: capture.sysfsRoot, procRoot: join(above, 'proc') }).scan().unseenUses).toBeUndefined();
  });

  it('is read from another folder where the configuration says so, and harms nobody whatever stands there', () => {
    const elsewhere = join(above, 'other-run');
    mkdirSync(join(elsewhere, 'udev/data'), { recursive: true });
    writeFileSync(join(elsewhere, 'udev/data/b8:3'), `E:ID_FS_TYPE=<b>x</b>\nE:ID_FS_TYPE=LVM2_member\nE:${'X'.repeat(70_000)}=1\n`);
    const { others } = sysfsHardware({ sysfsRoot: capture.sysfsRoot, procRoot: join(above, 'proc'), runRoot: elsewhere }).scan();
    expect(others.find(({ address }) => address === DISK)?.hostUse).toEqual([{ code: 'mounted', detail: 'signature of LVM2_member on sda3' }]);
    rmSync(elsewhere, { recursive: true });
  });
});
