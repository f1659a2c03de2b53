import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { unavailability } from './availability.js';
import { chooseDevices, type ChosenDevice } from './choose.js';
import { companions } from './companions.js';
import type { DeviceRequest, NumaPolicy } from './device-request.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs, aWish } from './testing.js';

const RUNS = Number(process.env['VFLEET_PROPERTY_RUNS'] ?? 6_000);

const NODES = [0];
/** Nodes 0 and 1 share a socket. */
const SOCKETS = new Map([
  [0, 0],
  [1, 0],
  [2, 1],
]);

const traits = fc.record({
  numaNode: fc.constantFrom(null, 0, 1, 2),
  root: fc.constantFrom(undefined, 'r1', 'r1', 'r2'),
  name: fc.constantFrom('a', 'b'),
  holder: fc.constantFrom(undefined, undefined, undefined, undefined, 'vm-1', 'vm-2'),
  group: fc.constantFrom(1, 2, 3, 4, 5, 6),
});

/** A PF with two VFs, which exclude it, and four functions of other slots. */
const hosts: fc.Arbitrary<Circumstances> = fc.array(traits, { minLength: 7, maxLength: 7 }).map((list) => {
  const family = aPfWithVfs({ address: '0000:28:00.0', driver: 'vfio-pci' }, ['0000:28:02.0', '0000:28:02.1']);
  const others = [1, 2, 3, 4].map((bus) => aDevice({ address: `0000:0${bus}:00.0` }));
  const devices = [...family, ...others].map((device, index): DeviceObservation => {
    const { numaNode, root, name, group } = list[index] as (typeof list)[number];
    return { ...device, numaNode, name, iommuGroup: index < 3 ? index + 10 : group, ...(root && { pcieRoot: root }) };
  });
  const heldBy = Object.fromEntries(devices.flatMap(({ address }, index) => (list[index]?.holder ? [[address, list[index].holder]] : [])));
  return aHost(devices, { heldBy, sockets: SOCKETS });
});

const sharing = fc.constantFrom<Pick<DeviceRequest, 'together' | 'apart'>>(
  {},
  {},
  { together: ['pcieRoot'] },
  { together: ['numaNode'] },
  { apart: ['numaNode'] },
  { apart: ['pcieRoot', 'numaNode'] },
  { together: ['pcieRoot'], apart: ['numaNode'] },
);
const rest = fc
  .record(
    {
      count: fc.constantFrom<DeviceRequest['count'][]>(1, 2, 2, 3, 'all'),
      numaPolicy: fc.constantFrom<NumaPolicy[]>('required', 'socket', 'legacy', 'preferred'),
      where: fc.constantFrom('numaNode == 0', 'functionType == "vf"', 'functionType == "pf"'),
    },
    { requiredKeys: [] },
  )
  .chain((one) => sharing.map((shared): DeviceRequest => ({ ...one, ...shared })));
const simple = fc
  .tuple(fc.constantFrom<DeviceRequest>({ device: 'a' }, { device: 'b' }, { match: { all: true } }, { match: { functionType: ['pf', 'vf'] } }), rest)
  .map(([way, more]): DeviceRequest => ({ ...way, ...more }));
const severalNames = fc
  .tuple(fc.constantFrom('a,b', 'b,b'), sharing, fc.constantFrom<DeviceRequest['count'][]>(1, 2))
  .map(([device, shared, count]): DeviceRequest => ({ device, count: count as number, ...shared }));
const request = fc.oneof(
  { weight: 3, arbitrary: simple },
  { weight: 2, arbitrary: fc.array(simple, { minLength: 2, maxLength: 3 }).map((firstAvailable): DeviceRequest => ({ firstAvailable })) },
  { weight: 2, arbitrary: severalNames },
);
const wishes = fc.array(request, { minLength: 1, maxLength: 2 });

type Attribute = 'numaNode' | 'pcieRoot';
const valuesOf = (devices: readonly DeviceObservation[], name: string): readonly unknown[] =>
  devices.map((device) => device[name as Attribute] ?? undefined);

/** What one request says about the devices that serve it, read as the contract says it. */
const suits = (devices: readonly DeviceObservation[], { together = [], apart = [] }: DeviceRequest): boolean =>
  together.every((name) => !valuesOf(devices, name).includes(undefined) && new Set(valuesOf(devices, name)).size <= 1) &&
  apart.every((name) => !valuesOf(devices, name).includes(undefined) && new Set(valuesOf(devices, name)).size === devices.length);

const isNear = ({ numaNode }: DeviceObservation, { numaPolicy = 'preferred' }: DeviceRequest): boolean => {
  if (numaPolicy === 'preferred' || numaNode === 0) return true;
  return numaPolicy === 'legacy' ? numaNode === null : numaPolicy === 'socket' && numaNode === 1;
};

