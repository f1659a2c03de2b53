import { existsSync, readdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DeviceObservation } from '@vfleet/pci';
import {
  addCard,
  addressesIn,
  addVfs,
  aSysfsCapture,
  CAPTURES,
  groupsIn,
  readTree,
  renumberGroups,
  shiftBuses,
  treeOf,
  unpackArchive,
  writeTree,
  type SysfsTree,
} from '@vfleet/testing';
import { observe, type SeenDevice } from '../domain/observe.js';
import { planReport } from '../domain/report.js';
import { NAMELESS } from '../domain/testing.js';
import { sysfsHardware } from './scanner.js';

const look = (tree: SysfsTree, before: readonly SeenDevice[] = []): { readonly seen: readonly SeenDevice[]; readonly facts: readonly string[] } => {
  const { sysfsRoot, close } = writeTree(tree);
  try {
    const scan = sysfsHardware({ sysfsRoot, procRoot: '/proc' }).scan();
    expect(scan.unreadable).toEqual([]);
    const seen = observe('h1', scan, before, NAMELESS);
    return { seen, facts: planReport(before, seen, scan).facts.map(({ name }) => name) };
  } finally {
    close();
  }
};
const observations = (seen: readonly SeenDevice[]): readonly DeviceObservation[] => seen.map(({ observation }) => observation);
const idsAt = (seen: readonly SeenDevice[]): ReadonlyMap<string, string> =>
  new Map(observations(seen).map(({ address, deviceId }) => [address, deviceId]));

const FOREIGN = resolve(import.meta.dirname, '../../../../../shared/data/sysfs-public');
/** Trees of others hold a sysfs somewhere below; one of them has devices without any hierarchy, whose bus is all that places them. */
const foreign = (): readonly (readonly [string, () => SysfsTree])[] =>
  (existsSync(FOREIGN) ? readdirSync(FOREIGN) : [])
    .filter((name) => name.includes('.tar.') && !name.startsWith('nvidiagpunumanodes'))
    .map((name) => [name, () => foreignTree(join(FOREIGN, name))] as const);
const foreignTree = (archive: string): SysfsTree => {
  const folder = unpackArchive(archive);
  const devices = execFileSync('find', [folder, '-type', 'd', '-path', '*/sys/bus/pci/devices'], { encoding: 'utf8' }).trim();
  const tree = readTree(join(devices, '../../..'));
  execFileSync('rm', ['-r', folder]);
  expect(relative(folder, devices)).not.toMatch(/^\.\./);
  return tree;
};

const trees: readonly (readonly [string, () => SysfsTree])[] = [
  ...CAPTURES.map((name) => [name, () => treeOf(aSysfsCapture(name))] as const),
  ...foreign(),
];

const NO_BUS = 0xf0;

/** `0000:00` and the others, in order. */
const rootBuses = (tree: SysfsTree): readonly string[] =>
  [...tree.keys()].flatMap((path) => /^devices\/pci(0000:[0-9a-f]{2})$/.exec(path)?.[1] ?? []).sort();

/** The lowest bus of the first domain that no root bus has, and that some function is on; a high one where there is none. */
const firstBus = (tree: SysfsTree): number => {
  const roots = new Set(rootBuses(tree));
  const buses = addressesIn(tree).flatMap((address) =>
    address.startsWith('0000:') && !roots.has(address.slice(0, 7)) ? parseInt(address.slice(5, 7), 16) : [],
  );
  return Math.min(...buses, NO_BUS);
};

/** A bus of the first domain with nothing on it, nor behind it. */
const spareBus = (tree: SysfsTree): number => {
  const taken = new Set([...addressesIn(tree), ...rootBuses(tree)].map((address) => parseInt(address.slice(5, 7), 16)));
  return [...Array(255).keys()].findLast((bus) => ![...taken].some((one) => one >= bus)) ?? NO_BUS;
};

/** A slot on a root bus where nothing is yet. */
const freePort = (tree: SysfsTree): string => {
  const taken = new Set(addressesIn(tree));
  const port = [...Array(32).keys()]
    .map((slot) => `${rootBuses(tree)[0]}:${slot.toString(16).padStart(2, '0')}.7`)
    .find((address) => !taken.has(address));
  if (port === undefined) throw new Error('no slot is free');
  return port;
};

