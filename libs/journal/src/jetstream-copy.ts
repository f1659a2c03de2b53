import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import { JetStreamApiError, jetstream, jetstreamManager, RetentionPolicy, StorageType, type StreamInfo } from '@nats-io/jetstream';
import type { CopiedMessage, CopyState, StreamCopy } from './stream-copy.js';

export interface JetStreamCopyOptions {
  readonly nats: NatsConnection;
  readonly stream: string;
  readonly subjects: readonly string[];
  /** Servers of a cluster that keep it where it is made; 1 unless told. */
  readonly replicas?: number;
}

/** The fence against doubles is the expected sequence; a long window would swallow what is published again after a purge. */
const DUPLICATE_WINDOW_NS = 100_000_000;
const STREAM_NOT_FOUND = 10_059;
const NO_MESSAGE = 10_037;

/** The copy as a stream of a NATS server. */
export const jetStreamCopy = ({ nats, stream, subjects, replicas = 1 }: JetStreamCopyOptions): StreamCopy => {
  const js = jetstream(nats);
  return {
    name: stream,
    get canBeginLate() {
      const [major = 0, minor = 0] = (nats.info?.version ?? '0.0').split('.').map(Number);
      return major > 2 || (major === 2 && minor >= 10);
    },
    state: async () => {
      const manager = await jetstreamManager(nats);
      try {
        const state = toState(await manager.streams.info(stream));
        if (state.messages === 0) return state;
        // The newest message may have been deleted: then nothing is known of it, and the count says that it is not there.
        const message = await manager.streams.getMessage(stream, { seq: state.last }).catch(isAway);
        return { ...state, lastId: message?.header.get('Nats-Msg-Id') };
      } catch (error) {
        if (!(error instanceof JetStreamApiError) || error.apiError().err_code !== STREAM_NOT_FOUND) throw error;
        return undefined;
      }
    },
    create: async (first) => {
      const manager = await jetstreamManager(nats);
      const info = await manager.streams.add({
        name: stream,
        subjects: [...subjects],
        storage: StorageType.File,
        retention: RetentionPolicy.Limits,
        duplicate_window: DUPLICATE_WINDOW_NS,
        allow_direct: true,
        num_replicas: replicas,
        ...(first > 1 && { first_seq: first }),
      });
      return toState(info);
    },
    remove: async () => void (await (await jetstreamManager(nats)).streams.delete(stream)),
    send: (message) => nats.publish(message.subject, message.payload, { headers: headersOf(message) }),
    publish: (message) => js.publish(message.subject, message.payload, { headers: headersOf(message) }),
  };
};

const isAway = (error: unknown): null => {
  if (error instanceof JetStreamApiError && error.apiError().err_code === NO_MESSAGE) return null;
  throw error;
};

const toState = (info: StreamInfo): CopyState => ({ first: firstOf(info), last: info.state.last_seq, messages: info.state.messages });

/**
 * The sequence that a stream has to begin with: the one that it was made with. What its state names as its first says nothing,
 * for after a purge that is the next one. Only where an operator has limited the stream, its beginning may be gone rightly.
 */
const firstOf = ({ config, state }: StreamInfo): number => {
  const isLimited = config.max_age > 0 || config.max_msgs > 0 || config.max_bytes > 0 || config.max_msgs_per_subject > 0;
  return isLimited ? Math.max(1, state.first_seq) : Math.max(1, config.first_seq ?? 1);
};

const headersOf = ({ contentType, id, expectedLast, follows, traceparent }: CopiedMessage): MsgHdrs => {
  const carried = headers();
  carried.set('content-type', contentType);
  carried.set('Nats-Expected-Last-Sequence', String(expectedLast));
  carried.set('Nats-Msg-Id', id);
  if (follows !== undefined) carried.set('Nats-Expected-Last-Msg-Id', follows);
  if (traceparent !== undefined) carried.set('traceparent', traceparent);
  return carried;
};
