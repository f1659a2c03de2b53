import type { DestinationStream, Logger } from 'pino';
import type { ServiceName } from './catalogue/definition.js';
import { Health } from './health.js';
import { serveTelemetry } from './http-endpoint.js';
import { openLogger, toLog, type Log } from './log.js';
import { Metrics } from './metrics.js';
import { NO_TRACING, openTracing, type Tracing } from './tracing.js';

export interface TelemetryOptions {
  readonly service: ServiceName;
  readonly version: string;
  readonly commit?: string | undefined;
  readonly logLevel: string;
  /** Where logs go; standard output unless told. */
  readonly destination?: DestinationStream;
  readonly httpHost?: string | undefined;
  /** 0 picks one; without it nothing listens. */
  readonly httpPort?: number | null | undefined;
  /** Whether traces are kept, by OTLP. */
  readonly traces?: boolean | undefined;
  /** Part of the traces that begin here which is kept; all unless told. */
  readonly traceRatio?: number | undefined;
}

/** What a program says of itself: logs, metrics, traces, and whether it can work. */
export interface Telemetry {
  readonly logger: Logger;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly tracing: Tracing;
  readonly close: () => Promise<void>;
}

const LOOPBACK = '127.0.0.1';

export const openTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  const { service, version, commit, logLevel, destination, httpHost = LOOPBACK, httpPort, traces = false, traceRatio: ratio = 1 } = options;
  const logger = openLogger(service, logLevel, destination);
  const log = toLog(logger);
  const metrics = new Metrics(service, version, commit);
  const health = new Health();
  metrics.gauge('vfleet_ready', async () => Number((await health.readiness()).ready));
  metrics.gauge('vfleet_role', () => (['starting', 'standby', 'active'] as const).map((role) => ({ role, value: Number(health.role === role) })));
  const tracing = traces ? await openTracing({ service, version, ratio }) : NO_TRACING;
  const given = httpPort !== undefined && httpPort !== null;
  if (given) metrics.watchProcess();
  const endpoint = given ? serveTelemetry({ host: httpHost, port: httpPort, metrics, health, log }) : undefined;
  const close = async (): Promise<void> => {
    await endpoint?.close();
    await tracing.close();
  };
  return { logger, log, metrics, health, tracing, close };
};
