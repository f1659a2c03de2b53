import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aSysfsCapture, aSyntheticSysfs, CAPTURES, unpackArchive, type CaptureName, type SysfsCapture } from '@vfleet/testing';
import type { HardwareScan, PciFunction } from '../domain/hardware.js';
import { sysfsHardware } from './scanner.js';

const scan = (sysfsRoot: string): HardwareScan => sysfsHardware({ sysfsRoot, procRoot: '/proc' }).scan();
const at = (scanned: HardwareScan, address: string): PciFunction => scanned.functions.find((one) => one.address === address) as PciFunction;

/** Records of `lspci -vmm`: blank lines between, a tab between field and value. */
const lspciRecords = (text: string): ReadonlyMap<string, Readonly<Record<string, string>>> => {
  const records = text
    .trim()
    .split(/\n\n+/)
    .map((record) => Object.fromEntries(record.split('\n').map((line) => line.split(/:\t/) as [string, string])));
  return new Map(records.map((record) => [record['Slot'] as string, record]));
};

/** PFs with their numbers of possible and of enabled VFs, as the machines were set up. */
const PFS: Readonly<Record<CaptureName, Readonly<Record<string, readonly [number, number]>>>> = {
  'full-iommu-vfs-vfio': { '0000:01:00.0': [7, 4], '0000:02:00.0': [7, 4], '0000:03:00.0': [4, 4] },
  'full-iommu-novfs': { '0000:01:00.0': [7, 0], '0000:02:00.0': [7, 0], '0000:03:00.0': [4, 0] },
  'numa2-iommu-vfs-vfio': { '0000:41:00.0': [7, 4], '0000:42:00.0': [7, 4], '0000:81:00.0': [7, 4], '0000:82:00.0': [4, 4] },
  'host2-iommu-vfs-vfio': { '0000:03:00.0': [7, 4] },
};

describe.each(CAPTURES)('the scan of %s', (name) => {
  let capture: SysfsCapture;
  let scanned: HardwareScan;
  beforeAll(() => {
    capture = aSysfsCapture(name);
    scanned = scan(capture.sysfsRoot);
  });
  afterAll(() => capture.close());

  it('finds every function that lspci listed, and reads all of them', () => {
    expect(scanned.unreadable).toEqual([]);
    expect(scanned.functions.map(({ address }) => address)).toEqual([...lspciRecords(capture.info('lspci-n-D-vmm-k.txt')).keys()]);
  });

  it('reads the ids, classes, drivers, groups and NUMA nodes that lspci shows', () => {
    const shown = (one: PciFunction): unknown => ({
      vendor: one.vendorId,
      device: one.productId,
      subsystem: [one.subsystemVendorId, one.subsystemProductId],
      class: one.class,
      revision: one.revision,
      driver: one.driver,
      group: one.iommuGroup,
      node: one.numaNode,
    });
    const listed = [...lspciRecords(capture.info('lspci-n-D-vmm-k.txt')).values()].map((record) => ({
      vendor: record['Vendor'],
      device: record['Device'],
      subsystem: [record['SVendor'] ?? '0000', record['SDevice'] ?? '0000'],
      class: `${record['Class']}${record['ProgIf'] ?? '00'}`,
      revision: record['Rev'] ?? '00',
      driver: record['Driver'],
      group: Number(record['IOMMUGroup']),
      node: record['NUMANode'] === undefined ? null : Number(record['NUMANode']),
    }));
    expect(scanned.functions.map(shown)).toEqual(listed);
  });

  it('puts functions into the IOMMU groups that the kernel made', () => {
    const groups: Record<string, string[]> = {};
    for (const { iommuGroup, address } of scanned.functions) (groups[String(iommuGroup)] ??= []).push(address);
    const listed = capture
      .info('iommu-groups.txt')
      .trim()
      .split('\n')
      .map((line) => line.split(/:\s+/, 2) as [string, string]);
    expect(groups).toEqual(Object.fromEntries(listed.map(([group, members]) => [group, members.trim().split(/\s+/)])));
  });

  it('tells PFs from other functions, with their totals', () => {
    const pfs = scanned.functions.filter(({ totalVfs = 0 }) => totalVfs > 0);
    expect(Object.fromEntries(pfs.map(({ address, totalVfs, numVfs }) => [address, [totalVfs, numVfs]]))).toEqual(PFS[name]);
  });

  it('gives every VF its PF and its index', () => {
    for (const [pf, [, enabled]] of Object.entries(PFS[name])) {
      const vfs = scanned.functions.filter(({ vfOf }) => vfOf?.pf === pf);
      expect(vfs.map(({ vfOf }) => vfOf?.index)).toEqual([...Array(enabled).keys()]);
    }
    expect(scanned.functions.filter(({ vfOf }) => vfOf)).toHaveLength(Object.values(PFS[name]).reduce((sum, [, enabled]) => sum + enabled, 0));
  });

  it('reads the network interfaces that ip shows, also those of virtio devices', () => {
    const shown = [...capture.info('ip-d-link.txt').matchAll(/^\d+: (\S+): .*\n\s+link\/ether (\S+)/gm)].map(([, ifname, mac]) => `${ifname} ${mac}`);
    expect(scanned.functions.flatMap(({ net }) => net.map(({ ifname, mac }) => `${ifname} ${mac}`)).sort()).toEqual(shown.sort());
  });

  it('reads the serial numbers that lspci shows, those of bridges aside', () => {
    const serials = [...capture.info('lspci-D-n-vvv.txt').matchAll(/Device Serial Number (\S+)/g)].map(([, serial]) => serial);
    expect(scanned.functions.flatMap(({ serial }) => serial ?? [])).toEqual(serials);
  });
});