describe.each(trees)('the machine of %s', (_, load) => {
  const tree = load();
  const before = look(tree);

  it('tells nothing when it is looked at again', () => {
    expect(look(tree, before.seen).facts).toEqual([]);
  });

  it('keeps every device when a card is added and the buses behind it move', () => {
    const after = look(addCard(tree, { port: freePort(tree), bus: firstBus(tree) }), before.seen);
    const ids = new Set(observations(after.seen).map(({ deviceId }) => deviceId));
    expect(observations(before.seen).filter(({ deviceId }) => !ids.has(deviceId))).toEqual([]);
    expect(after.facts.filter((name) => name === 'DeviceRemoved')).toEqual([]);
    expect(after.facts.filter((name) => name === 'DeviceDiscovered')).toHaveLength(2);
    expect(after.facts.includes('DeviceReaddressed')).toBe(firstBus(tree) < NO_BUS);
  });

  it('tells of a card alone that is added where nothing has to move [ren-004]', () => {
    const after = look(addCard(tree, { port: freePort(tree), bus: spareBus(tree) }), before.seen);
    expect(after.facts).toEqual(['DeviceDiscovered', 'DeviceDiscovered']);
    const known = idsAt(before.seen);
    expect(new Map([...idsAt(after.seen)].filter(([address]) => known.has(address)))).toEqual(known);
  });

  it('keeps every device also where the agent has lost what it remembered', () => {
    const after = look(shiftBuses(tree, firstBus(tree), 3));
    const kept = new Set(observations(before.seen).map(({ deviceId }) => deviceId));
    expect(observations(after.seen).filter(({ deviceId }) => !kept.has(deviceId))).toEqual([]);
  });

  it('keeps every device when its IOMMU groups are numbered otherwise', () => {
    const after = look(
      renumberGroups(tree, (group) => 1_000 - group),
      before.seen,
    );
    expect(idsAt(after.seen)).toEqual(idsAt(before.seen));
    expect(new Set(after.facts)).toEqual(new Set(groupsIn(tree).length > 0 ? ['DeviceChanged'] : []));
  });

  it('shows VFs that are enabled, below their PF, and takes nothing else for new', () => {
    const pf = observations(before.seen).find(
      ({ address, class: code, functionType, numVfs = 0 }) =>
        /:0[0-9a-f]\.[0-7]$/.test(address) && !code?.startsWith('06') && functionType !== 'vf' && numVfs === 0,
    );
    if (!pf) throw new Error('the machine has no function without VFs');
    const after = look(addVfs(tree, pf.address, 5), before.seen);
    const vfs = observations(after.seen).filter(({ parentDeviceId, functionType }) => functionType === 'vf' && parentDeviceId === pf.deviceId);
    expect(vfs.map(({ vfIndex, identity }) => [vfIndex, identity])).toEqual([0, 1, 2, 3, 4].map((index) => [index, `vf:${pf.identity}#${index}`]));
    expect(after.facts.filter((name) => name === 'DeviceDiscovered')).toHaveLength(5);
    expect(after.facts.filter((name) => name === 'DeviceRemoved')).toEqual([]);
  });
});

describe('any boot of one machine', () => {
  const tree = treeOf(aSysfsCapture('numa2-iommu-vfs-vfio'));
  const first = look(tree);
  /** What firmware and kernel may do between two boots: shift buses, add cards, count groups otherwise. */
  const boots = fc.array(
    fc.oneof(
      fc.record({ from: fc.integer({ min: 1, max: 0x90 }), by: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ slot: fc.integer({ min: 0x10, max: 0x1c }), bus: fc.integer({ min: 1, max: 0x40 }) }),
      fc.record({ groups: fc.integer({ min: 100, max: 200 }) }),
    ),
    { minLength: 1, maxLength: 4 },
  );

  it('gives each device the id that it had, at whatever address', () => {
    fc.assert(
      fc.property(boots, (steps) => {
        let now = tree;
        const slots = new Set<number>();
        for (const step of steps) {
          if ('from' in step) now = shiftBuses(now, step.from, step.by);
          else if ('groups' in step) now = renumberGroups(now, (group) => group + step.groups);
          else if (!slots.has(step.slot)) {
            slots.add(step.slot);
            now = addCard(now, { port: `0000:00:${step.slot.toString(16)}.7`, bus: step.bus });
          }
        }
        const ids = new Set(observations(look(now).seen).map(({ deviceId }) => deviceId));
        expect(observations(first.seen).filter(({ deviceId }) => !ids.has(deviceId))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('two cards with one serial', () => {
  it('are ambiguous with their VFs, fall back to their addresses, and are themselves again when one has gone', () => {
    const tree = treeOf(aSysfsCapture('full-iommu-vfs-vfio'));
    const [one, other] = ['devices/pci0000:00/0000:00:03.0/0000:01:00.0', 'devices/pci0000:00/0000:00:04.0/0000:02:00.0'];
    const before = look(tree);
    // The one card of the capture with a serial number.
    const config = tree.get('devices/pci0000:00/0000:00:07.0/0000:05:00.0/config');
    if (!config) throw new Error('the capture has no configuration space');
    const twins = look(new Map([...tree, [`${one}/config`, config], [`${other}/config`, config]]), before.seen);
    expect(
      observations(twins.seen)
        .filter(({ ambiguous }) => ambiguous)
        .map(({ identity }) => identity),
    ).toEqual(
      observations(twins.seen)
        .filter(({ address }) => /^0000:0[12]:/.test(address))
        .map(({ address }) => `address:${address}`),
    );
    expect(idsAt(look(tree, twins.seen).seen)).toEqual(idsAt(before.seen));
  });
});
