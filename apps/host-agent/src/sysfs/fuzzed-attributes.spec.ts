import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DeviceObservation, HostOnline, validate } from '@vfleet/contracts';
import { aSysfsCapture, type SysfsCapture } from '@vfleet/testing';
import { applyLabels } from '../domain/labels.js';
import { observe } from '../domain/observe.js';
import { NAMELESS } from '../domain/testing.js';
import { NothingToScan } from '../nothing-to-scan.js';
import { describeHost } from './host.js';
import { sysfsHardware } from './scanner.js';

/** How often each property is tried; more by hand, as a search for what nobody has thought of. */
const RUNS = Number(process.env['VFLEET_FUZZ_RUNS'] ?? 150);
/** The same cases each time, unless `npm run test:fuzz` says others. */
const SEED = Number(process.env['VFLEET_FUZZ_SEED'] ?? 1);

let capture: SysfsCapture;
let above: string;
/** Those that the agent reads, by their names: many devices have each, and each is spoiled as often as another. */
let attributes: ReadonlyMap<string, readonly string[]>;
let addresses: readonly string[];
/** What stands beside the tree of sysfs, so that it is there to be spoiled. */
const BESIDE: Readonly<Record<string, string>> = {
  'proc/1/mountinfo': '36 35 8:0 / / rw,noatime master:1 - ext4 /dev/sda rw\n',
  'proc/1/mounts': '/dev/sda / ext4 rw 0 0\n',
  'proc/swaps': 'Filename Type Size Used Priority\n/dev/sdb partition 1000 0 -2\n',
  'proc/net/route': 'Iface Destination Gateway\neth0 00000000 0100A8C0 0003 0 0 0 00000000 0 0 0\n',
  'proc/net/ipv6_route': '00000000000000000000000000000000 00 0 00 fe80 00000064 1 0 00000001 eth0\n',
  'proc/net/if_inet6': 'fd000000000000000000000000000001 02 40 00 80 eth0\n',
  'proc/spl/kstat/zfs/tank/state': 'ONLINE\n',
  'proc/sys/kernel/osrelease': '6.1.0\n',
  'proc/sys/kernel/hostname': 'h1\n',
  'run/udev/data/b8:0': 'E:ID_FS_TYPE=LVM2_member\nE:ID_FS_LABEL=tank\n',
};

const READ =
  /\/(vendor|device|class|subsystem_(vendor|device)|revision|numa_node|sriov_(total|num)vfs|boot_vga|config|vpd|ari_enabled|physfn|virtfn\d+|driver|iommu_group|id(Vendor|Product)|b(Device|Interface)(Class|SubClass|Protocol)|manufacturer|product|serial|model|wwid|type|address|addr_assign_type|speed|carrier|phys_\w+|dev|name|path|uevent|master|bus\/\w+\/devices\/[^/]+|class\/(net|block)\/[^/]+|slaves\/[^/]+|cpulist|physical_package_id)$/;

/** By the types of the entries, or Node follows links to folders, round and round. */
const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [] : [join(entry.parentPath, entry.name)]));

beforeAll(() => {
  capture = aSysfsCapture('full-iommu-vfs-vfio');
  above = dirname(capture.sysfsRoot);
  for (const [file, text] of Object.entries(BESIDE)) {
    mkdirSync(dirname(join(above, file)), { recursive: true });
    writeFileSync(join(above, file), text);
  }
  const sys = ['bus', 'class', 'devices', 'kernel/iommu_groups'].map((part) => join(capture.sysfsRoot, part)).filter((part) => existsSync(part));
  const byName = new Map<string, string[]>();
  const files = [...sys.flatMap(filesBelow).filter((path) => READ.test(path)), ...Object.keys(BESIDE).map((file) => join(above, file))];
  for (const path of files) byName.set(basename(path), [...(byName.get(basename(path)) ?? []), path]);
  attributes = byName;
  addresses = seen().map(({ observation }) => observation.address);
});
afterAll(() => {
  for (const part of ['proc', 'run']) rmSync(join(above, part), { recursive: true, force: true });
  capture.close();
});

