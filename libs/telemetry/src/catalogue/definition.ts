/** Programs that serve metrics. */
export type ServiceName = 'allocator' | 'inventory' | 'migrator' | 'dashboard' | 'agent';

/**
 * One metric: its kind, what it says, its labels, and which programs serve it. Units and names follow Prometheus' conventions
 * (base units, `_total` for what only rises). Labels take values of small closed sets alone: never a VM, a device, an address.
 */
export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** What one is counted in: `seconds`, `events`. */
  readonly unit: string;
  readonly of: readonly ServiceName[];
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets, rising. */
  readonly buckets?: readonly number[];
}

/** For answers over the bus and the database: half a millisecond to ten seconds. */
export const LATENCIES = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** For decisions in memory: ten microseconds to a tenth of a second. */
export const DECISIONS = [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1] as const;
/** For what people and hypervisors take part in: a tenth of a second to an hour. */
export const STEPS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600] as const;
/** For what goes together into one transaction. */
export const GROUPS = [1, 2, 5, 10, 25, 50, 100, 250, 500] as const;
