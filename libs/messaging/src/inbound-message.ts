import type { JsMsg } from '@nats-io/jetstream';

const NANOS_PER_MS = 1_000_000;

/** A message as it came, for whoever decodes or keeps it. */
export interface InboundMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly msgId?: string;
  /** The same for each delivery of one message, and for no other message: stream, its birth, sequence. */
  readonly delivery: string;
  /** RFC 3339; when the stream took it. */
  readonly receivedAt: string;
}

/** What a handler gets: the message as it came, and what was decoded of it. */
export interface InboundFact<Decoded = unknown> {
  readonly message: InboundMessage;
  readonly fact: Decoded;
  /** W3C trace context of what is done for it, where there is one. */
  readonly traceparent?: string | undefined;
}

/** `birth`: when the stream was made, which tells its messages from those of one that had its name before. */
export const toInbound = (message: JsMsg, birth: string): InboundMessage => {
  const msgId = message.headers?.get('Nats-Msg-Id');
  return {
    subject: message.subject,
    payload: message.data,
    // Read of dead letters only; of most facts not even the time is asked.
    get headers() {
      return Object.fromEntries(message.headers ?? []);
    },
    ...(msgId && { msgId }),
    delivery: `${message.info.stream}:${birth}:${message.seq}`,
    get receivedAt() {
      return new Date(message.info.timestampNanos / NANOS_PER_MS).toISOString();
    },
  };
};
