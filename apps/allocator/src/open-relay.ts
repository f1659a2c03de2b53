import { CLOUD_EVENTS_CONTENT_TYPE, STREAMS, subjectOf, cloudEventJson, type EventMeta } from '@vfleet/contracts';
import { Journal, Relay, jetStreamCopy, type RecordedEvent } from '@vfleet/journal';
import type { Platform } from '@vfleet/service-kit';

/** The relay of the journal to VFLEET_EVT, and how far it is. */
export const openRelay = (platform: Platform): Relay => {
  const { pool, nats, log, metrics } = platform;
  const relay = new Relay({
    pool,
    copy: jetStreamCopy({ nats, stream: STREAMS.EVT.name, subjects: STREAMS.EVT.subjects, replicas: platform.streamReplicas ?? 1 }),
    encode: (event) => ({
      subject: subjectOf(event),
      payload: cloudEventJson(event),
      contentType: CLOUD_EVENTS_CONTENT_TYPE,
      traceparent: (event.meta as EventMeta).traceparent,
    }),
    onPublished: (events, startedAt) => published(platform, events, startedAt),
    onFailure: () => metrics.count('vfleet_relay_failures_total', {}),
    log,
  });
  const journal = new Journal(pool);
  metrics.gauge('vfleet_relay_lag_events', async () => (await journal.lagAt(relay.position)).events);
  metrics.gauge('vfleet_relay_lag_seconds', async () => (await journal.lagAt(relay.position)).seconds);
  metrics.gauge('vfleet_relay_stopped', () => Number(relay.halt !== undefined));
  return relay;
};

const published = ({ metrics, tracing }: Platform, events: readonly RecordedEvent[], startedAt: number): void => {
  metrics.count('vfleet_relay_events_total', {}, events.length);
  if (!tracing.isOn) return;
  for (const { type, position, meta } of events) {
    const parent = (meta as EventMeta).traceparent;
    if (parent !== undefined)
      tracing.begin(`relay ${type}`, { parent, role: 'producer', startedAt, attributes: { 'vfleet.position': position } })?.end();
  }
};
