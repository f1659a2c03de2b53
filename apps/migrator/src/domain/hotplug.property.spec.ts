import { describe, expect, it } from '@jest/globals';
import { replay } from '@vfleet/decider';
import fc from 'fast-check';
import { HotplugRun, WAYS } from '../testing/hotplug-run.js';
import { hotplugDecider } from './hotplug.decider.js';
import { hasHotplugEnded, isHotplugOpen } from './hotplug.js';

/** What happens next, and with which order: numbers are taken modulo what there is. */
const step = fc.record({
  what: fc.constantFrom('order', 'time', 'told', 'again', 'crash', 'allocator', 'guest', 'agent', 'vm'),
  n: fc.nat(9),
  way: fc.constantFrom(...WAYS),
});
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const RUNS = Number(process.env['VFLEET_PROPERTY_RUNS'] ?? 5_000);
const history = fc.tuple(
  fc.constantFrom('attach' as const, 'detach' as const),
  fc.integer({ min: 1, max: 3 }),
  fc.array(step, { maxLength: 40, size: 'max' }),
);
const lived = ([verb, count, steps]: readonly ['attach' | 'detach', number, readonly Step[]]): HotplugRun => {
  const run = new HotplugRun(verb, count);
  for (const one of steps) run.take(one);
  return run;
};

describe('devices that are attached and detached while anything may go wrong', () => {
  it('are never plugged into a VM that does not hold them, once everybody has spoken', () => {
    fc.assert(
      fc.property(history, (told) => {
        const run = lived(told);
        run.settle();
        expect(run.strays()).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('end, and nothing of it waits for ever', () => {
    fc.assert(
      fc.property(history, (told) => {
        const run = lived(told);
        run.settle();
        expect([hasHotplugEnded(run.state), isHotplugOpen(run.state)]).toEqual([true, false]);
        expect(run.events.filter(({ type }) => type === 'HotplugCompleted' || type === 'HotplugFailed')).toHaveLength(1);
      }),
      { numRuns: RUNS },
    );
  });

  it('are left to the next run of their VM, unless that does not hold them', () => {
    fc.assert(
      fc.property(history, (told) => {
        const run = lived(told);
        run.settle();
        expect(run.unasked).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('are all there or all gone when it is completed', () => {
    fc.assert(
      fc.property(history, (told) => {
        const run = lived(told);
        run.settle();
        if (run.state.state !== 'completed' || run.hasVmEnded) return;
        expect([run.world.plugged.size, run.world.held.size]).toEqual(run.verb === 'attach' ? [told[1], told[1]] : [0, 0]);
      }),
      { numRuns: RUNS },
    );
  });

  it('are told to be where they are', () => {
    fc.assert(
      fc.property(history, (told) => {
        const run = lived(told);
        run.settle();
        if (run.hasVmEnded) return;
        for (const { deviceId, where } of run.state.devices)
          if (where !== 'unknown') expect(run.world.plugged.has(deviceId)).toBe(where === 'attached');
      }),
      { numRuns: RUNS },
    );
  });

  it('come to the same after every crash', () => {
    fc.assert(
      fc.property(history, (told) => {
        const run = lived(told);
        expect(replay(hotplugDecider, run.events)).toEqual(run.state);
      }),
      { numRuns: 1_000 },
    );
  });
});
