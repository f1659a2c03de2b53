import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { assignAmong } from './matching-among.js';

interface Thing {
  readonly id: number;
}

interface Demand<Device> {
  readonly count: number;
  readonly candidates: readonly Device[];
}

/** Demands of one option each; candidates in the order of the first demand that has them. */
const assign = (
  demands: readonly Demand<Thing>[],
  excludes: (thing: Thing) => readonly Thing[] = () => [],
): readonly (readonly Thing[])[] | undefined => {
  const order = [...new Set(demands.flatMap(({ candidates }) => candidates))];
  const answer = assignAmong({ demands: demands.map((one) => ({ options: [one] })), order, excludes });
  return 'served' in answer ? answer.served.map(({ devices }) => devices) : undefined;
};

/** A small problem: who wants what, and which devices exclude each other. */
interface Puzzle {
  readonly demands: readonly Demand<Thing>[];
  readonly excludes: (thing: Thing) => readonly Thing[];
}

const things: readonly Thing[] = Array.from({ length: 7 }, (_, id) => ({ id }));

const puzzles = (clashes: fc.Arbitrary<readonly (readonly [number, number])[]>): fc.Arbitrary<Puzzle> =>
  fc
    .record({
      demands: fc.array(fc.record({ count: fc.integer({ min: 1, max: 3 }), candidates: fc.shuffledSubarray([...things], { minLength: 1 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      pairs: clashes,
    })
    .map(({ demands, pairs }) => ({
      demands,
      excludes: ({ id }) => pairs.flatMap(([a, b]) => (a === id ? [things[b] as Thing] : b === id ? [things[a] as Thing] : [])),
    }));

const noClash = fc.constant([]);
/** Two PFs, 0 and 3, with two VFs each, so that they can stand for each other; 6 is plain. */
const trees = fc.constant([
  [0, 1],
  [0, 2],
  [3, 4],
  [3, 5],
] as const);
const anyPairs = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })).filter(([a, b]) => a < b),
  { maxLength: 6, selector: ([a, b]) => a * 7 + b },
);

/** Tries everything. */
const solvable = ({ demands, excludes }: Puzzle): boolean => {
  const slots = demands.flatMap(({ count, candidates }) => Array.from({ length: count }, () => candidates));
  const fill = (slot: number, taken: ReadonlySet<Thing>): boolean => {
    if (slot === slots.length) return true;
    const free = (slots[slot] as readonly Thing[]).filter((thing) => !taken.has(thing) && !excludes(thing).some((other) => taken.has(other)));
    return free.some((thing) => fill(slot + 1, new Set([...taken, thing])));
  };
  return fill(0, new Set());
};

const isSolution = ({ demands, excludes }: Puzzle, served: readonly (readonly Thing[])[]): boolean => {
  const all = served.flat();
  const each = demands.every(({ count, candidates }, index) => {
    const given = served[index] as readonly Thing[];
    return given.length === count && given.every((thing) => candidates.includes(thing));
  });
  return each && new Set(all).size === all.length && !all.some((thing) => excludes(thing).some((other) => all.includes(other)));
};

describe('a matching', () => {
  it.each([
    ['devices that do not exclude each other', noClash],
    ['PFs and their VFs', trees],
    ['any devices that exclude each other', anyPairs],
  ])('of %s is found whenever there is one, and is one', (_, clashes) => {
    fc.assert(
      fc.property(puzzles(clashes), (puzzle) => {
        const served = assign(puzzle.demands, puzzle.excludes);
        expect(served !== undefined).toBe(solvable(puzzle));
        if (served) expect(isSolution(puzzle, served)).toBe(true);
      }),
      { numRuns: 6_000 },
    );
  });

  it('gives a single demand its best candidates', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...things], { minLength: 1 }), fc.integer({ min: 1, max: 7 }), (candidates, wanted) => {
        const count = Math.min(wanted, candidates.length);
        const [given] = assign([{ count, candidates }]) as [readonly Thing[]];
        expect(new Set(given)).toEqual(new Set(candidates.slice(0, count)));
      }),
      { numRuns: 5_000 },
    );
  });

  it('serves no demand with what is not there', () => {
    expect(assign([{ count: 1, candidates: [] }])).toBeUndefined();
    expect(assign([])).toEqual([]);
  });

  it('leaves a PF where it is when it is only its equal that cannot be had', () => {
    const [pf, vf1, vf2, equal, vf3, vf4, plain] = things as [Thing, Thing, Thing, Thing, Thing, Thing, Thing];
    const excludes = (thing: Thing): readonly Thing[] =>
      new Map([
        [pf, [vf1, vf2]],
        [equal, [vf3, vf4]],
        [vf1, [pf]],
        [vf2, [pf]],
        [vf3, [equal]],
        [vf4, [equal]],
      ]).get(thing) ?? [];
    const served = assign(
      [
        { count: 2, candidates: [pf, equal, plain] },
        { count: 2, candidates: [vf1, vf2, vf3, vf4] },
      ],
      excludes,
    );
    expect(served).toEqual([
      [pf, plain],
      [vf3, vf4],
    ]);
  });

  it('of many equal PFs and VFs is settled without trying them all', () => {
    const pfs = Array.from({ length: 40 }, (_, id) => ({ id, vfs: Array.from({ length: 7 }, () => ({ id: -id })) }));
    const parents = new Map<Thing, Thing>(pfs.flatMap((pf) => pf.vfs.map((vf) => [vf, pf] as const)));
    const children = new Map<Thing, readonly Thing[]>(pfs.map((pf) => [pf, pf.vfs]));
    const excludes = (thing: Thing): readonly Thing[] => children.get(thing) ?? [parents.get(thing) as Thing];
    const wish = (forPfs: number, forVfs: number): readonly Demand<Thing>[] => [
      { count: forVfs, candidates: [...parents.keys()] },
      { count: forPfs, candidates: pfs },
    ];
    expect(assign(wish(20, 140), excludes)?.map((given) => given.length)).toEqual([140, 20]);
    expect(assign(wish(21, 140), excludes)).toBeUndefined();
    expect(assign(wish(20, 141), excludes)).toBeUndefined();
  });

  it('is found behind a wrong turn, however many equal PFs and VFs could be settled in vain before', () => {
    const family = (vfs: number): readonly Thing[] => Array.from({ length: vfs + 1 }, (_, id) => ({ id }));
    const [early, late, ...equals] = [family(3), family(1), ...Array.from({ length: 20 }, () => family(2))] as [Thing[], Thing[], ...Thing[][]];
    const families = [early, late, ...equals];
    const excludes = (thing: Thing): readonly Thing[] => {
      const [pf, ...vfs] = families.find((members) => members.includes(thing)) ?? [];
      return pf === undefined ? [] : thing === pf ? vfs : [pf];
    };
    const [plain, other] = [{ id: 100 }, { id: 101 }];
    const served = assign(
      [
        // The early PF clashes first; to keep it is possible, until it shows that the late one needs its VF.
        { count: 1, candidates: [early[0] as Thing, plain] },
        { count: 1, candidates: [early[2] as Thing, other] },
        { count: 10, candidates: equals.map(([pf]) => pf as Thing) },
        { count: 20, candidates: equals.flatMap(([, ...vfs]) => vfs) },
        { count: 1, candidates: [late[0] as Thing, early[1] as Thing] },
        { count: 1, candidates: [late[1] as Thing] },
      ],
      excludes,
    );
    expect(served?.map((given) => given.length)).toEqual([1, 1, 10, 20, 1, 1]);
    expect(served?.[0]).toEqual([plain]);
  });

  it('gives each of two demands its full count where both would make way for a third with the same device', () => {
    const ports = [1, 2, 0, 1, 0, 2];
    const order = things.slice(0, 6);
    const [, second, , fourth] = order as [Thing, Thing, Thing, Thing];
    const differing = { count: 2, candidates: order.filter((thing) => thing !== second), apart: [({ id }: Thing) => ports[id]] };
    const answer = assignAmong({
      order,
      demands: [{ options: [differing] }, { options: [differing] }, { options: [{ count: 2, candidates: [second, fourth] }] }],
    });
    expect('served' in answer && answer.served.map(({ devices }) => devices.length)).toEqual([2, 2, 2]);
  });
});
