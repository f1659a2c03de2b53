import { JetStreamApiError, type JetStreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';

/** A stream that others publish into: what it takes, and how long it keeps it. */
export interface InboundStream {
  readonly name: string;
  readonly subjects: readonly string[];
  /** Milliseconds that a message stays. */
  readonly maxAgeMs: number;
  /** Messages with the same Nats-Msg-Id within it are stored once, in milliseconds. */
  readonly duplicateWindowMs: number;
  /** Servers of a cluster that keep it where it is made; 1 unless told. */
  readonly replicas?: number;
}

const NANOS_PER_MS = 1_000_000;
const STREAM_IN_USE = 10_058;

/** Makes the stream where it is missing; one that is there keeps the settings that its operator gave it. */
export const ensureStream = async (manager: JetStreamManager, stream: InboundStream): Promise<void> => {
  try {
    await manager.streams.info(stream.name);
    return;
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.status !== 404) throw error;
  }
  await manager.streams
    .add({
      name: stream.name,
      subjects: [...stream.subjects],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      max_age: stream.maxAgeMs * NANOS_PER_MS,
      duplicate_window: stream.duplicateWindowMs * NANOS_PER_MS,
      allow_direct: true,
      num_replicas: stream.replicas ?? 1,
    })
    .catch((error: unknown) => {
      // Somebody else made it at the same time.
      if (!(error instanceof JetStreamApiError) || error.apiError().err_code !== STREAM_IN_USE) throw error;
    });
};
