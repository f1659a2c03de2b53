import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { toLiveEvent, type LiveEvent } from './live-event.js';

const AT_ONCE = 64;

/** Reads the stream where it is not live any more, message by message: nothing stays behind on the server. */
export class EventHistory {
  /** One page of all readers together at a time: whoever catches up must not slow those who decide. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly nats: NatsConnection,
    private readonly stream: string,
  ) {}

  /** The first events of a range that the stream still has, up to the first that it lacks. */
  read(from: number, to: number): Promise<readonly LiveEvent[]> {
    const page = this.turn.then(() => this.readPage(from, to));
    this.turn = page.catch(() => undefined);
    return page;
  }

  private async readPage(from: number, to: number): Promise<readonly LiveEvent[]> {
    const manager = await jetstreamManager(this.nats, { checkAPI: false });
    const positions = Array.from({ length: Math.max(0, Math.min(AT_ONCE, to - from + 1)) }, (_, index) => from + index);
    const found = await Promise.all(positions.map((seq) => manager.direct.getMessage(this.stream, { seq })));
    const hole = found.findIndex((message) => message === null);
    return found
      .slice(0, hole < 0 ? found.length : hole)
      .flatMap((message) => (message ? [toLiveEvent(message.subject, message.seq, message.data)] : []));
  }
}
