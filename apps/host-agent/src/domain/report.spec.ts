import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { DeviceObservation } from '@vfleet/pci';
import type { BusDevice, PciFunction } from './hardware.js';
import { applyLabels, type Labels } from './labels.js';
import { observe, type SeenDevice } from './observe.js';
import { planReport, type DeviceFact } from './report.js';
import { address, aFunction, aScan, NAMELESS } from './testing.js';

const UNLABELLED: Labels = { rules: [] };
const look = (functions: readonly PciFunction[], before: readonly SeenDevice[] = [], labels = UNLABELLED): readonly SeenDevice[] =>
  applyLabels(observe('h1', aScan(functions), before, NAMELESS), labels);
const report = (functions: readonly PciFunction[], last: readonly SeenDevice[], labels = UNLABELLED) =>
  planReport(last, look(functions, last, labels), aScan([]));
const named = (names: Record<string, string>): Labels => ({ rules: [], names: new Map(Object.entries(names)) });

const nic = aFunction();
const port = aFunction({ address: '00:03.0', bridges: [], class: '060400', productId: '000c' });

describe('a report', () => {
  it('tells everything the first time, bridges before what is below them', () => {
    const { facts } = report([nic, port], []);
    expect(facts.map((fact) => fact.name === 'DeviceDiscovered' && fact.data.device.address)).toEqual(['0000:00:03.0', '0000:01:00.0']);
  });

  it('tells nothing of unchanged hardware', () => {
    expect(report([port, nic], look([port, nic])).facts).toEqual([]);
  });

  it('tells a new name, and that a name has gone', () => {
    const before = look([nic], [], named({ '0000:01:00.0': '10GE' }));
    const [{ observation }] = before as [SeenDevice];
    const { deviceId } = observation;
    expect(report([nic], before).facts).toEqual([
      { name: 'DeviceRenamed', data: { deviceId, address: '0000:01:00.0', previousName: '10GE', name: null } },
    ]);
    expect(report([nic], before, named({ '0000:01:00.0': 'fast' })).facts).toMatchObject([
      { name: 'DeviceRenamed', data: { previousName: '10GE', name: 'fast' } },
    ]);
  });

  it('tells names that were changed, taken away and given, and nothing of the devices themselves [cloudstack-02]', () => {
    const vfs = [1, 2, 3, 4].map((n) => aFunction({ address: `28:00.${n}` }));
    const tenGigabit = (...functions: readonly number[]) => Object.fromEntries(functions.map((n) => [`0000:28:00.${n}`, '10GE']));
    const before = look(vfs, [], named(tenGigabit(1, 2, 3)));
    const { facts } = report(vfs, before, named({ ...tenGigabit(1, 4), '0000:28:00.2': '25GE' }));
    expect(
      facts.map(({ name, data }) => [name, 'address' in data && data.address, 'previousName' in data && [data.previousName, data.name]]),
    ).toEqual([
      ['DeviceRenamed', '0000:28:00.2', ['10GE', '25GE']],
      ['DeviceRenamed', '0000:28:00.3', ['10GE', null]],
      ['DeviceRenamed', '0000:28:00.4', [null, '10GE']],
    ]);
  });

  it('tells a new address', () => {
    const facts = report([port, { ...nic, address: address('07:00.0') }], look([port, nic])).facts;
    expect(facts).toMatchObject([{ name: 'DeviceReaddressed', data: { previousAddress: '0000:01:00.0', address: '0000:07:00.0' } }]);
  });

  it('tells another driver as a change, with the whole device', () => {
    expect(report([{ ...nic, driver: 'vfio-pci' }], look([nic])).facts).toMatchObject([
      { name: 'DeviceChanged', data: { device: { driver: 'vfio-pci' } } },
    ]);
  });

  it('tells a removal before what comes to the same address', () => {
    const facts = report([{ ...nic, productId: '1521' }], look([nic])).facts;
    expect(facts.map(({ name }) => name)).toEqual(['DeviceRemoved', 'DeviceDiscovered']);
  });

  it('keeps a device that is there and cannot be read', () => {
    const last = look([port, nic]);
    const { facts, devices } = planReport(last, look([port], last), {
      unreadable: [{ address: nic.address, message: 'its vendor cannot be read' }],
      unlisted: [],
    });
    expect(facts).toEqual([]);
    expect(devices).toHaveLength(2);
  });

  it('keeps all devices of a kind that could not be listed, and them alone', () => {
    const stick: BusDevice = { kind: 'usb', address: '1-2', controller: nic.address, place: 'usb0/2', net: [], hostUse: [] };
    const last = observe('h1', aScan([port, nic], [stick]), [], NAMELESS);
    const { facts, devices } = planReport(last, look([port], last), { unreadable: [], unlisted: ['usb'] });
    expect(facts).toMatchObject([{ name: 'DeviceRemoved', data: { address: nic.address } }]);
    expect(devices.map(({ observation }) => observation.address)).toEqual([port.address, '1-2']);
  });

  it('keeps telling the parent of a device when the parent cannot be read', () => {
    const last = look([port, nic]);
    expect(planReport(last, look([nic], last), { unreadable: [{ address: port.address, message: 'gone' }], unlisted: [] }).facts).toEqual([]);
  });
});

