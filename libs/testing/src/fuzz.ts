/** Chance that comes out the same for the same seed. */
export interface Dice {
  /** A whole number from 0 up to, and without, this. */
  readonly below: (bound: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
}

/** xorshift, 32 bits (Marsaglia 2003); a seed of 0 would stay 0. */
export const diceOf = (seed: number): Dice => {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const below = (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  return { below, pick: (list) => list[below(list.length)] as never };
};

/** Cases that CI tries, the same ones each time. */
const RUNS = 300;

/**
 * Tries cases, each made of its own seed; `npm run test:fuzz` says other ones by `VFLEET_FUZZ_SEED` and `VFLEET_FUZZ_RUNS`.
 * @throws Error that names the seed of the case that failed, for `npm run test:fuzz -- --seed N --runs 1`
 */
export const fuzz = (examine: (dice: Dice) => void): void => {
  const first = Number(process.env['VFLEET_FUZZ_SEED'] ?? 1);
  const runs = Number(process.env['VFLEET_FUZZ_RUNS'] ?? RUNS);
  const prototype = Object.getOwnPropertyNames(Object.prototype).join();
  for (let seed = first; seed < first + runs; seed += 1) {
    try {
      examine(diceOf(seed));
      if (Object.getOwnPropertyNames(Object.prototype).join() !== prototype) throw new Error('the prototype of all objects was changed');
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
};

const nested = (times: number): unknown => JSON.parse(`${'{"firstAvailable":['.repeat(times)}${']}'.repeat(times)}`);

/** What has broken programs before, as JSON may hold it. */
const HOSTILE: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => -1,
  () => 0.5,
  () => 2 ** 53,
  () => 1e308,
  () => '',
  () => ' ',
  () => '\u0000',
  () => '\ud83d',
  () => '\u202e\u001b[2J\r\n',
  () => '__proto__',
  () => 'x'.repeat(2_000),
  () => 'é'.repeat(70_000),
  () => '*?'.repeat(40),
  () => '('.repeat(1_000),
  () => '../../../etc/passwd',
  () => "'; drop table journal.events; --",
  () => '<img src=x onerror=alert(1)>',
  () => '9999-99-99T99:99:99Z',
  () => [],
  () => ({}),
  () => [[[[]]]],
  () => JSON.parse('{"__proto__":{"polluted":1}}') as unknown,
  () => ({ constructor: { prototype: { polluted: 1 } } }),
  () => Array.from({ length: 5_000 }, () => 'x'),
  () => Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`k${index}`, index])),
  () => nested(17),
  // As deep as JSON.stringify goes everywhere.
  () => nested(1_000),
];

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A copy of some JSON with one to four places made wrong: replaced, left out, doubled, added, or given another name. */
export const spoiledJson = (value: unknown, dice: Dice): unknown => {
  const copy: Record<string, unknown> = { root: structuredClone(value) };
  for (let times = 1 + dice.below(4); times > 0; times -= 1) spoilPlace(copy, 'root', dice);
  return copy['root'];
};

const spoilPlace = (parent: Record<string, unknown>, key: string, dice: Dice): void => {
  const here = parent[key];
  const keys = isTree(here) ? Object.keys(here) : [];
  if (isTree(here) && keys.length > 0 && dice.below(4) > 0) return spoilPlace(here, dice.pick(keys), dice);
  const change = dice.below(5);
  if (change === 0) delete parent[key];
  else if (change === 1 && isTree(here))
    here[dice.pick(['cuont', '', 'a.b', 'toString', 'x'.repeat(300), '\u0000', 'filter', 'all'])] = dice.pick(HOSTILE)();
  else if (change === 2) parent[`${key}${dice.pick(['', ' ', '2', '\ud83d'])}`] = here;
  else parent[key] = dice.pick(HOSTILE)();
};

/** A text with one to six places made wrong: cut, doubled, swapped, or with something else in it. */
export const spoiledText = (text: string, others: readonly string[], dice: Dice): string => {
  let spoiled = text;
  for (let times = 1 + dice.below(6); times > 0; times -= 1) {
    const [from, length] = [dice.below(spoiled.length + 1), dice.below(40)];
    const middle = spoiled.slice(from, from + length);
    const instead = [
      () => '',
      () => middle + middle,
      () => [...middle].reverse().join(''),
      () => dice.pick(others),
      () => String.fromCharCode(dice.below(65_536)),
    ];
    spoiled = spoiled.slice(0, from) + dice.pick(instead)() + spoiled.slice(from + length);
  }
  return spoiled;
};
