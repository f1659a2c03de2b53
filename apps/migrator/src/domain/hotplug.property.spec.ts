import { describe, expect, it } from '@jest/globals';
import { replay } from '@vfleet/decider';
import fc from 'fast-check';
import { after } from '../testing/given.js';
import { attach, detach, plugged, type HotplugTold } from '../testing/given-hotplug.js';
import { hotplugIntentsOf } from './hotplug-intents.js';
import { hotplugDecider, type HotplugCommandIn } from './hotplug.decider.js';
import { hasHotplugEnded, isHotplugOpen, type Hotplug, type HotplugEvent } from './hotplug.js';

/** An agent that plugs nothing in twice, a guest and an allocator as they really are; what is told of them may be late, doubled or lost. */
interface World {
  readonly plugged: Set<string>;
  readonly held: Set<string>;
  /** Outcomes by order; an order that comes again is answered the same. */
  readonly outcomes: Map<string, HotplugTold>;
  /** Devices of which a guest may let go yet, and the order that it was told so by. */
  readonly hesitant: Map<string, string>;
}
/** `hesitant`: a guest that is to let go of its device does so when nobody expects it any more, or never. */
type Way = 'done' | 'refused' | 'silent' | 'unheard' | 'late' | 'hesitant';
const WAYS: readonly Way[] = ['done', 'done', 'refused', 'silent', 'unheard', 'late', 'hesitant'];
const DEVICES = [1, 2, 3];

/** What happens next, and with which order: numbers are taken modulo what there is. */
const step = fc.record({
  what: fc.constantFrom('order', 'time', 'told', 'again', 'crash', 'allocator', 'guest'),
  n: fc.nat(9),
  way: fc.constantFrom(...WAYS),
});
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

class Run {
  readonly world: World;
  readonly events: HotplugEvent[] = [];
  readonly waiting: HotplugTold[] = [];
  readonly told: HotplugTold[] = [];
  state: Hotplug = hotplugDecider.initialState;
  seconds = 0;

  constructor(
    readonly verb: 'attach' | 'detach',
    count: number,
  ) {
    const ids = DEVICES.slice(0, count).map((n) => plugged(n, 'attached').deviceId);
    this.world = { plugged: new Set(verb === 'detach' ? ids : []), held: new Set(ids), outcomes: new Map(), hesitant: new Map() };
    this.hear(verb === 'attach' ? attach : detach);
    const where = verb === 'attach' ? 'unplugged' : 'attached';
    const devices = DEVICES.slice(0, count).map((n) => plugged(n, where));
    this.hear({ type: 'Prepared', hostId: 'h1', running: true, devices, deadlines: { unplug: 30, plug: 30 } });
  }

  hear(told: HotplugTold): void {
    this.told.push(told);
    const events = hotplugDecider.decide(this.state, { now: after(this.seconds), ...told } as HotplugCommandIn);
    this.events.push(...events);
    this.state = events.reduce(hotplugDecider.evolve, this.state);
  }

  take({ what, n, way }: Step): void {
    if (what === 'crash') this.state = replay(hotplugDecider, this.events);
    if (what === 'time') this.hear(((this.seconds += 20), { type: 'TimePassed' }));
    if (what === 'again') this.hear(this.told[n % this.told.length] as HotplugTold);
    if (what === 'told' && this.waiting.length > 0) this.hear(this.waiting.splice(n % this.waiting.length, 1)[0] as HotplugTold);
    if (what === 'order') this.order(n, way);
    if (what === 'allocator') this.allocate();
    if (what === 'guest') this.letGo();
  }