/** What somebody who hears the facts knows afterwards. */
const hear = (facts: readonly DeviceFact[], before: readonly DeviceObservation[]): ReadonlyMap<string, DeviceObservation> => {
  const known = new Map(before.map((device) => [device.deviceId, device]));
  for (const { name, data } of facts) {
    if (name === 'DeviceDiscovered' || name === 'DeviceChanged') known.set(data.device.deviceId, data.device);
    else if (name === 'DeviceRemoved') known.delete(data.deviceId);
    else {
      const { name: _, ...device } = known.get(data.deviceId) as DeviceObservation;
      if (name === 'DeviceReaddressed') known.set(data.deviceId, { ...(known.get(data.deviceId) as DeviceObservation), address: data.address });
      else known.set(data.deviceId, { ...device, ...(data.name !== null && { name: data.name }) });
    }
  }
  return known;
};

/** A few slots, cards that differ in little, so that moves, swaps, twins and hidden serials happen often. */
const aCard = fc.record({
  slot: fc.integer({ min: 1, max: 3 }),
  product: fc.constantFrom('10c9', '1521'),
  serial: fc.constantFrom(undefined, undefined, 'aa', 'bb'),
  mac: fc.constantFrom(undefined, undefined, '52:54:00:00:00:01', '52:54:00:00:00:02'),
  driver: fc.constantFrom('igb', 'vfio-pci'),
  vfs: fc.integer({ min: 0, max: 2 }),
});
type Card = typeof aCard extends fc.Arbitrary<infer Value> ? Value : never;

const functionsOf = (cards: readonly Card[], busOffset: number): readonly PciFunction[] =>
  cards.flatMap(({ slot, product, serial, mac, driver, vfs }) => {
    const bus = (slot + busOffset).toString(16).padStart(2, '0');
    const bridges = [address(`00:0${slot}.0`)];
    const net = mac === undefined || driver === 'vfio-pci' ? [] : [{ ifname: `eth${slot}`, mac, permanentMac: mac }];
    const pf = aFunction({
      address: `${bus}:00.0`,
      bridges,
      productId: product,
      ...(serial !== undefined && { serial }),
      driver,
      net,
      totalVfs: 2,
      numVfs: vfs,
    });
    const children = [...Array(vfs).keys()].map((index) =>
      aFunction({ address: `${bus}:10.${index}`, bridges, productId: '10ca', vfOf: { pf: pf.address, index } }),
    );
    return [aFunction({ address: `00:0${slot}.0`, bridges: [], class: '060400', productId: '000c' }), pf, ...children];
  });
const aMachine = fc
  .record({ cards: fc.uniqueArray(aCard, { maxLength: 3, selector: ({ slot }) => slot }), busOffset: fc.integer({ min: 0, max: 3 }) })
  .map(({ cards, busOffset }) => functionsOf(cards, busOffset));
const someNames = fc.dictionary(fc.constantFrom('0000:01:00.0', '0000:02:00.0', '0000:02:10.0'), fc.constantFrom('10GE', 'fast')).map(named);
/** Jest's own comparison is slow, and runs here only where there is a difference to show. */
const expectSame = (actual: unknown, expected: unknown): void => {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
};
const RUNS = { numRuns: 5_000 };

describe('whatever happens to a machine', () => {
  it('who hears the facts knows what is there', () => {
    fc.assert(
      fc.property(aMachine, someNames, aMachine, someNames, (before, names, after, newNames) => {
        const last = look(before, [], names);
        const { facts, devices } = report(after, last, newNames);
        const known = hear(
          facts,
          last.map(({ observation }) => observation),
        );
        expectSame(known, new Map(devices.map(({ observation }) => [observation.deviceId, observation])));
      }),
      RUNS,
    );
  });

  it('what stays the same is not told', () => {
    fc.assert(
      fc.property(aMachine, aMachine, someNames, (before, now, names) => {
        const first = report(now, look(before, [], names), names);
        expectSame(report(now, first.devices, names).facts, []);
      }),
      RUNS,
    );
  });

  it('no two devices have one id', () => {
    fc.assert(
      fc.property(aMachine, aMachine, (before, now) => {
        const ids = look(now, look(before)).map(({ observation }) => observation.deviceId);
        expectSame(new Set(ids).size, ids.length);
      }),
      RUNS,
    );
  });

  it('buses that get other numbers are told as new addresses and nothing else, unless devices are told apart by address alone', () => {
    const cards = fc.uniqueArray(aCard, { maxLength: 3, selector: ({ slot }) => slot });
    fc.assert(
      fc.property(cards, fc.integer({ min: 1, max: 3 }), (machine, offset) => {
        const last = look(functionsOf(machine, 0));
        fc.pre(!last.some(({ observation }) => observation.ambiguous));
        const moved = last.filter(({ observation }) => observation.parentDeviceId !== undefined).length;
        expectSame(
          report(functionsOf(machine, offset), last).facts.map(({ name }) => name),
          Array<string>(moved).fill('DeviceReaddressed'),
        );
      }),
      RUNS,
    );
  });
});
