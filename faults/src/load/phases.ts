import type { Figure } from './figure.js';
import { accountFigures, finish } from './finish.js';
import { percentileOf } from './growth.js';
import type { Sample } from './sample.js';
import type { LoadOptions } from './scenario.js';
import { openSystem, type LoadedSystem } from './system.js';
import { Watch, type Phase } from './watch.js';

/** Before anything is counted: code is compiled, and as many VMs run as should. */
const WARM_UP_MINUTES = 0.75;
/** Undisturbed, before and after. */
const CALM_MINUTES = 0.75;
const SAMPLE_SECONDS = 2;
/** What the others' p99 may come to, beside the undisturbed system. */
export const TWICE = 2;

/** What disturbs a system, from its begin to its end. Watches meanwhile, and answers what it saw and what it found out. */
export type Disturb = (system: LoadedSystem, watch: (minutes: number) => Promise<Phase>) => Promise<readonly Disturbed[]>;

export interface Disturbed {
  /** In words: `during the storm`. */
  readonly when: string;
  readonly phase: Phase;
  /** What p99 may be then, as a multiple of the undisturbed one; nothing is promised where it is left out. */
  readonly most?: number;
  readonly figures?: readonly Figure[];
}

const MEMORIES: readonly (readonly [keyof Sample, string])[] = [
  ['allocatorMib', 'allocator'],
  ['inventoryMib', 'inventory'],
  ['dashboardMib', 'dashboard'],
  ['natsMib', 'nats-server'],
  ['postgresMib', 'PostgreSQL'],
];

const highest = (samples: readonly Sample[], column: keyof Sample): number => Math.max(0, ...samples.map((sample) => sample[column]));

const timesOf = (when: string, phase: Phase, calm: Phase, most?: number): readonly Figure[] =>
  [0.5, 0.99].map((share) => ({
    what: `p${share * 100} of a decision ${when}`,
    value: percentileOf(phase.latencies, share),
    unit: 'ms',
    undisturbed: percentileOf(calm.latencies, share),
    ...(share > 0.5 && most !== undefined && { most }),
  }));

const memoryOf = (calm: Phase, disturbed: readonly Phase[], after: Phase): readonly Figure[] =>
  MEMORIES.map(([column, name]) => ({
    what: `memory of ${name} at its highest`,
    value: highest(
      disturbed.flatMap(({ samples }) => samples),
      column,
    ),
    unit: 'MiB',
    undisturbed: highest(calm.samples, column),
    note: `${Math.round(after.samples.at(-1)?.[column] ?? 0)} MiB at the end`,
  }));

const run = async (system: LoadedSystem, name: string, rate: number, options: LoadOptions, disturb: Disturb): Promise<readonly Figure[]> => {
  const { traffic } = system;
  const watch = new Watch(system, options.folder, name);
  const look = (minutes: number): Promise<Phase> => watch.during(minutes, SAMPLE_SECONDS);
  traffic.at(rate);
  await look(WARM_UP_MINUTES);
  options.say(`${rate} VM states a second; undisturbed`);
  const calm = await look(CALM_MINUTES);
  options.say('disturbed');
  const disturbed = await disturb(system, look);
  traffic.at(rate);
  const waited = await look(0.25);
  options.say('undisturbed again');
  const after = await look(CALM_MINUTES);
  const phases = disturbed.map(({ phase }) => phase);
  const seen = [...phases, waited].flatMap(({ samples }) => samples);
  return [
    ...disturbed.flatMap(({ when, phase, most, figures = [] }) => [...timesOf(when, phase, calm, most), ...figures]),
    ...timesOf('when it is over', after, calm),
    { what: 'facts that wait, at most', value: highest(seen, 'factsWaiting'), unit: 'facts', undisturbed: highest(calm.samples, 'factsWaiting') },
    ...memoryOf(calm, phases, after),
    ...accountFigures(await finish(system)),
  ];
};

/** Opens a system, lets VMs come and go at a rate, disturbs it between two times of calm, and reads the log. */
export const inPhases = async (name: string, rate: number, options: LoadOptions, disturb: Disturb): Promise<readonly Figure[]> => {
  const system = await openSystem(name, options.say);
  try {
    return await run(system, name, rate, options, disturb);
  } finally {
    await system.close();
  }
};
