import type { Figure } from './figure.js';
import { accountFigures, finish } from './finish.js';
import { growthOf, percentileOf } from './growth.js';
import type { Sample } from './sample.js';
import type { LoadOptions, Scenario } from './scenario.js';
import { openSystem, type LoadedSystem } from './system.js';
import { Watch } from './watch.js';

const RATE = 500;
const MINUTES = 60;
const SAMPLE_SECONDS = 10;
/** Caches fill, code is compiled, the keys that count as recent reach their bound: not longer than a third of the whole. */
const SETTLE_MINUTES = 12;
const SETTLE_SHARE = 1 / 3;
/** What memory may rise by, in MiB or as a share of what there is: less cannot be told from a collector's moods. */
const MEMORY = { least: 16, share: 0.1 };
/** Of all samples; more say too little about the rest. */
const MISSING_SHARE = 0.05;
/** Seconds of the rate that a lag may rise by. */
const LAG_SECONDS = 5;

const MEMORIES: readonly (readonly [keyof Sample, string])[] = [
  ['allocatorMib', 'allocator'],
  ['inventoryMib', 'inventory'],
  ['migratorMib', 'migrator'],
  ['dashboardMib', 'dashboard'],
  ['natsMib', 'nats-server'],
  ['postgresMib', 'PostgreSQL'],
];
const LAGS: readonly (readonly [keyof Sample, string, string])[] = [
  ['factsWaiting', 'facts that wait', 'facts'],
  ['relayLag', 'lag of the relay', 'events'],
  ['projectionLag', 'lag of the read model', 'events'],
  ['releasesPending', 'releases pending', 'reservations'],
];

const rounded = (value: number): string => (Math.round(value * 10) / 10).toLocaleString('en');

const grows = (samples: readonly Sample[], of: readonly [keyof Sample, string], unit: string, allowed: { least: number; share: number }): Figure => {
  const [column, name] = of;
  const growth = growthOf(
    samples.map((sample) => ({ seconds: sample.seconds, value: sample[column] })),
    allowed,
  );
  const { rise, median, highest, perHour, isGrowing } = growth;
  const verdict = isGrowing ? 'grows' : 'level';
  const note = `${verdict}: ${rounded(perHour)} ${unit} an hour; median ${rounded(median)}, highest ${rounded(highest)}`;
  return { what: `${name}: rise of the line`, value: rise, unit, most: Math.max(allowed.least, allowed.share * median), note };
};

/** What the samples after a settling time say about growth; `minutes` are those of the whole. */
export const judge = (samples: readonly Sample[], rate: number, minutes: number): readonly Figure[] => {
  const settled = Math.min(SETTLE_MINUTES, minutes * SETTLE_SHARE) * 60;
  const judged = samples.filter(({ seconds }) => seconds >= settled);
  const lag = { least: LAG_SECONDS * rate, share: 0 };
  const p99s = judged.map(({ p99Ms }) => p99Ms);
  return [
    ...MEMORIES.map((one) => grows(judged, one, 'MiB', MEMORY)),
    ...LAGS.map(([column, name, unit]) => grows(judged, [column, name], unit, lag)),
    { what: 'p99 of a decision, median of all samples', value: percentileOf(p99s, 0.5), unit: 'ms' },
    { what: 'p99 of a decision, the worst sample', value: percentileOf(p99s, 1), unit: 'ms' },
  ];
};

const run = async (system: LoadedSystem, { rate = RATE, minutes = MINUTES, folder, say }: LoadOptions): Promise<readonly Figure[]> => {
  system.traffic.at(rate);
  say(`${rate} VM states a second for ${minutes} minutes; samples in ${folder}`);
  const watch = new Watch(system, folder, 'soak');
  const { samples } = await watch.during(minutes, SAMPLE_SECONDS);
  const told = system.traffic.told.reduce((sum, states) => sum + states, 0);
  say('the load is over; waiting until everything is decided and read');
  const account = await finish(system);
  const achieved = { what: 'VM states', value: told / (minutes * 60), unit: '/s', least: 0.98 * rate, note: `${told.toLocaleString('en')} in all` };
  const missing = { what: 'samples that are missing', value: watch.missed, unit: 'samples', most: MISSING_SHARE * samples.length };
  return [achieved, missing, ...judge(samples, rate, minutes), ...accountFigures(account)];
};

export const soak: Scenario = {
  title: 'Soak',
  told: `The same VMs start and stop over and over, half of the states starts, on 100 hosts of 64 devices whose agents attest every ten
seconds what is attached. Every ten seconds the memory of each process and everything that can lag is read; after a settling time a
line through the readings (Theil and Sen's, which bursts of other programs hardly bend) must not rise by more than is promised.`,
  run: async (options) => {
    const system = await openSystem('soak', options.say);
    try {
      return await run(system, options);
    } finally {
      await system.close();
    }
  },
};