  /** Sends one of the orders that are meant to be sent, as often as one likes. */
  private order(n: number, way: Way): void {
    const intents = hotplugIntentsOf(this.state).flatMap((one) => (one.type === 'Plug' ? [one] : []));
    const intent = intents[n % Math.max(1, intents.length)];
    if (!intent) return;
    const { command, late } = intent;
    const { commandId, deviceId, verb } = command;
    if (late && (verb === 'attach') !== this.world.held.has(deviceId)) return this.fail(commandId, 'DEVICE_NOT_HELD');
    const known = this.world.outcomes.get(commandId);
    if (known) return void this.waiting.push(known);
    if (way === 'silent') return;
    if (way === 'hesitant' && verb === 'detach' && this.world.plugged.has(deviceId)) return void this.world.hesitant.set(deviceId, commandId);
    const isIdle = verb === 'attach' && this.world.plugged.has(deviceId);
    if (way === 'refused' && !isIdle)
      return this.answer(commandId, { type: 'Answered', outcome: { commandId, kind: 'failed', code: 'GUEST_REFUSED', message: 'no' } }, way);
    if (verb === 'attach') this.world.plugged.add(deviceId);
    else this.unplug(deviceId);
    this.answer(commandId, { type: 'Answered', outcome: { commandId, kind: verb === 'attach' ? 'attached' : 'detached' } }, way);
  }

  private unplug(deviceId: string): void {
    this.world.plugged.delete(deviceId);
    this.world.hesitant.delete(deviceId);
  }

  private letGo(): void {
    const [[deviceId, commandId] = []] = this.world.hesitant;
    if (deviceId === undefined || commandId === undefined) return;
    this.unplug(deviceId);
    this.answer(commandId, { type: 'Answered', outcome: { commandId, kind: 'detached' } }, 'late');
  }

  private answer(commandId: string, told: HotplugTold, way: Way): void {
    this.world.outcomes.set(commandId, told);
    if (way === 'unheard') return;
    if (way === 'late') this.waiting.push(told);
    else this.hear(told);
  }

  private fail(commandId: string, code: string): void {
    this.hear({ type: 'Answered', outcome: { commandId, kind: 'failed', code, message: 'no' } });
  }

  private allocate(): void {
    const intent = hotplugIntentsOf(this.state).find((one) => one.type === 'GiveBack');
    if (intent?.type !== 'GiveBack') return;
    for (const one of intent.what) {
      if ('deviceId' in one) this.world.held.delete(one.deviceId);
      else this.world.held.clear();
    }
    this.hear({ type: 'GivenBack' });
  }

  /** From now on everybody does what they are told, and what was said is heard. */
  settle(): void {
    for (let round = 0; round < 30; round += 1) {
      this.take({ what: 'order', n: 0, way: 'done' });
      this.take({ what: 'told', n: 0, way: 'done' });
      this.take({ what: 'allocator', n: 0, way: 'done' });
    }
    // Agents tell what they have done until they are heard.
    for (const told of this.world.outcomes.values()) this.hear(told);
    for (let round = 0; round < 10; round += 1) this.take({ what: 'order', n: 0, way: 'done' });
  }
}

const RUNS = Number(process.env['VFLEET_PROPERTY_RUNS'] ?? 5_000);
const history = fc.tuple(
  fc.constantFrom('attach' as const, 'detach' as const),
  fc.integer({ min: 1, max: 3 }),
  fc.array(step, { maxLength: 40, size: 'max' }),
);
const lived = ([verb, count, steps]: readonly ['attach' | 'detach', number, readonly Step[]]): Run => {
  const run = new Run(verb, count);
  for (const one of steps) run.take(one);
  return run;
};

describe('devices that are attached and detached while anything may go wrong', () => {
  it('are never plugged into a VM that does not hold them, once everybody has spoken', () => {
    fc.assert(
      fc.property(history, (told) => {
        const run = lived(told);
        run.settle();
        expect([...run.world.plugged].filter((deviceId) => !run.world.held.has(deviceId))).toEqual([]);
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

  it('are all there or all gone when it is completed', () => {
    fc.assert(
      fc.property(history, (told) => {
        const run = lived(told);
        run.settle();
        if (run.state.state !== 'completed') return;
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
