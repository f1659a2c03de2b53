import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DeviceObservation, validate } from '@vfleet/contracts';
import { writeTree, type SysfsTree, type TreeEntry } from '@vfleet/testing';
import type { HardwareScan } from '../domain/hardware.js';
import { observe, parentsFirst } from '../domain/observe.js';
import { planReport } from '../domain/report.js';
import { NAMELESS } from '../domain/testing.js';
import { NothingToScan } from '../nothing-to-scan.js';
import { sysfsHardware } from './scanner.js';

/** What somebody may have put where an attribute should be. */
const anything: fc.Arbitrary<TreeEntry> = fc.oneof(
  fc.constantFrom('', '0x8086', '0x10c9\n', '8086', '00', '09', '-1', '1', '4', 'QEMU', '../../x', 'A'.repeat(70_000), '\u0000\n<b>').map(bytes),
  fc.uint8Array({ maxLength: 64 }).map((raw) => ({ bytes: raw })),
  fc.constantFrom('.', '..', '../..', '/etc/passwd', '../0000:00:01.0', 'nowhere', '../../../bus/pci/drivers/x').map((link) => ({ link })),
  fc.constant({ folder: true } as const),
);
function bytes(text: string): TreeEntry {
  return { bytes: Buffer.from(text) };
}

const ROOT = 'devices/pci0000:00';
/** Folders as a kernel has them, so that links and attributes often meet. */
const PORT = `${ROOT}/0000:00:01.0`;
const STICK = `${PORT}/0000:01:00.0/usb1/1-1`;
const UNIT = `${STICK}/1-1:1.0/host0/target0:0:0/0:0:0:1`;
const FOLDERS = [
  PORT,
  `${PORT}/0000:01:00.0`,
  `${PORT}/0000:01:10.0`,
  `${PORT}/0000:01:00.0/net/eth0`,
  `${PORT}/0000:01:00.0/c60cc831-5d56-4b5b-9ffd-4b1d3a7f0a6e`,
  `${PORT}/0000:01:00.0/usb1`,
  STICK,
  `${STICK}/1-1:1.0`,
  UNIT,
  `${UNIT}/block/sda`,
  `${ROOT}/0000:00:02.0/pci0001:00/0001:00:00.0`,
];

const ATTRIBUTES = [
  'vendor',
  'device',
  'class',
  'physfn',
  'virtfn0',
  'sriov_totalvfs',
  'sriov_numvfs',
  'driver',
  'iommu_group',
  'idVendor',
  'idProduct',
  'bDeviceClass',
  'bDeviceSubClass',
  'bDeviceProtocol',
  'serial',
  'model',
  'wwid',
  'type',
  'address',
  'addr_assign_type',
  'master',
  'boot_vga',
  'config',
  'vpd',
  'numa_node',
  'dev',
];
const LINKS = [
  'bus/pci/devices/0000:00:01.0',
  'bus/pci/devices/0000:01:00.0',
  'bus/pci/devices/0000:01:10.0',
  'bus/pci/devices/0001:00:00.0',
  'bus/usb/devices/1-1',
  'bus/usb/devices/1-1.2',
  'bus/usb/devices/usb1',
  'bus/scsi/devices/0:0:0:1',
  'bus/scsi/devices/host0',
  'class/net/eth0',
  'class/block/sda',
  'bus/mdev/devices/c60cc831-5d56-4b5b-9ffd-4b1d3a7f0a6e',
];

const folder = fc.constantFrom(...FOLDERS);
const attribute = fc.tuple(folder, fc.constantFrom(...ATTRIBUTES), anything);
/** A bus's link to the folder of its name mostly, and to another one or out of the tree now and then. */
const link = fc.constantFrom(...LINKS).chain((at) => {
  const own = FOLDERS.filter((one) => one.endsWith(`/${at.slice(at.lastIndexOf('/') + 1)}`));
  return fc.tuple(
    fc.constant(at),
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...own, ...(own.length === 0 ? FOLDERS : [])) },
      { weight: 1, arbitrary: folder },
      { weight: 1, arbitrary: fc.constant('..') },
    ),
  );
});

