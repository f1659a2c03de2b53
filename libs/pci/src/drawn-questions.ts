import type { HardQuestion } from './adversarial.js';
import type { DeviceRequest } from './device-request.js';
import type { DeviceObservation } from './device.js';
import { aHost, aWish } from './testing.js';

/** A row of numbers that look like chance and are always the same. */
type Draw = (below: number) => number;

const drawing = (seed: number): Draw => {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const REQUESTS = 64;
const TAGS = { a: 7, b: 11, c: 17, d: 23 } as const;
const SHARED = [['numaNode'], ['tags.d'], ['tags.c'], ['pcieRoot'], ['numaNode', 'tags.a'], ['tags.a', 'tags.b']];
const DIFFERENT = [['numaNode'], ['tags.a'], ['tags.a', 'tags.b'], ['pcieRoot'], ['tags.a', 'tags.b', 'tags.c'], ['tags.d', 'pcieRoot']];
const POLICIES = ['preferred', 'preferred', 'legacy', 'socket'] as const;

/** What the requests of one question have in common. */
interface Manner {
  readonly alternatives: number;
  readonly most: number;
  /** Of ten alternatives so many share something, differ in something, and want all. */
  readonly sharing: number;
  readonly differing: number;
  readonly all: number;
  readonly near: boolean;
}

const MANNERS: readonly Manner[] = [
  { alternatives: 16, most: 8, sharing: 3, differing: 3, all: 0, near: false },
  { alternatives: 16, most: 16, sharing: 0, differing: 3, all: 0, near: true },
  { alternatives: 16, most: 4, sharing: 0, differing: 10, all: 0, near: true },
  { alternatives: 16, most: 8, sharing: 10, differing: 0, all: 0, near: true },
  { alternatives: 16, most: 4, sharing: 0, differing: 10, all: 2, near: false },
  { alternatives: 1, most: 16, sharing: 3, differing: 3, all: 0, near: true },
];

/** 64 requests of up to sixteen alternatives each, drawn anew for each manner and each of these hosts. */
export const drawnQuestions = (hosts: Readonly<Record<string, readonly DeviceObservation[]>>): Readonly<Record<string, HardQuestion>> =>
  Object.fromEntries(
    Object.entries(hosts).flatMap(([name, devices]) => {
      const host = aHost(devices);
      return MANNERS.map((manner, nth): [string, HardQuestion] => {
        const draw = drawing(nth * 7_919 + devices.length + name.length);
        const requests = Array.from({ length: REQUESTS }, () => drawRequest(draw, manner));
        return [`drawn ${nth + 1}, ${name}`, { host, wish: () => aWish(requests, manner.near ? { numaNodes: [nth % 4] } : {}) }];
      });
    }),
  );

const drawRequest = (draw: Draw, manner: Manner): DeviceRequest =>
  manner.alternatives === 1
    ? drawAlternative(draw, manner)
    : { firstAvailable: Array.from({ length: 1 + draw(manner.alternatives) }, () => drawAlternative(draw, manner)) };

const drawAlternative = (draw: Draw, { most, sharing, differing, all, near }: Manner): DeviceRequest => {
  const together = draw(10) < sharing ? (SHARED[draw(SHARED.length)] ?? []) : [];
  const different = draw(10) < differing ? (DIFFERENT[draw(DIFFERENT.length)] ?? []) : [];
  const apart = different.filter((name) => !together.includes(name));
  return {
    match: drawMatch(draw),
    count: draw(10) < all ? 'all' : 1 + draw(apart.length > 0 ? Math.min(most, 3) : together.length > 0 ? Math.min(most, 5) : most),
    ...(together.length > 0 && { together }),
    ...(apart.length > 0 && { apart }),
    ...(near && { numaPolicy: POLICIES[draw(POLICIES.length)] }),
  };
};

const drawMatch = (draw: Draw): Readonly<Record<string, unknown>> => {
  if (draw(4) === 0) return { all: true };
  const tags = Object.entries(TAGS);
  return Object.fromEntries(
    Array.from({ length: draw(3) === 0 ? 2 : 1 }, () => {
      const [tag, values] = tags[draw(tags.length)] as [string, number];
      return [`tags.${tag}`, Array.from({ length: 3 + draw(5) }, () => String(draw(values)))];
    }),
  );
};
