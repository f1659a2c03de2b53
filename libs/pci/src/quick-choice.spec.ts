import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { chooseDevices, considerHost } from './choose.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import { quickChoice } from './quick-choice.js';
import { aDevice, aHost, aPfWithVfs, aWish } from './testing.js';

const pfs = [3, 4].flatMap((bus) =>
  aPfWithVfs(
    { address: `0000:0${bus}:00.0` },
    [0, 1, 2].map((fn) => `0000:0${bus}:10.${fn}`),
    'vf',
  ),
);
const plain = [0, 1, 2, 3].map((fn) => aDevice({ address: `0000:28:00.${fn}`, name: 'nic' }));
const devices = [...pfs, ...plain];

const vm = fc.constantFrom(undefined, undefined, undefined, undefined, 'vm-2', 'vm-2', 'vm-3', 'vm-3');
/** Seldom the VM itself: then a whole search is made. */
const anyVm = fc.oneof({ weight: 19, arbitrary: vm }, { weight: 1, arbitrary: fc.constant('vm-1') });
const hardware = fc.record({
  grouped: fc.boolean(),
  tagged: fc.constantFrom<Readonly<Record<string, string>>>({}, {}, {}, { tenant: 'acme' }, { rack: 'b4' }),
  which: fc.integer({ min: 0, max: devices.length - 1 }),
  holders: fc.array(anyVm, { minLength: devices.length, maxLength: devices.length }),
  cordoned: fc.constantFrom(-1, -1, 1, 8),
  inUse: fc.constantFrom(-1, -1, 2, 9),
});
const hosts = hardware.map(({ grouped, tagged, which, holders, cordoned, inUse }): Circumstances => {
  const made = devices.map((device, index): DeviceObservation => ({
    ...device,
    ...(grouped && index >= devices.length - 2 && { iommuGroup: 999 }),
    ...(index === which && { tags: tagged }),
    ...(index === inUse && { hostUse: [{ code: 'mounted', detail: '' }] }),
  }));
  const heldBy = Object.fromEntries(made.flatMap(({ address }, index) => (holders[index] ? [[address, holders[index]]] : [])));
  const host = aHost(made, { heldBy, cordoned: new Set(cordoned < 0 ? [] : [(made[cordoned] as DeviceObservation).deviceId]) });
  return { ...host, still: {} };
});
const wishes = fc
  .record({
    request: fc.constantFrom(
      { device: 'vf' },
      { device: 'nic' },
      { match: { class: '02' } },
      { match: { functionType: 'vf' } },
      { match: { functionType: 'pf' } },
    ),
    count: fc.integer({ min: 1, max: 5 }),
    strategy: fc.constantFrom('pack' as const, 'pack' as const, 'spread' as const),
  })
  .map(({ request, count, strategy }) => aWish([{ ...request, count }], { strategy }));

describe('a wish for some devices of one kind', () => {
  it('gets by a look at who holds what just what a whole search would give it', () => {
    let answered = 0;
    fc.assert(
      fc.property(hosts, wishes, (host, wish) => {
        const quick = quickChoice(host, wish);
        if (!quick) return;
        answered += 1;
        expect({ chosen: quick }).toEqual(considerHost(host, wish).choice);
      }),
      { numRuns: 6_000 },
    );
    expect(answered).toBeGreaterThan(200);
  });

  it('gets it as well from what was remembered while devices came and went', () => {
    fc.assert(
      fc.property(
        hosts,
        wishes,
        fc.array(fc.tuple(fc.integer({ min: 0, max: devices.length - 1 }), anyVm), { maxLength: 12 }),
        (host, wish, turns) => {
          const holders = new Map(host.holders);
          for (const [index, holder] of turns) {
            const { deviceId } = devices[index] as DeviceObservation;
            if (holder === undefined) holders.delete(deviceId);
            else holders.set(deviceId, holder);
            const now = { ...host, holders, holds: (vmId: string) => [...holders.values()].includes(vmId) };
            expect(chooseDevices(now, wish)).toEqual(considerHost(now, wish).choice);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['several requests', aWish([{ device: 'nic' }, { device: 'vf' }])],
    ['alternatives', aWish([{ firstAvailable: [{ device: 'nic' }, { device: 'vf' }] }])],
    ['all there are', aWish([{ device: 'nic', count: 'all' }])],
    ['devices that share something', aWish([{ device: 'nic', count: 2, together: ['numaNode'] }])],
    ['devices near the VM', aWish([{ device: 'nic' }], { numaNodes: [0] })],
    ['devices for a tenant', aWish([{ device: 'nic' }], { tenant: 'acme' })],
  ])('is searched for where it asks for %s', (_, wish) => {
    expect(quickChoice({ ...aHost(devices), still: {} }, wish)).toBeUndefined();
    expect(quickChoice({ ...aHost(devices), still: {} }, aWish([{ device: 'nic' }]))).toHaveLength(1);
  });
});
