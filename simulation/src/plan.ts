import { WISHES } from './actors/machine.js';
import { randomOf, type Random } from './random.js';

export const HOSTS = ['h1', 'h2', 'h3'] as const;
export const VMS = ['vm-1', 'vm-2', 'vm-3', 'vm-4', 'vm-5'] as const;

/** Something that people, guests, cables and crashes do at a moment. */
export type Deed =
  | { readonly what: 'start VM'; readonly vmId: string; readonly hostId?: string; readonly wish: number }
  | { readonly what: 'end VM'; readonly vmId: string; readonly how: 'stopped' | 'crashed' | 'destroyed' }
  | { readonly what: 'move VM'; readonly vmId: string; readonly targetHostId?: string }
  | { readonly what: 'cancel move'; readonly vmId: string }
  | { readonly what: 'attach to VM'; readonly vmId: string; readonly wish: number }
  | { readonly what: 'detach from VM'; readonly vmId: string; readonly requestName: string }
  | { readonly what: 'repeat fact'; readonly vmId: string }
  | { readonly what: 'cordon' | 'uncordon' | 'pull out' | 'plug in'; readonly hostId: string; readonly place: number }
  | { readonly what: 'kill'; readonly who: 'allocator' | 'standby' | 'migrator' | 'inventory' }
  | { readonly what: 'kill agent'; readonly hostId: string }
  | { readonly what: 'put to sleep'; readonly who: 'allocator' | 'migrator'; readonly milliseconds: number }
  | { readonly what: 'put to sleep before an order'; readonly milliseconds: number }
  | { readonly what: 'hold up'; readonly who: 'allocator' | 'migrator'; readonly towards: 'store' | 'copy'; readonly milliseconds: number }
  | { readonly what: 'cut off'; readonly hostId: string; readonly silently: boolean; readonly milliseconds: number }
  | { readonly what: 'stop the store'; readonly milliseconds: number }
  | { readonly what: 'lose answers of the store'; readonly count: number }
  | { readonly what: 'leave appends'; readonly count: number; readonly milliseconds: number }
  | { readonly what: 'truncate the stream'; readonly count: number }
  | { readonly what: 'purge the stream' | 'wipe the stream' }
  | { readonly what: 'upset guests'; readonly hostId: string; readonly humour: 'refusing' | 'silent'; readonly count: number }
  | { readonly what: 'fail moves'; readonly count: number }
  | { readonly what: 'send poison'; readonly vmId: string }
  | { readonly what: 'fail over'; readonly commits: number };

/** A deed and its moment, in milliseconds since the beginning. */
export interface Entry {
  readonly at: number;
  readonly deed: Deed;
}

/** One run: what will be done, and how bad the bus is. */
export interface Plan {
  readonly entries: readonly Entry[];
  /** Share of facts that are stored twice, of messages that are lost, and of VM states that are never told. */
  readonly doubling: number;
  readonly losing: number;
  readonly untold: number;
}

/** For so long things are done; after that everything heals. */
export const UNREST_MS = 8_000;
/** So long the first hosts have to be heard. */
const QUIET_MS = 1_500;
const MANY = 28;
/** One run in so many loses the store's tail, and of these every second one before it was copied. */
const FAIL_OVER_SHARE = 0.1;
const UNCOPIED_SHARE = 0.5;
/** So long before everything heals the tail is lost, at most; and so long before that the copy is held up, and for how long. */
const FAIL_OVER_BEFORE_MS = 5_000;
const UNCOPIED_MS = 300;
const HELD_UP_MS = 4_000;

type Draw = (random: Random) => Deed;

const vm = (random: Random): string => random.pick(VMS);
const host = (random: Random): string => random.pick(HOSTS);
const maybeHost = (random: Random): { readonly hostId?: string } => (random.chance(0.7) ? { hostId: host(random) } : {});
const PLACES = 7;

