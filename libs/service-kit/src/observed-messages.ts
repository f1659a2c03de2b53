import { HOST_FACTS, VM_FACTS, type ApiErrorBody } from '@vfleet/contracts';
import type { FactHandling, InboundMessage, RequestHandling } from '@vfleet/messaging';
import { inTrace, parentOf, type Span } from '@vfleet/telemetry';
import type { Platform } from './platform.js';

type Watched = Pick<Platform, 'metrics' | 'tracing'>;

const MS_PER_SECOND = 1_000;
const SERVER_FAULT = 500;
const HOST_FACT = 'vfleet.in.host.';

/** Counts and times a request, and makes a span of it. `carried`: the `traceparent` that came with it. */
export const observeRequest = ({ metrics, tracing }: Watched, subject: string, carried: string | undefined): RequestHandling => {
  const startedAt = performance.now();
  const parent = parentOf(carried);
  const span = tracing.begin(subject, { parent, role: 'server' });
  return {
    run: (work) => inTrace(span?.traceparent ?? parent, work),
    end: (refusal) => {
      const code = refusal && (refusal.body as ApiErrorBody).error.code;
      const result = refusal === undefined ? 'ok' : refusal.status >= SERVER_FAULT ? 'failed' : 'refused';
      metrics.observe('vfleet_request_duration_seconds', { subject }, (performance.now() - startedAt) / MS_PER_SECOND);
      metrics.count('vfleet_requests_total', { subject, result, code: code ?? '' });
      span?.end(result === 'failed' ? code : undefined);
    },
  };
};

/** Anybody may publish under any name: only those that mean something are told apart. */
const factOf = (subject: string): string => {
  const name = subject.slice(subject.lastIndexOf('.') + 1);
  return Object.hasOwn(HOST_FACTS, name) || Object.hasOwn(VM_FACTS, name) ? name : 'unknown';
};

/** Counts and times a fact until it is settled, and makes a span of it. */
export const observeFact = ({ metrics, tracing }: Watched, { subject, headers }: InboundMessage): FactHandling => {
  const began = performance.now();
  const startedAt = tracing.isOn ? Date.now() : 0;
  const fact = factOf(subject);
  let span: Span | undefined;
  return {
    traceparent: (decoded) => {
      const parent = parentOf(headers['traceparent']?.[0], (decoded as { readonly traceparent?: string } | undefined)?.traceparent);
      // What hosts tell unasked, every few seconds, is no beginning of anything.
      if (parent === undefined && subject.startsWith(HOST_FACT)) return undefined;
      span ??= tracing.begin(fact, { parent, role: 'consumer', attributes: { 'messaging.destination.name': subject }, startedAt });
      return span?.traceparent ?? parent;
    },
    bury: (work) => inTrace(span?.traceparent ?? parentOf(headers['traceparent']?.[0]), work),
    retried: () => metrics.count('vfleet_fact_retries_total', { fact }),
    settled: (refusal) => {
      const result = refusal === undefined ? 'accepted' : 'refused';
      metrics.observe('vfleet_fact_duration_seconds', { fact }, (performance.now() - began) / MS_PER_SECOND);
      metrics.count('vfleet_facts_total', { fact, result, code: refusal === undefined ? '' : codeOf(refusal) });
      span?.end(refusal);
    },
  };
};

/** As it stands in the dead letter. */
export const codeOf = (refusal: unknown): string => {
  const { code } = refusal as { readonly code?: unknown };
  return typeof code === 'string' ? code : 'INTERNAL';
};