describe('a synthetic tree', () => {
  it('is read whole, with its serials, roots and NUMA nodes', () => {
    const tree = aSyntheticSysfs(600);
    const scanned = scan(tree.sysfsRoot);
    expect(scanned).toMatchObject({ unreadable: [] });
    expect(scanned.functions).toHaveLength(600);
    expect(scanned.functions.filter(({ vfOf }) => vfOf)).toHaveLength(480);
    expect(at(scanned, '0000:81:00.0')).toMatchObject({
      rootBridge: '#1',
      numaNode: 1,
      serial: '52-54-00-ff-00-00-00-1f',
      net: [{ speedMbps: 10000 }],
    });
    tree.close();
  });
});

const FOREIGN = resolve(import.meta.dirname, '../../../../../shared/data/sysfs-public');
const foreignArchives = existsSync(FOREIGN) ? readdirSync(FOREIGN).filter((name) => name.includes('.tar.')) : [];
/** Functions in each of the public captures, by the start of its name, as its own README counts them. */
const foreignCounts = (): readonly (readonly [string, number])[] =>
  [...readFileSync(join(FOREIGN, 'README.md'), 'utf8').matchAll(/^\| (?:hwloc|ghw) (\S+).*?\| [^|]* \| (\d+) \|/gm)].map(
    ([, name, count]) => [name as string, Number(count)] as const,
  );

describe('machines of others', () => {
  (existsSync(FOREIGN) ? it : it.skip)('are scanned without an error, however poor their trees are', () => {
    const counts = foreignCounts();
    for (const archive of foreignArchives) {
      const folder = unpackArchive(join(FOREIGN, archive));
      const devices = execFileSync('find', [folder, '-type', 'd', '-path', '*/sys/bus/pci/devices'], { encoding: 'utf8' }).trim();
      const scanned = scan(join(devices, '../../..'));
      const [, count] = counts.find(([name]) => archive.replace('linux-amd64-', '').startsWith(name)) as readonly [string, number];
      expect({ archive, unreadable: scanned.unreadable, functions: scanned.functions.length }).toEqual({ archive, unreadable: [], functions: count });
      rmSync(folder, { recursive: true });
    }
    expect(foreignArchives.length).toBeGreaterThan(0);
  });

  (existsSync('/sys/bus/pci/devices') && readdirSync('/sys/bus/pci/devices').length > 0 ? it : it.skip)('include the one that this runs on', () => {
    const scanned = scan('/sys');
    expect(scanned.functions.length + scanned.unreadable.length).toBe(readdirSync('/sys/bus/pci/devices').length);
  });
});
