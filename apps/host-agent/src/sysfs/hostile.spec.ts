import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DeviceObservation, validate } from '@vfleet/contracts';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import type { HardwareScan } from '../domain/hardware.js';
import { observe } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { ifStillThere } from './bus-folders.js';
import { sysfsHardware } from './scanner.js';

let capture: SysfsCapture;
let root: string;
let whole: HardwareScan;
const scan = (): HardwareScan => sysfsHardware({ sysfsRoot: root, procRoot: '/proc' }).scan();
beforeEach(() => {
  capture = aSysfsCapture('full-iommu-vfs-vfio');
  root = capture.sysfsRoot;
  addMdev();
  whole = scan();
});
afterEach(() => capture.close());

const NIC = '0000:05:00.0';
const STICK = '2-2';
const DISK = '0:0:0:0';
const MDEV = 'c60cc831-5d56-4b5b-9ffd-4b1d3a7f0a6e';
const FOLDERS = {
  [NIC]: 'devices/pci0000:00/0000:00:07.0/0000:05:00.0',
  [STICK]: 'devices/pci0000:00/0000:00:09.0/0000:07:00.0/usb2/2-2',
  [DISK]: 'devices/pci0000:00/0000:00:0a.0/0000:08:00.0/virtio3/host0/target0:0:0/0:0:0:0',
  [MDEV]: `devices/pci0000:00/0000:00:07.0/0000:05:00.0/${MDEV}`,
} as const;
const BUSES = { [NIC]: 'pci', [STICK]: 'usb', [DISK]: 'scsi', [MDEV]: 'mdev' } as const;
type Address = keyof typeof FOLDERS;
const folder = (address: Address): string => join(root, FOLDERS[address]);
const link = (address: Address): string => join(root, `bus/${BUSES[address]}/devices/${address}`);
const put = (address: Address, file: string, text: string): void => writeFileSync(join(folder(address), file), text);

/** What lies below a device in its folder goes with it. */
const goesAlong = (lost: Address, address: string): boolean =>
  address === lost || (lost === STICK && address === '7:0:0:0') || (lost === NIC && address === MDEV);

/** No capture has one: half a GPU on a card that is none. */
const addMdev = (): void => {
  const types = join(root, FOLDERS[NIC], 'mdev_supported_types/nvidia-63');
  mkdirSync(types, { recursive: true });
  writeFileSync(join(types, 'name'), 'GRID M60-0Q\n');
  mkdirSync(folder(MDEV));
  symlinkSync('../mdev_supported_types/nvidia-63', join(folder(MDEV), 'mdev_type'));
  mkdirSync(join(root, 'bus/mdev/devices'), { recursive: true });
  symlinkSync(`../../../${FOLDERS[MDEV]}`, link(MDEV));
};

const LARGE = 'A'.repeat(65_536);
const ids = { [NIC]: 'vendor', [STICK]: 'idVendor', [DISK]: 'vendor' } as const;

type Harm = readonly [what: string, harm: () => void, reason: RegExp];
const expectOnlyHidden = (address: Address, harm: () => void, reason: RegExp): void => {
  harm();
  const { functions, others, unreadable } = scan();
  expect(unreadable.find((one) => one.address === address)?.message).toMatch(reason);
  const left = (seen: readonly { readonly address: string }[]) => seen.filter((one) => !goesAlong(address, one.address));
  expect(left(functions)).toEqual(left(whole.functions));
  expect(left(others)).toEqual(left(whole.others));
};

describe.each([NIC, STICK, DISK, MDEV] as const)('a hostile tree, around %s', (address) => {
  it.each<Harm>([
    [
      'a link that leaves the tree',
      () => {
        rmSync(link(address));
        symlinkSync('/proc/self', link(address));
      },
      /^its link leads out of the tree$/,
    ],
    [
      'a link to itself',
      () => {
        rmSync(link(address));
        symlinkSync(address, link(address));
      },
      /^its link leads in a circle$/,
    ],
    ['a device that has just gone', () => rmSync(folder(address), { recursive: true }), /^vanished while it was read \(ENOENT\)$/],
    [
      'a file where the device should be',
      () => {
        rmSync(folder(address), { recursive: true });
        writeFileSync(folder(address), '');
      },
      /^vanished while it was read \(ENOTDIR\)$/,
    ],
  ])('%s hides that device alone, and says why', (_, harm, reason) => expectOnlyHidden(address, harm, reason));
});

