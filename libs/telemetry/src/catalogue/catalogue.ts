import { DECIDING_METRICS } from './deciding-metrics.js';
import type { Definition, ServiceName } from './definition.js';
import { EDGE_METRICS } from './edge-metrics.js';
import { INVENTORY_METRICS } from './inventory-metrics.js';
import { SERVICE_METRICS } from './service-metrics.js';

/** Every metric that vfleet serves beside those of the process. Names and labels are relied upon by alerts, panels and users. */
export const METRICS = { ...SERVICE_METRICS, ...DECIDING_METRICS, ...INVENTORY_METRICS, ...EDGE_METRICS } as const;

export type MetricName = keyof typeof METRICS;
type Of<Type extends Definition['type']> = { [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never }[MetricName];
export type CounterName = Of<'counter'>;
export type GaugeName = Of<'gauge'>;
export type HistogramName = Of<'histogram'>;

/** Of a metric without labels. */
export type NoLabels = { readonly [label in string]: never };

/** A value for each label of a metric. */
export type Labels<Name extends MetricName> = (typeof METRICS)[Name] extends { readonly labels: readonly (infer Label extends string)[] }
  ? Readonly<Record<Label, string>>
  : NoLabels;

/** The metrics of one program, in the order of the catalogue. */
export const metricsOf = (service: ServiceName): readonly (readonly [MetricName, Definition])[] =>
  (Object.entries(METRICS) as [MetricName, Definition][]).filter(([, { of }]) => of.includes(service));