const hardware = () => sysfsHardware({ sysfsRoot: capture.sysfsRoot, procRoot: join(above, 'proc') });
const seen = () => applyLabels(observe('h1', hardware().scan(), [], NAMELESS), { rules: [] });

type Spoiling = { readonly bytes: Uint8Array } | { readonly link: string } | { readonly folder: true } | { readonly gone: true };
const text = (strings: fc.Arbitrary<string>): fc.Arbitrary<Spoiling> => strings.map((one) => ({ bytes: Buffer.from(one) }));
const spoiling: fc.Arbitrary<Spoiling> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes })),
  fc.integer({ min: 60_000, max: 70_000 }).map((length) => ({ bytes: Buffer.alloc(length, '7') })),
  text(fc.string({ unit: 'binary', maxLength: 80 })),
  text(fc.integer().map(String)),
  text(fc.constantFrom('0x8086\n', '0xffffffff', '-1', '99999999999', '0000:01:00.0', 'sda', '__proto__', 'constructor', '\u0000', 'a\nb\n<b>\n')),
  // Lines of what stands there, mixed with others: half right is worse than wrong.
  text(fc.array(fc.oneof(fc.constantFrom(...Object.values(BESIDE)), fc.string({ maxLength: 20 })), { maxLength: 6 }).map((lines) => lines.join(' '))),
  fc.constantFrom('.', '..', '/etc/passwd', '/proc/self', '../0000:05:00.0', 'nowhere').map((link) => ({ link })),
  fc.constant({ folder: true } as const),
  fc.constant({ gone: true } as const),
);

/** Puts something else in the place of a file or link while `look` looks. */
const spoiled = <T>(path: string, by: Spoiling, look: () => T): T => {
  const link = lstatSync(path).isSymbolicLink();
  const before = link ? readlinkSync(path) : readFileSync(path);
  rmSync(path);
  if ('bytes' in by) writeFileSync(path, by.bytes);
  else if ('link' in by) symlinkSync(by.link, path);
  else if ('folder' in by) mkdirSync(path);
  try {
    return look();
  } finally {
    rmSync(path, { recursive: true, force: true });
    if (typeof before === 'string') symlinkSync(before, path);
    else writeFileSync(path, before);
  }
};

const pick = <T>(list: readonly T[], number: number): T => list[number % list.length] as T;

describe('a machine of which any attribute is spoiled', () => {
  it('shows each device or says why not, and nothing that the contract would not take', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), spoiling, (name, number, by) =>
        spoiled(pick(pick([...attributes.values()], name), number), by, () => {
          const scan = hardware().scan();
          const accounted = new Set([...scan.functions, ...scan.others, ...scan.unreadable].map(({ address }) => address));
          const observed = applyLabels(observe('h1', scan, [], NAMELESS), { rules: [] });
          for (const { observation } of observed)
            expect([observation.address, validate(DeviceObservation, observation, 'refuse')]).toMatchObject([observation.address, { ok: true }]);
          expect(new Set(observed.map(({ observation }) => observation.deviceId)).size).toBe(observed.length);
          const lost = addresses.filter((address) => !accounted.has(address));
          // A device is lost only with the link or folder by which its bus lists it, or as a hub that it is taken for.
          expect(lost.length).toBeLessThanOrEqual(2);
          return true;
        }),
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it('says of itself what a host may say', () => {
    const ofHost = Object.keys(BESIDE).filter((file) => file.includes('sys/kernel'));
    fc.assert(
      fc.property(fc.constantFrom(...ofHost), spoiling, (file, by) =>
        spoiled(join(above, file), by, () => {
          const fact = { ...describeHost(capture.sysfsRoot, join(above, 'proc')), agentVersion: '1', heartbeatSeconds: 10 };
          const common = { hostId: 'h1', epoch: '01890a5d-ac96-774b-bcce-b302099a8057', sequence: 1, observedAt: '2026-11-20T10:00:00Z' };
          expect(validate(HostOnline, { ...common, ...fact }, 'refuse')).toMatchObject({ ok: true });
        }),
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it('is never taken for one without devices', () => {
    rmSync(join(above, 'sys/bus/pci'), { recursive: true });
    expect(() => hardware().scan()).toThrow(NothingToScan);
  });
});
