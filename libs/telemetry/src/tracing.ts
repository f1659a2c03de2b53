import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span as OtelSpan, type Tracer as OtelTracer } from '@opentelemetry/api';
import { parentOf, readTraceparent, sayTraceparent } from './traceparent.js';

/** Something that takes time, as part of a trace. */
export interface Span {
  /** W3C, for what is done as part of it. */
  readonly traceparent: string;
  /** It is over; `error` says that it has failed, and of what. */
  readonly end: (error?: unknown) => void;
}

export type SpanRole = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export interface SpanOptions {
  /** The trace that it is part of; without one it begins one of its own. */
  readonly parent?: string | undefined;
  readonly role?: SpanRole;
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** When it began, in milliseconds since 1970; now unless told. */
  readonly startedAt?: number;
}

/** Where spans go. */
export interface Tracing {
  /** False: nothing is kept, and nobody has to take times for it. */
  readonly isOn: boolean;
  /** Undefined where no traces are kept. */
  readonly begin: (name: string, options?: SpanOptions) => Span | undefined;
  /** Sends what has not been sent yet. */
  readonly close: () => Promise<void>;
}

/** No traces are kept; those of others are passed on all the same. */
export const NO_TRACING: Tracing = { isOn: false, begin: () => undefined, close: () => Promise.resolve() };

export interface TracingOptions {
  readonly service: string;
  readonly version: string;
  /** Part of the traces that begin here which is kept, 0 to 1; others' are kept where they say so. */
  readonly ratio: number;
}

/** Spans leave the process in the background; what cannot be sent is dropped, and nobody waits for it. */
const FLUSH_WITHIN_MS = 2_000;

/** Sends spans as OTLP over HTTP to where the environment says (OTEL_EXPORTER_OTLP_ENDPOINT and its like). Loaded only when wanted: it costs memory. */
export const openTracing = async ({ service, version, ratio }: TracingOptions): Promise<Tracing> => {
  const [{ BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([import('@opentelemetry/sdk-trace'), import('@opentelemetry/exporter-trace-otlp-http'), import('@opentelemetry/resources')]);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `vfleet-${service}`, 'service.version': version, 'service.instance.id': String(process.pid) }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer('vfleet', version);
  const close = (): Promise<void> =>
    Promise.race([provider.shutdown().catch(() => undefined), new Promise<void>((resolve) => setTimeout(resolve, FLUSH_WITHIN_MS).unref())]);
  return { isOn: true, begin: (name, options) => begin(tracer, name, options), close };
};

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

const begin = (tracer: OtelTracer, name: string, { parent, role = 'internal', attributes = {}, startedAt }: SpanOptions = {}): Span => {
  const options = { kind: KINDS[role], attributes: { ...attributes }, ...(startedAt !== undefined && { startTime: startedAt }) };
  const span = tracer.startSpan(name, options, contextOf(parent));
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceparent: sayTraceparent({ traceId, spanId, flags: traceFlags }), end: (error) => end(span, error) };
};

const contextOf = (parent: string | undefined): Context => {
  const told = readTraceparent(parentOf(parent));
  if (!told) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: told.traceId, spanId: told.spanId, traceFlags: told.flags, isRemote: true });
};

const end = (span: OtelSpan, error: unknown): void => {
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : 'failed' });
  span.end();
};
