import { Registry, collectDefaultMetrics, type Metric } from 'prom-client';
import { metricsOf, type CounterName, type GaugeName, type HistogramName, type Labels, type MetricName } from './catalogue/catalogue.js';
import type { Definition, ServiceName } from './catalogue/definition.js';
import { CounterSeries, HistogramSeries, type Sample } from './series.js';

/** A gauge at the moment of a scrape: a number, or one for each of its labels' values. */
export type Reading<Name extends GaugeName> = number | readonly (Labels<Name> & { readonly value: number })[];

/** A gauge that is not read in so many milliseconds is left out of the scrape: a database that is away hides itself alone. */
const READ_WITHIN_MS = 2_000;

/** What a program counts, times and shows. Saying something costs some hundred nanoseconds; gauges are read when somebody looks. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly counters = new Map<string, CounterSeries>();
  private readonly histograms = new Map<string, HistogramSeries>();
  private readonly gauges = new Map<string, () => unknown>();

  constructor(service: ServiceName, version: string, commit = '') {
    for (const [name, definition] of metricsOf(service)) this.register(name, definition);
    this.gauge('vfleet_build_info', () => [{ service, version, commit, value: 1 }]);
  }

  /** Something has happened, once or `by` times. */
  count<Name extends CounterName>(name: Name, labels: Labels<Name>, by = 1): void {
    this.counters.get(name)?.add(labels, by);
  }

  /** Something took so many seconds, or was so large. */
  observe<Name extends HistogramName>(name: Name, labels: Labels<Name>, value: number): void {
    this.histograms.get(name)?.observe(labels, value);
  }

  /** What is so now; asked for at each scrape. The last one who says so is asked. */
  gauge<Name extends GaugeName>(name: Name, read: () => Reading<Name> | Promise<Reading<Name>>): void {
    this.gauges.set(name, read);
  }

  /** Watches the process as well: its time, its memory, its event loop. Costs a wake-up some times a second. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Everything as Prometheus reads it, text format 0.0.4. */
  exposition(): Promise<string> {
    return this.registry.metrics();
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  private register(name: MetricName, { type, help, labels = [], buckets = [] }: Definition): void {
    const counter = type === 'counter' && new CounterSeries(labels);
    const histogram = type === 'histogram' && new HistogramSeries(name, labels, buckets);
    if (counter) this.counters.set(name, counter);
    if (histogram) this.histograms.set(name, histogram);
    const values = counter || histogram ? async () => (counter || (histogram as HistogramSeries)).samples() : () => this.read(name, labels);
    // What prom-client's registry asks of a metric: its own count nine times as slowly.
    const metric = { name, get: async () => ({ name, help, type, values: await values(), aggregator: 'sum' }) };
    this.registry.registerMetric(metric as unknown as Metric);
  }

  private async read(name: MetricName, labels: readonly string[]): Promise<readonly Sample[]> {
    const reading = await inTime(this.gauges.get(name) ?? (() => []));
    if (typeof reading === 'number') return [{ labels: {}, value: reading }];
    return reading.map((one) => ({ labels: Object.fromEntries(labels.map((label) => [label, String(one[label])])), value: Number(one['value']) }));
  }
}

type AnyReading = number | readonly Readonly<Record<string, string | number>>[];

/** Nothing where it fails or takes too long. */
const inTime = async (read: () => unknown): Promise<AnyReading> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<AnyReading>((resolve) => (timer = setTimeout(() => resolve([]), READ_WITHIN_MS)));
  const reading = (async () => (await read()) as AnyReading)();
  try {
    return await Promise.race([reading, late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
};
