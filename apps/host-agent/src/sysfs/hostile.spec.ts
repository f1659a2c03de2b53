import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DeviceObservation, validate } from '@vfleet/contracts';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import type { HardwareScan } from '../domain/hardware.js';
import { observe } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { sysfsHardware } from './scanner.js';

let capture: SysfsCapture;
let root: string;
let whole: HardwareScan;
const scan = (): HardwareScan => sysfsHardware({ sysfsRoot: root, procRoot: '/proc' }).scan();
beforeEach(() => {
  capture = aSysfsCapture('full-iommu-vfs-vfio');
  root = capture.sysfsRoot;
  whole = scan();
});
afterEach(() => capture.close());

const NIC = '0000:05:00.0';
const STICK = '2-2';
const DISK = '0:0:0:0';
const FOLDERS = {
  [NIC]: 'devices/pci0000:00/0000:00:07.0/0000:05:00.0',
  [STICK]: 'devices/pci0000:00/0000:00:09.0/0000:07:00.0/usb2/2-2',
  [DISK]: 'devices/pci0000:00/0000:00:0a.0/0000:08:00.0/virtio3/host0/target0:0:0/0:0:0:0',
} as const;
const BUSES = { [NIC]: 'pci', [STICK]: 'usb', [DISK]: 'scsi' } as const;
type Address = keyof typeof FOLDERS;
const folder = (address: Address): string => join(root, FOLDERS[address]);
const link = (address: Address): string => join(root, `bus/${BUSES[address]}/devices/${address}`);
const put = (address: Address, file: string, text: string): void => writeFileSync(join(folder(address), file), text);

/** What lies below a device in its folder goes with it. */
const goesAlong = (lost: Address, address: string): boolean => address === lost || (lost === STICK && address === '7:0:0:0');

const LARGE = 'A'.repeat(65_536);
const ids = { [NIC]: 'vendor', [STICK]: 'idVendor', [DISK]: 'vendor' } as const;

describe.each([NIC, STICK, DISK] as const)('a hostile tree, around %s', (address) => {
  it.each<[string, () => void, RegExp]>([
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
  ])('%s hides that device alone, and says why', (_, harm, reason) => {
    harm();
    const { functions, others, unreadable } = scan();
    expect(unreadable.find((one) => one.address === address)?.message).toMatch(reason);
    const left = (seen: readonly { readonly address: string }[]) => seen.filter((one) => !goesAlong(address, one.address));
    expect(functions).toEqual(left(whole.functions));
    expect(left(others)).toEqual(left(whole.others));
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

  it('leads to no observation that the contract would not take', () => {
    put(STICK, 'manufacturer', `\ud800${'\u00e9'.repeat(200)}`);
    put(DISK, 'wwid', `t10.${'\u{1F980}'.repeat(100)}`);
    const wrong = observe('h1', scan(), [], NAMELESS)
      .map(({ observation }) => validate(DeviceObservation, observation, 'refuse'))
      .filter(({ ok }) => !ok);
    expect(wrong).toEqual([]);
  });
});