const subsets = <T>(from: readonly T[], size: number): readonly (readonly T[])[] => {
  const [first, ...others] = from;
  if (size === 0) return [[]];
  return first === undefined ? [] : [...subsets(others, size - 1).map((set) => [first, ...set]), ...subsets(others, size)];
};

/** Every set of devices that serves one name of a request, the laws for single devices taken as given. */
const setsFor = (host: Circumstances, one: DeviceRequest): readonly (readonly DeviceObservation[])[] => {
  const [way] = aWish([one]).asks[0]?.alternatives ?? [];
  if (!way) return [];
  const near = [...host.topology.devices.values()].filter((device) => way.accepts(host.topology.attributesOf(device)) && isNear(device, one));
  const free = near.filter((device) => !unavailability(device, host, { ...way, vmId: 'vm-1' }));
  const inUse = near.filter((device) => unavailability(device, host, { ...way, vmId: 'vm-1' })?.code.endsWith('IN_USE'));
  if (one.count !== 'all') return subsets(free, one.count ?? 1);
  return inUse.length === 0 && free.length > 0 ? [free] : [];
};

/** Every way to serve a request: a set of devices for each name that it lists. */
const servings = (host: Circumstances, one: DeviceRequest): readonly (readonly DeviceObservation[])[] => {
  if (one.firstAvailable) return one.firstAvailable.flatMap((entry) => servings(host, entry));
  const parts = one.device?.split(',').map((device) => ({ ...one, device })) ?? [one];
  const sets = parts.reduce<readonly (readonly DeviceObservation[])[]>(
    (sofar, part) => sofar.flatMap((before) => setsFor(host, part).map((set) => [...before, ...set])),
    [[]],
  );
  return sets.filter((set) => suits(set, one));
};

const withAll = (devices: readonly DeviceObservation[], host: Circumstances): readonly DeviceObservation[] => {
  const own = { ...host, holders: new Map([...host.holders].filter(([, vmId]) => vmId !== 'vm-1')) };
  return devices.flatMap((device) => [device, ...companions(device, own)]);
};

const isLawful = (devices: readonly DeviceObservation[], host: Circumstances): boolean => {
  const all = withAll(devices, host);
  return new Set(devices).size === devices.length && !all.some((device) => host.topology.rivalsOf(device).some((rival) => all.includes(rival)));
};

const servable = (host: Circumstances, requests: readonly DeviceRequest[], taken: readonly DeviceObservation[] = []): boolean => {
  const [first, ...others] = requests;
  if (!first) return true;
  return servings(host, first).some((set) => isLawful([...taken, ...set], host) && servable(host, others, [...taken, ...set]));
};

/** Whether what was chosen for the requests is one of the ways to serve them. */
const serves = (host: Circumstances, requests: readonly DeviceRequest[], chosen: readonly ChosenDevice[]): boolean => {
  const asked = chosen.filter(({ affected }) => !affected);
  const { asks } = aWish(requests);
  let next = 0;
  const each = requests.map((one) => {
    const names = asks.slice(next, (next += one.device?.split(',').length ?? 1)).map(({ requestName }) => requestName);
    return asked.filter(({ requestName }) => names.includes(requestName)).map(({ device }) => device);
  });
  const isOneOf = (devices: readonly DeviceObservation[], one: DeviceRequest): boolean =>
    servings(host, one).some((set) => set.length === devices.length && set.every((device) => devices.includes(device)));
  return (
    requests.every((one, index) => isOneOf(each[index] ?? [], one)) &&
    isLawful(
      asked.map(({ device }) => device),
      host,
    )
  );
};

describe('whatever a VM on NUMA node 0 asks for in the language of requests', () => {
  it('is given to it whenever there is a way, as it asked for it, with reasons otherwise', () => {
    fc.assert(
      fc.property(hosts, wishes, (host, requests) => {
        const answer = chooseDevices(host, aWish(requests, { numaNodes: NODES }));
        expect('chosen' in answer).toBe(servable(host, requests));
        if ('chosen' in answer) expect(serves(host, requests, answer.chosen)).toBe(true);
        else expect(answer.unmet.every(({ reasons }) => reasons.length > 0 && reasons.every(({ count }) => count > 0))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('is answered alike, in whatever order the devices were found', () => {
    const text = (host: Circumstances, requests: readonly DeviceRequest[]): unknown => {
      const answer = chooseDevices(host, aWish(requests, { numaNodes: NODES }));
      return 'chosen' in answer ? answer.chosen.map(({ device, requestName, affected }) => [device.address, requestName, affected]) : 'no';
    };
    fc.assert(
      fc.property(hosts, wishes, fc.infiniteStream(fc.integer({ min: 0, max: 1_000 })), (host, requests, random) => {
        const shuffled = [...host.topology.devices.values()]
          .map((device) => ({ device, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ device }) => device);
        expect(text({ ...host, topology: aHost(shuffled).topology }, requests)).toEqual(text(host, requests));
      }),
      { numRuns: 5_000 },
    );
  });
});
