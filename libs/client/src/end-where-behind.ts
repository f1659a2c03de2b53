import { jetstreamManager, type ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { STREAMS } from '@vfleet/contracts';

export interface WhereBehind {
  /** What the reader wants of the stream of events. */
  readonly subject: string;
  /** Position of the first event that it was not given yet; undefined while it is busy with one. */
  readonly next: () => number | undefined;
  /** How often a reader that is given nothing looks, in ms. */
  readonly everyMs?: number;
}

const EVERY_MS = 5_000;

/**
 * Ends reading where the server that leads the stream has held an event from one look to the next that the reader is not given: whoever
 * reads makes a new consumer, of another server perhaps. A server of a cluster gives what it holds itself, and says that it is well: after
 * it was killed and started again it may lack what came since, for as long as it runs (seen with 2.9.10).
 */
export const endWhereBehind = (nats: NatsConnection, messages: ConsumerMessages, { subject, next, everyMs = EVERY_MS }: WhereBehind): void => {
  let awaited: number | undefined;
  const look = async (): Promise<void> => {
    const wanted = next();
    if (wanted === undefined || !(await isThere(nats, subject, wanted))) awaited = undefined;
    else if (awaited === wanted && next() === wanted) messages.stop();
    else awaited = wanted;
  };
  // Whoever leads may be away at this moment; then nothing is known.
  const timer = setInterval(() => void look().catch(() => (awaited = undefined)), everyMs);
  timer.unref();
  void messages.closed().then(() => clearInterval(timer));
};

/** Whether there is an event at a position or later. Only the server that leads answers this. */
const isThere = async (nats: NatsConnection, subject: string, position: number): Promise<boolean> => {
  const { streams } = await jetstreamManager(nats, { checkAPI: false });
  // Servers know it from 2.9 on; the library's type names it for direct requests only, which any server answers.
  const query = { seq: position, next_by_subj: subject };
  return (await streams.getMessage(STREAMS.EVT.name, query)) !== null;
};
