export { METRICS, metricsOf, type CounterName, type GaugeName, type HistogramName, type Labels, type MetricName } from './catalogue/catalogue.js';
export type { Definition, ServiceName } from './catalogue/definition.js';
export { Health, type Readiness, type Role } from './health.js';
export { openLogger, toLog, type Log } from './log.js';
export { Metrics, type Reading } from './metrics.js';
export { openTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.js';
export { currentTraceparent, inTrace, parentOf, traceIdOf } from './traceparent.js';
export { NO_TRACING, type Span, type Tracing } from './tracing.js';
