import type { JsonSchema } from './schema.js';

/** CloudEvents 1.0 in structured mode, with vfleet's extensions; `toCloudEvent` makes what this describes. */
export const CLOUD_EVENT_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', description: 'UUIDv7; also the Nats-Msg-Id.' },
    source: { type: 'string', description: '/vfleet/<service>' },
    type: { type: 'string' },
    subject: { type: 'string', description: 'The stream, host-h1.' },
    time: { type: 'string', format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    data: { type: 'object' },
    position: {
      type: 'string',
      pattern: '^[1-9][0-9]*$',
      description: 'Position in the journal: 1, 2, 3… without gaps; also the sequence in VFLEET_EVT.',
    },
    version: { type: 'integer', minimum: 1, description: 'Position within its stream.' },
    correlationid: { type: 'string' },
    causationid: { type: 'string' },
    traceparent: { type: 'string' },
  },
  required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data', 'position', 'version'],
};

/** The body of an error reply; `ApiError.toBody` makes it. */
export const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: { code: { type: 'string' }, message: { type: 'string' }, details: {} },
      required: ['code', 'message'],
    },
  },
  required: ['error'],
};

/** By these a client tells an error reply from any other. */
export const ERROR_HEADERS_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    'Nats-Service-Error-Code': { type: 'string', description: 'HTTP-like status, 404.' },
    'Nats-Service-Error': { type: 'string', description: 'One sentence.' },
  },
  required: ['Nats-Service-Error-Code', 'Nats-Service-Error'],
};

/** A fact may say under which id it counts once. */
export const FACT_HEADERS_SCHEMA: JsonSchema = {
  type: 'object',
  properties: { 'Nats-Msg-Id': { type: 'string', description: 'Idempotency key of a bare fact; an agent sends <hostId>:<epoch>:<sequence>.' } },
};