describe.each([NIC, STICK, DISK] as const)('hostile attributes of %s', (address) => {
  it.each<Harm>([
    ['an attribute of 64 KiB where an id should be', () => put(address, ids[address], LARGE), /cannot be read$|has 4096 characters or more$/],
    [
      'an attribute that is a link to a file elsewhere',
      () => {
        for (const file of ['vendor', 'idVendor', 'model']) {
          rmSync(join(folder(address), file), { force: true });
          symlinkSync('/etc/passwd', join(folder(address), file));
        }
      },
      /can(not)? be read$/,
    ],
  ])('%s hides that device alone, and says why', (_, harm, reason) => expectOnlyHidden(address, harm, reason));
});

describe('what hangs on a device in a hostile tree', () => {
  const expectSame = (): void => {
    const { functions, others, unreadable } = scan();
    expect(functions.map(({ address }) => address)).toEqual(whole.functions.map(({ address }) => address));
    expect(others.map(({ address }) => address)).toEqual(whole.others.map(({ address }) => address));
    expect(unreadable).toEqual(whole.unreadable);
  };
  const linkInto = (folderOf: string, name: string, target: string): void => {
    mkdirSync(join(root, folderOf), { recursive: true });
    rmSync(join(root, folderOf, name), { recursive: true, force: true });
    symlinkSync(target, join(root, folderOf, name));
  };

  it.each(['class/net', 'class/block'])('hides nothing by links of %s that leave the tree, lead in a circle or nowhere', (list) => {
    for (const [name, target] of [
      ['evil0', '/proc/self'],
      ['evil1', 'evil1'],
      ['evil2', '../../nowhere'],
      ['a\nb', '..'],
      ['<b>x', '../..'],
    ] as const)
      linkInto(list, name, target);
    expectSame();
  });

  it('ends where interfaces and disks are each other’s masters and members', () => {
    for (const name of ['bond0', 'bond1']) {
      mkdirSync(join(root, 'devices/virtual/net', name), { recursive: true });
      linkInto('class/net', name, `../../devices/virtual/net/${name}`);
      linkInto(`devices/virtual/net/${name}`, 'master', name === 'bond0' ? '../bond1' : '../bond0');
      linkInto(`devices/virtual/net/${name}`, `lower_${name}`, '.');
    }
    for (const name of ['md0', 'md1']) {
      linkInto('class/block', name, `../../devices/virtual/block/${name}`);
      linkInto(`devices/virtual/block/${name}/slaves`, 'md0', '../../md0');
      linkInto(`devices/virtual/block/${name}/slaves`, 'md1', '../../md1');
    }
    expectSame();
  });

  it('is not read where it is larger than any kernel makes it', () => {
    const interfaces = join(folder(NIC), 'net/eth0');
    mkdirSync(interfaces, { recursive: true });
    for (const file of ['address', 'speed', 'phys_port_id', 'type', 'uevent']) writeFileSync(join(interfaces, file), LARGE);
    const block = join(folder(DISK), 'block/sda');
    for (const file of ['dev', 'dm/name']) {
      mkdirSync(join(block, file, '..'), { recursive: true });
      writeFileSync(join(block, file), LARGE);
    }
    writeFileSync(join(folder(NIC), 'mdev_supported_types/nvidia-63/name'), LARGE);
    const { unreadable } = scan();
    expect(unreadable.map(({ address }) => address)).toEqual([...whole.unreadable.map(({ address }) => address), MDEV]);
  });
});

