import type { Wish } from './ask.js';
import type { DeviceRequest } from './device-request.js';
import type { DeviceObservation } from './device.js';
import { drawnQuestions } from './drawn-questions.js';
import type { Circumstances } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs, aWish } from './testing.js';

/** A wish that is hard to serve on a host; made anew each time, so that nothing is remembered from an earlier question. */
export interface HardQuestion {
  readonly host: Circumstances;
  readonly wish: () => Wish;
}

const REQUESTS = 64;
const DEVICES = 512;

const busOf = (slot: number): string => (slot + 16).toString(16);
const many = (make: (index: number) => DeviceRequest, count = REQUESTS): readonly DeviceRequest[] =>
  Array.from({ length: count }, (_, index) => make(index));
const some = (count: number, make: (index: number) => number): readonly string[] => Array.from({ length: count }, (_, index) => String(make(index)));

/** Functions alone in their groups, told apart by tags whose values lie across each other: `a` has 7, `b` 11, `c` 17, `d` up to 23. */
const functions: readonly DeviceObservation[] = Array.from({ length: DEVICES }, (_, index) =>
  aDevice({
    address: `0000:${busOf(index >> 3)}:00.${index & 7}`,
    name: 'NIC',
    numaNode: (index >> 3) % 4,
    pcieRoot: `0000:00:${(index >> 2) % 100}.0`,
    iommuGroup: index + 1,
    tags: crossing(index),
  }),
);

/** 64 PFs with seven VFs each. */
const families: readonly DeviceObservation[] = Array.from({ length: REQUESTS }, (_, slot) => {
  const bus = busOf(slot);
  return aPfWithVfs(
    { address: `0000:${bus}:00.0` },
    ['1', '2', '3', '4', '5', '6', '7'].map((fn) => `0000:${bus}:00.${fn}`),
  );
})
  .flat()
  .map((device, index) => ({ ...device, numaNode: (index >> 3) % 4, tags: { ...crossing(index), ...bitsOf(index) } }));

function crossing(index: number): Readonly<Record<string, string>> {
  return { a: String(index % 7), b: String((index * 7) % 11), c: String((index * 13) % 17), d: String((index * index + 3 * index) % 23) };
}

function bitsOf(index: number): Readonly<Record<string, string>> {
  return Object.fromEntries([0, 1, 2, 3, 4, 5].map((bit) => [`t${bit}`, String((index >> bit) & 1)]));
}

const inGroupsOf = (devices: readonly DeviceObservation[], size: number): readonly DeviceObservation[] =>
  devices.map((device, index) => ({ ...device, iommuGroup: Math.floor(index / size) + 1 }));

const any: DeviceRequest = { match: { all: true } };

const on = (devices: readonly DeviceObservation[], requests: readonly DeviceRequest[], over: Partial<Wish> = {}): HardQuestion => {
  const host = aHost(devices);
  return { host, wish: () => aWish(requests, over) };
};

/** 64 requests (or what they come to) against 512 devices, each hard in its own way; half of them cannot be served. */
export const hardQuestions = (): Readonly<Record<string, HardQuestion>> => ({
  ...plain(),
  ...sharing(),
  ...alternatives(),
  ...excluding(),
  ...drawnQuestions({ functions, families, 'groups of four': inGroupsOf(functions, 4), 'groups of eight': inGroupsOf(families, 8) }),
});

const plain = (): Readonly<Record<string, HardQuestion>> => ({
  'any eight each': on(
    functions,
    many(() => ({ ...any, count: 8 })),
  ),
  'one too many': on(
    functions,
    many((index) => ({ ...any, count: index === 63 ? 9 : 8 })),
  ),
  'eight each, near one node': on(
    functions,
    many(() => ({ ...any, count: 8 })),
    { numaNodes: [0] },
  ),
  'crossing tags, near two nodes': on(
    functions,
    many((i) => ({ match: { 'tags.a': some(2, (n) => (i + n) % 7), 'tags.b': some(6, (n) => (i + n) % 11) }, count: 1 + (i % 4) })),
    { numaNodes: [0, 1] },
  ),
  'crossing tags, tight': on(
    functions,
    many((i) => ({ match: { 'tags.c': [String(i % 17), String((i * 5) % 17)] }, count: 7 })),
  ),
  'all of a kind beside others': on(functions, [
    { match: { 'tags.a': '0' }, count: 'all' },
    ...many(() => ({ match: { 'tags.a': ['0', '1'] } }), 63),
  ]),
  'each its own list of addresses': on(
    functions,
    many((i) => ({ match: { address: Array.from({ length: 100 }, (_, n) => functions[(i * 37 + n * 5) % DEVICES]?.address) }, count: 8 })),
  ),
});