const WHOLE = `${ROOT}/0000:00:1f.0`;
const PCI = { vendor: '0x8086', device: '0x10c9', class: '0x020000' };
const USB = { idVendor: '46f4', idProduct: '0001', bDeviceClass: '08', bDeviceSubClass: '06', bDeviceProtocol: '50' };
/** What a device has where nobody has put anything else. */
const sound = (at: string): Readonly<Record<string, string>> => {
  if (/\.[0-7]$/.test(at)) return PCI;
  if (at === STICK) return USB;
  return at === UNIT ? { vendor: 'QEMU', model: 'DISK', type: '0' } : {};
};

/** A whole function, so that there is something to scan, and whatever lies around it. */
const randomTree: fc.Arbitrary<SysfsTree> = fc
  .record({ attributes: fc.array(attribute, { maxLength: 40 }), links: fc.array(link, { maxLength: 12 }) })
  .map(({ attributes, links }) => {
    const tree = new Map<string, TreeEntry>();
    const put = (path: string, entry: TreeEntry): void => {
      const above = path
        .split('/')
        .slice(0, -1)
        .map((_, index, parts) => parts.slice(0, index + 1).join('/'));
      if (tree.has(path) || above.some((one) => tree.has(one) && !('folder' in (tree.get(one) as TreeEntry)))) return;
      for (const one of above) tree.set(one, { folder: true });
      tree.set(path, entry);
    };
    put('bus/pci/devices/0000:00:1f.0', { link: `../../../${WHOLE}` });
    for (const [at, target] of links) put(at, { link: target === '..' ? target : `${'../'.repeat(at.split('/').length - 1)}${target}` });
    for (const [at, name, entry] of attributes) put(`${at}/${name}`, entry);
    for (const at of [...FOLDERS, WHOLE]) for (const [file, text] of Object.entries(sound(at))) put(`${at}/${file}`, bytes(text));
    return tree;
  });

const look = (tree: SysfsTree): HardwareScan => {
  const { sysfsRoot, close } = writeTree(tree);
  try {
    return sysfsHardware({ sysfsRoot, procRoot: `${sysfsRoot}/../proc` }).scan();
  } finally {
    close();
  }
};

describe('the scan of any tree', () => {
  it('shows each listed device or says why not, and the one that is whole always', () => {
    fc.assert(
      fc.property(randomTree, (tree) => {
        const { functions, others, unreadable } = look(tree);
        const accounted = [...functions, ...others, ...unreadable].map(({ address }) => address);
        expect(functions.map(({ address }) => address)).toContain('0000:00:1f.0');
        expect(new Set(accounted).size).toBe(accounted.length);
        for (const address of tree.keys()) {
          const [, listed] = /^bus\/pci\/devices\/(.+)$/.exec(address) ?? [];
          if (listed !== undefined) expect(accounted).toContain(listed);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('leads to observations that the contract takes, each with an id of its own, and to none when it is looked at again', () => {
    fc.assert(
      fc.property(randomTree, (tree) => {
        const scan = look(tree);
        const seen = observe('h1', scan, [], NAMELESS);
        for (const { observation } of seen) expect(validate(DeviceObservation, observation, 'refuse')).toMatchObject({ ok: true });
        expect(new Set(seen.map(({ observation }) => observation.deviceId)).size).toBe(seen.length);
        expect(parentsFirst(seen)).toHaveLength(seen.length);
        expect(planReport(seen, observe('h1', scan, seen, NAMELESS), scan).facts).toEqual([]);
      }),
      { numRuns: 1_500 },
    );
  });

  it('never takes an empty tree for a machine without devices', () => {
    expect(() => look(new Map([['bus/pci/devices', { folder: true }]]))).toThrow(NothingToScan);
  });
});
