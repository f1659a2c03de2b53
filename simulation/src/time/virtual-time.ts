import { randomOf } from '../random.js';
import type { World } from './world.js';
import type { Item } from './agenda.js';

/** A timer as Node gives it out. */
interface Timer {
  readonly item: { current: Item };
  unref(): Timer;
  ref(): Timer;
}

const RealDate = Date;

const dateOf = (world: World): DateConstructor =>
  class extends RealDate {
    constructor(...given: readonly unknown[]) {
      // @ts-expect-error the constructor's overloads are for people
      super(...(given.length === 0 ? [world.now] : given));
    }

    static override now(): number {
      return Math.floor(world.now);
    }
  } as DateConstructor;

const timersOf = (world: World) => {
  const timer = (item: Item): Timer => {
    const made: Timer = { item: { current: item }, unref: () => made, ref: () => made };
    return made;
  };
  const clear = (given?: Timer): void => {
    if (given) given.item.current.cancelled = true;
  };
  const once = (callback: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]): Timer =>
    timer(world.after(Math.max(1, milliseconds), world.current, () => callback(...given)));
  const repeatedly = (callback: () => void, milliseconds: number): Timer => {
    const life = world.current;
    const again = (): void => {
      made.item.current = world.after(milliseconds, life, again);
      callback();
    };
    const made = timer(world.after(milliseconds, life, again));
    return made;
  };
  const immediately = (callback: (...given: unknown[]) => void, ...given: unknown[]): Timer =>
    timer(world.after(0, world.current, () => callback(...given)));
  return {
    setTimeout: once,
    clearTimeout: clear,
    setInterval: repeatedly,
    clearInterval: clear,
    setImmediate: immediately,
    clearImmediate: clear,
  };
};

/** Chance for ids alone: whoever makes ids keeps some in stock from one run to the next, and what happens must not depend on that. */
const ids = randomOf(1);

const CRYPTO = {
  getRandomValues: <Numbers extends Uint8Array | Uint32Array>(numbers: Numbers): Numbers => {
    for (let place = 0; place < numbers.length; place += 1) numbers[place] = ids.below(0x1_0000_0000);
    return numbers;
  },
};

/**
 * Puts the world's clock, timers and chance in the place of the process's, for whoever looks at the globals; answers how to
 * put them back. The services' own code runs under it as it is.
 */
export const underVirtualTime = (world: World): (() => void) => {
  const virtual: Record<string, unknown> = {
    ...timersOf(world),
    Date: dateOf(world),
    performance: { now: () => world.now },
    crypto: CRYPTO,
  };
  const before = Object.keys(virtual).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(virtual))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
  return () => {
    for (const [name, descriptor] of before) if (descriptor) Object.defineProperty(globalThis, name, descriptor);
  };
};
