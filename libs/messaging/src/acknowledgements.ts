import type { JsMsg } from '@nats-io/jetstream';

/**
 * Acknowledges messages some at a time: each one by itself is a packet that the server is woken by, and costs both sides more than all that is
 * in it. Whoever is killed before has them delivered again, as if he had been killed before they were done.
 */
export class Acknowledgements {
  private waiting: JsMsg[] = [];
  private timer: NodeJS.Timeout | undefined;

  add(message: JsMsg): void {
    this.waiting.push(message);
    this.timer ??= setTimeout(() => this.flush(), TOGETHER_MS);
  }

  /** What waits is acknowledged at once; over a connection that is closed it is not, and is delivered again. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const messages = this.waiting.splice(0);
    try {
      for (const message of messages) message.ack();
    } catch {
      // Nobody hears it any more.
    }
  }
}

/** So short that the time to acknowledge and the count of what is not acknowledged do not notice. */
const TOGETHER_MS = 4;
