import { EVENTS, type EventName } from './events.js';
import { eventSubject, nameToken } from './subjects.js';

/** An event as the journal holds it. */
export interface JournalEvent {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  /** `data` as JSON, where it is known. */
  readonly text?: string;
  readonly meta: EventMeta;
  /** RFC 3339, UTC. */
  readonly recordedAt: string;
}

export interface EventMeta {
  /** Which service decided: `allocator`. */
  readonly source?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly traceparent?: string;
}

/** CloudEvents 1.0, structured mode, with vfleet's extensions. */
export interface CloudEvent<Data = unknown> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Data;
  /** The journal's global position, a decimal string; the message's sequence in VFLEET_EVT. */
  readonly position: string;
  /** Position within its stream, from 1. */
  readonly version: number;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly traceparent?: string;
}

export const CLOUD_EVENTS_CONTENT_TYPE = 'application/cloudevents+json';

export const toCloudEvent = ({ position, stream, version, id, type, data, meta, recordedAt }: JournalEvent): CloudEvent => ({
  specversion: '1.0',
  id,
  source: `/vfleet/${meta.source ?? 'allocator'}`,
  type: `io.vfleet.${type}.v1`,
  subject: stream,
  time: recordedAt,
  datacontenttype: 'application/json',
  data,
  position: String(position),
  version,
  ...(meta.correlationId && { correlationid: meta.correlationId }),
  ...(meta.causationId && { causationid: meta.causationId }),
  ...(meta.traceparent && { traceparent: meta.traceparent }),
});

/** The JSON of `toCloudEvent`, with `data` at its end. */
export const cloudEventJson = (event: JournalEvent): string => {
  const { data, ...rest } = toCloudEvent(event);
  return `${JSON.stringify(rest).slice(0, -1)},"data":${event.text ?? JSON.stringify(data)}}`;
};

export const fromCloudEvent = (event: CloudEvent): JournalEvent => ({
  position: Number(event.position),
  stream: event.subject,
  version: event.version,
  id: event.id,
  type: /^io\.vfleet\.(.+)\.v\d+$/.exec(event.type)?.[1] ?? event.type,
  data: event.data,
  meta: {
    source: event.source.replace(/^\/vfleet\//, ''),
    ...(event.correlationid && { correlationId: event.correlationid }),
    ...(event.causationid && { causationId: event.causationid }),
    ...(event.traceparent && { traceparent: event.traceparent }),
  },
  recordedAt: event.time,
});

/** The subject on which an event leaves. An event of an unknown type (a newer version's) goes out under `other`. */
export const subjectOf = ({ type, data }: Pick<JournalEvent, 'type' | 'data'>): string => {
  const { context = 'other', catalog = '-' } = (EVENTS as Record<string, { readonly context?: string; readonly catalog?: string }>)[type] ?? {};
  const { hostId = '-', deviceId = '-', vmId = '-' } = data as { readonly hostId?: string; readonly deviceId?: string; readonly vmId?: string };
  if (context === 'device') return eventSubject(context, hostId, deviceId, type);
  if (context === 'vm') return eventSubject(context, hostId, vmId, type);
  if (context === 'migration') return eventSubject(context, (data as { readonly migrationId: string }).migrationId, vmId, type);
  if (context === 'catalog') return eventSubject(context, catalog, nameToken(catalogName(data)), type);
  return eventSubject(context, hostId, hostId, type);
};

/** What an entry of the catalogue is called. */
export const catalogName = (data: unknown): string => {
  const { name, model } = data as { readonly name?: string; readonly model?: string };
  return name ?? model ?? '';
};

export const isEventName = (type: string): type is EventName => Object.hasOwn(EVENTS, type);