describe('a device that comes and goes while it is read', () => {
  it('is not told as far as it was read when it went', () => {
    expect(ifStillThere(folder(NIC), 'as it is')).toBe('as it is');
    rmSync(folder(NIC), { recursive: true });
    expect(() => ifStillThere(folder(NIC), 'without its driver')).toThrow('vanished while it was read');
  });

  /** Takes a folder away and puts it back, over and over, until it is told to end. */
  const COMES_AND_GOES = `
    const { renameSync, existsSync } = require('node:fs');
    const [folder, end] = process.argv.slice(1);
    process.stdout.write('begun');
    while (!existsSync(end)) { renameSync(folder, folder + '.away'); renameSync(folder + '.away', folder); }`;

  it.each([NIC, STICK, DISK, MDEV] as const)('%s is seen or named, and the others are seen always', async (address) => {
    const end = join(root, 'end');
    const child = spawn(process.execPath, ['-e', COMES_AND_GOES, folder(address), end], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    const left = (seen: readonly { readonly address: string }[]): readonly string[] =>
      seen.map((one) => one.address).filter((one) => !goesAlong(address, one));
    const outcomes = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      const { functions, others, unreadable } = scan();
      expect(left(functions)).toEqual(left(whole.functions));
      expect(left(others)).toEqual(left(whole.others));
      expect(left(unreadable)).toEqual(left(whole.unreadable));
      const seen = [...functions, ...others].some((one) => one.address === address);
      expect(seen).not.toBe(unreadable.some((one) => one.address === address));
      outcomes.add(seen ? 'seen' : 'named');
    }
    writeFileSync(end, '');
    expect(await ended).toEqual([0, null]);
    expect(outcomes.size).toBeGreaterThan(0);
  });
});

describe('a hostile name', () => {
  it('of an interface hides the device that has it', () => {
    const net = join(folder(NIC), 'net/eth0\n<script>');
    mkdirSync(net);
    writeFileSync(join(net, 'address'), '52:54:00:00:00:01\n');
    expect(scan().unreadable).toEqual([{ address: NIC, message: 'it has a network interface whose name no kernel takes' }]);
  });

  it('of a driver, a slot or a group is none', () => {
    rmSync(join(folder(NIC), 'driver'));
    symlinkSync('../../../../bus/pci/drivers/a\nb', join(folder(NIC), 'driver'));
    mkdirSync(join(root, 'bus/pci/slots/x\ny'), { recursive: true });
    writeFileSync(join(root, 'bus/pci/slots/x\ny/address'), '0000:05:00\n');
    const nic = scan().functions.find(({ address }) => address === NIC);
    expect(nic).not.toHaveProperty('driver');
    expect(nic?.slot).toBe('0-5');
  });

  it('in hardware is put on one line, and stays text', () => {
    put(STICK, 'serial', 'A\u0000B\r\nC\u001b[31m\n');
    put(STICK, 'product', '<b>disk</b>\n\nhostUse: []');
    expect(scan().others.find(({ address }) => address === STICK)).toMatchObject({
      serial: 'A B C [31m',
      productName: '<b>disk</b> hostUse: []',
    });
  });

  it('that is too long to be true hides its device', () => {
    put(STICK, 'serial', 'S'.repeat(300));
    expect(scan().unreadable).toEqual([{ address: STICK, message: 'its serial has 300 characters or more' }]);
  });

  it('or number that no hardware has leads to no observation that the contract would not take', () => {
    const interfaces = join(root, 'devices/pci0000:00/0000:00:07.0/0000:05:00.0/net');
    for (const name of readdirSync(interfaces)) writeFileSync(join(interfaces, name, 'phys_port_id'), 'a\u0000b\n');
    const pf = join(root, 'devices/pci0000:00/0000:00:03.0/0000:01:00.0');
    for (const file of ['sriov_totalvfs', 'sriov_numvfs']) writeFileSync(join(pf, file), '65536\n');
    symlinkSync(readlinkSync(join(pf, 'virtfn0')), join(pf, 'virtfn70000'));
    put(STICK, 'manufacturer', `\ud800${'\u00e9'.repeat(200)}`);
    put(DISK, 'wwid', `t10.${'\u{1F980}'.repeat(100)}`);
    const wrong = observe('h1', scan(), [], NAMELESS)
      .map(({ observation }) => validate(DeviceObservation, observation, 'refuse'))
      .filter(({ ok }) => !ok);
    expect(wrong).toEqual([]);
  });
});