const sharing = (): Readonly<Record<string, HardQuestion>> => ({
  'together by root': on(
    functions,
    many(() => ({ ...any, count: 4, together: ['pcieRoot'] })),
  ),
  'together by root, in vain': on(
    functions,
    many(() => ({ ...any, count: 8, together: ['pcieRoot'] })),
  ),
  'together by a tag, tight': on(
    functions,
    many((i) => ({ ...any, count: 16 + (i % 8), together: ['tags.d'] }), 24),
  ),
  'together by crossing tags': on(
    functions,
    many((i) => ({ match: { 'tags.a': some(4, (n) => (i + n) % 7) }, count: 2 + (i % 6), together: ['tags.c'] })),
  ),
  'together by node, near one': on(
    functions,
    many((i) => ({ match: { 'tags.a': some(4, (n) => (i + n) % 7) }, count: 2 + (i % 6), together: ['numaNode'] })),
    { numaNodes: [1] },
  ),
  'bin packing': on(
    functions,
    many((i) => ({ ...any, count: 5 + ((i * 7) % 12), together: ['numaNode', 'tags.a'] }), 40),
  ),
  'apart by node': on(
    functions,
    many(() => ({ ...any, count: 4, apart: ['numaNode'] })),
  ),
  'apart by root': on(
    functions,
    many(() => ({ ...any, count: 8, apart: ['pcieRoot'] })),
  ),
  'apart by two tags': on(
    functions,
    many(() => ({ ...any, count: 7, apart: ['tags.a', 'tags.b'] })),
  ),
  'apart by two tags, tight': on(
    functions,
    many((i) => ({ match: { 'tags.c': some(3, (n) => (i + n) % 17) }, count: 6, apart: ['tags.a', 'tags.b'] })),
  ),
  'apart by two tags, in vain': on(
    functions,
    many((i) => ({ match: { 'tags.a': ['0', '1'], 'tags.c': some(4, (n) => (i + n) % 17) }, count: 2, apart: ['tags.a', 'tags.d'] })),
  ),
  'names that share a root': on(
    functions,
    many(() => ({ device: 'NIC,NIC', together: ['pcieRoot'] }), 32),
  ),
  'names that differ in node and tag': on(
    functions,
    many(() => ({ device: 'NIC,NIC,NIC,NIC', apart: ['numaNode', 'tags.a'] }), 16),
  ),
});

const alternatives = (): Readonly<Record<string, HardQuestion>> => ({
  'sixteen alternatives each': on(
    functions,
    many((i) => ({ firstAvailable: many((n) => ({ match: { 'tags.d': String((i * n) % 23) }, count: 1 + ((i + n) % 12) }), 16) })),
  ),
  'sixteen alternatives, in vain': on(
    functions,
    many((i) => ({
      firstAvailable: many((n) => ({ match: { 'tags.d': String((i + n) % 23), 'tags.a': String(n % 7) }, count: 4 + ((i + n) % 9) }), 16),
    })),
  ),
  'alternatives of many, then of few': on(
    functions,
    many((i) => ({ firstAvailable: many((n) => ({ match: { 'tags.c': some(2, (k) => (i + n + k) % 17) }, count: 16 - n }), 12) })),
  ),
});

const excluding = (): Readonly<Record<string, HardQuestion>> => ({
  'PFs and VFs by halves': on(
    families,
    many((i) => (i % 2 ? { match: { functionType: 'pf' } } : { device: '10GE', count: 7 })),
  ),
  'PFs and VFs, one too many': on(
    families,
    many((i) => (i % 2 ? { match: { functionType: 'pf' } } : { device: '10GE', count: i === 0 ? 8 : 7 })),
  ),
  'PFs or VFs by tags': on(
    families,
    many((i) => ({ match: { 'tags.a': [String(i % 7), String((i + 3) % 7)], functionType: ['pf', 'vf'] }, count: 6 })),
  ),
  'PFs or VFs by bits': on(
    families,
    many((i) => ({ match: { [`tags.t${i % 6}`]: String(i & 1), functionType: ['pf', 'vf'] }, count: 6 })),
  ),
  'VFs in one group': on(
    families.map((device) => ({ ...device, iommuGroup: 1 })),
    many(() => ({ device: '10GE', count: 7 })),
  ),
  'groups of four': on(
    inGroupsOf(functions, 4),
    many(() => ({ match: { 'tags.a': ['1', '2', '3'] }, count: 3 })),
  ),
  'one group of all': on(
    inGroupsOf(functions, DEVICES),
    many(() => ({ ...any, count: 8 })),
  ),
  'VFs spread over PFs in groups of eight': on(
    inGroupsOf(families, 8),
    many((i) => ({ match: { 'tags.a': String(i % 7), functionType: 'vf' }, count: 5 })),
    {
      strategy: 'spread',
    },
  ),
});