const DEEDS: readonly (readonly [weight: number, Draw])[] = [
  [16, (random) => ({ what: 'start VM', vmId: vm(random), ...maybeHost(random), wish: random.below(WISHES.length) })],
  [6, (random) => ({ what: 'end VM', vmId: vm(random), how: random.pick(['stopped', 'crashed', 'destroyed']) })],
  [8, (random) => ({ what: 'move VM', vmId: vm(random), ...(random.chance(0.7) && { targetHostId: host(random) }) })],
  [1, (random) => ({ what: 'cancel move', vmId: vm(random) })],
  [3, (random) => ({ what: 'attach to VM', vmId: vm(random), wish: random.below(WISHES.length) })],
  [2, (random) => ({ what: 'detach from VM', vmId: vm(random), requestName: random.pick(['vf-0', '10fb-0', 'added']) })],
  [4, (random) => ({ what: 'repeat fact', vmId: vm(random) })],
  [2, (random) => ({ what: random.pick(['cordon', 'uncordon']), hostId: host(random), place: random.below(PLACES) })],
  [3, (random) => ({ what: random.pick(['pull out', 'plug in']), hostId: host(random), place: random.below(PLACES) })],
  [5, (random) => ({ what: 'kill', who: random.pick(['allocator', 'allocator', 'standby', 'migrator', 'inventory']) })],
  [2, (random) => ({ what: 'kill agent', hostId: host(random) })],
  [3, (random) => ({ what: 'put to sleep', who: random.pick(['allocator', 'migrator']), milliseconds: 1_000 + random.below(2_000) })],
  [2, (random) => ({ what: 'hold up', who: random.pick(['allocator', 'migrator']), towards: 'store', milliseconds: 1_000 + random.below(2_000) })],
  [2, (random) => ({ what: 'cut off', hostId: host(random), silently: random.chance(0.5), milliseconds: 200 + random.below(5_000) })],
  [1, (random) => ({ what: 'stop the store', milliseconds: 50 + random.below(1_500) })],
  [2, (random) => ({ what: 'lose answers of the store', count: 1 + random.below(2) })],
  [1, (random) => ({ what: 'truncate the stream', count: 1 + random.below(20) })],
  [1, (random) => ({ what: random.pick(['purge the stream', 'wipe the stream']) })],
  [2, (random) => ({ what: 'upset guests', hostId: host(random), humour: random.pick(['refusing', 'silent']), count: 1 + random.below(2) })],
  [1, () => ({ what: 'fail moves', count: 1 })],
  [1, (random) => ({ what: 'send poison', vmId: vm(random) })],
];

const TOTAL = DEEDS.reduce((sum, [weight]) => sum + weight, 0);

const draw = (random: Random): Deed => {
  let left = random.below(TOTAL);
  for (const [weight, deed] of DEEDS) {
    left -= weight;
    if (left < 0) return deed(random);
  }
  throw new Error('the weights do not add up');
};

const failOver = (random: Random): readonly Entry[] => {
  const at = UNREST_MS - random.below(FAIL_OVER_BEFORE_MS);
  const entry: Entry = { at, deed: { what: 'fail over', commits: 1 + random.below(24) } };
  const milliseconds = UNCOPIED_MS + random.below(HELD_UP_MS);
  const heldUp: Deed = { what: 'hold up', who: 'allocator', towards: 'copy', milliseconds };
  return random.chance(UNCOPIED_SHARE) ? [{ at: at - UNCOPIED_MS, deed: heldUp }, entry] : [entry];
};

/** One run in so many has a migrator that is stopped when it has written an order down and not sent it, until another one decides. */
const UNSENT_SHARE = 0.2;
const UNSENT_MS = 1_500;

const unsent = (random: Random): Entry => ({
  at: QUIET_MS + random.below((UNREST_MS - QUIET_MS) / 2),
  deed: { what: 'put to sleep before an order', milliseconds: UNSENT_MS + random.below(UNSENT_MS) },
});

/**
 * One run in so many has appends whose connections break while the store goes on with them: whoever asked tries again, and they come
 * late, between his tries or behind them.
 */
const LEFT_SHARE = 0.5;
const LEFT_MS = 60;

const left = (random: Random): Entry => ({
  at: QUIET_MS + random.below(UNREST_MS - QUIET_MS),
  deed: { what: 'leave appends', count: 1 + random.below(3), milliseconds: 1 + random.below(LEFT_MS) },
});

/** What a seed stands for. */
export const planOf = (seed: number): Plan => {
  const random = randomOf(seed * 2 + 1);
  const entries: Entry[] = VMS.slice(0, 3).map((vmId, index) => ({
    at: QUIET_MS + index * 50,
    deed: { what: 'start VM', vmId, ...maybeHost(random), wish: random.below(WISHES.length) },
  }));
  const count = MANY / 2 + random.below(MANY);
  for (let index = 0; index < count; index += 1) entries.push({ at: QUIET_MS + random.below(UNREST_MS - QUIET_MS), deed: draw(random) });
  if (random.chance(FAIL_OVER_SHARE)) entries.push(...failOver(random));
  const worse = (share: number): number => (random.chance(0.5) ? random.next() * share : 0);
  const bus = { doubling: worse(0.2), losing: worse(0.03), untold: worse(0.1) };
  if (random.chance(UNSENT_SHARE)) entries.push(unsent(random));
  if (random.chance(LEFT_SHARE)) entries.push(left(random), left(random));
  return { entries: entries.sort((a, b) => a.at - b.at), ...bus };
};
