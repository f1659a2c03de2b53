/** One line of an exposition. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where it is not the metric's own: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
}

/**
 * Label values beyond so many combinations are counted together as `other`: whoever makes up names on the bus cannot fill
 * a service's memory, nor Prometheus'.
 */
const MAX_SERIES = 2_000;
const OTHER = 'other';

type LabelValues = Readonly<Record<string, string>>;

interface One<Value> {
  readonly labels: LabelValues;
  readonly value: Value;
}
/** By the value of one label: what is below, down to the series itself below the last one. */
type Level<Value> = Map<string, Level<Value> | One<Value>>;

/**
 * The values of one metric by their labels. Looked up label by label: the values' hashes are known to the engine, a key made
 * of them would have to be hashed each time.
 */
class Series<Value> {
  private readonly root: Level<Value> = new Map();
  private readonly known: One<Value>[] = [];
  private others: One<Value> | undefined;

  constructor(
    private readonly names: readonly string[],
    private readonly fresh: () => Value,
  ) {}

  of(labels: LabelValues): Value {
    let found: Level<Value> | One<Value> | undefined = this.root;
    for (const name of this.names) {
      found = (found as Level<Value>).get(labels[name] as string);
      if (found === undefined) return this.add(labels).value;
    }
    return found instanceof Map ? this.add(labels).value : found.value;
  }

  all(): readonly One<Value>[] {
    return this.others ? [...this.known, this.others] : this.known;
  }

  private add(labels: LabelValues): One<Value> {
    if (this.known.length >= MAX_SERIES)
      return (this.others ??= { labels: Object.fromEntries(this.names.map((name) => [name, OTHER])), value: this.fresh() });
    const one = { labels: { ...labels }, value: this.fresh() };
    this.known.push(one);
    const last = this.names.length - 1;
    let level = this.root;
    for (const [index, name] of this.names.entries()) {
      const value = labels[name] as string;
      const below = index === last ? one : (level.get(value) ?? new Map<string, Level<Value> | One<Value>>());
      level.set(value, below);
      if (below instanceof Map) level = below;
    }
    return one;
  }
}

/** Counts. One that has no labels is shown from the start. */
export class CounterSeries {
  private readonly series: Series<{ count: number }>;
  /** Of a metric without labels. */
  private readonly only: { count: number } | undefined;

  constructor(names: readonly string[]) {
    this.series = new Series(names, () => ({ count: 0 }));
    this.only = names.length === 0 ? this.series.of({}) : undefined;
  }

  add(labels: LabelValues, by: number): void {
    (this.only ?? this.series.of(labels)).count += by;
  }

  samples(): readonly Sample[] {
    return this.series.all().map(({ labels, value }) => ({ labels, value: value.count }));
  }
}

/** Observations in buckets. */
export class HistogramSeries {
  private readonly series: Series<{ readonly counts: Float64Array; sum: number }>;
  private readonly only: { readonly counts: Float64Array; sum: number } | undefined;

  constructor(
    private readonly name: string,
    names: readonly string[],
    private readonly bounds: readonly number[],
  ) {
    this.series = new Series(names, () => ({ counts: new Float64Array(bounds.length + 1), sum: 0 }));
    this.only = names.length === 0 ? this.series.of({}) : undefined;
  }

  observe(labels: LabelValues, value: number): void {
    const one = this.only ?? this.series.of(labels);
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket += 1;
    one.counts[bucket] = (one.counts[bucket] as number) + 1;
    one.sum += value;
  }

  samples(): readonly Sample[] {
    return this.series.all().flatMap(({ labels, value: { counts, sum } }) => {
      let below = 0;
      const buckets = [...counts].map((count, index) => {
        below += count;
        return { labels: { ...labels, le: this.bounds[index] ?? '+Inf' }, value: below, metricName: `${this.name}_bucket` };
      });
      return [...buckets, { labels, value: sum, metricName: `${this.name}_sum` }, { labels, value: below, metricName: `${this.name}_count` }];
    });
  }
}
