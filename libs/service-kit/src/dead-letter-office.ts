import { STREAMS, deadLetterSubject } from '@vfleet/contracts';
import { DeadLetters } from '@vfleet/journal';
import { ensureStream, type InboundMessage, type InboundStream } from '@vfleet/messaging';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { Platform } from './platform.js';

const DAY_MS = 86_400_000;

/** The stream into which agents and platforms publish. Seven days: longer than any outage that ends well. */
export const inboundStream = ({ streamReplicas: replicas = 1 }: Pick<Platform, 'streamReplicas'>): InboundStream => ({
  ...STREAMS.IN,
  maxAgeMs: 7 * DAY_MS,
  duplicateWindowMs: 120_000,
  replicas,
});

/** Kept until an operator has looked; a repeated message is a second letter, so the window is as short as servers take it. */
const deadLetterStream = ({ streamReplicas: replicas = 1 }: Pick<Platform, 'streamReplicas'>): InboundStream => ({
  ...STREAMS.DLQ,
  maxAgeMs: 90 * DAY_MS,
  duplicateWindowMs: 100,
  replicas,
});

/** Keeps facts that can never be accepted: in PostgreSQL for good, and in VFLEET_DLQ for whoever watches. */
export class DeadLetterOffice {
  private readonly letters: DeadLetters;

  constructor(private readonly platform: Platform) {
    this.letters = new DeadLetters(platform.pool);
  }

  /** Makes the stream where it is missing. */
  async open(): Promise<void> {
    await ensureStream(await jetstreamManager(this.platform.nats), deadLetterStream(this.platform));
  }

  /** Keeps a message with its bytes and headers untouched. Doing so twice keeps it once. */
  async keep(message: InboundMessage, code: string, reason: string): Promise<void> {
    const { service, nats, log, metrics } = this.platform;
    const { delivery: id, subject, payload } = message;
    const letter = { id, subject, code, message: reason.slice(0, MAX_REASON), service, headers: message.headers, payload };
    if (!(await this.letters.keep(letter))) return;
    const carried = headers();
    for (const [name, values] of Object.entries(message.headers))
      // What the publisher expected of the stream of facts does not hold for this one.
      if (!name.startsWith('Nats-Expected-')) for (const value of values) carried.append(name, value);
    carried.set('Vfleet-Error-Code', code);
    carried.set('Vfleet-Error', oneLine(reason));
    carried.set('Vfleet-Original-Subject', subject);
    carried.set('Vfleet-Service', service);
    await this.publish(deadLetterSubject(subject), payload, carried).catch(async (error: unknown) => {
      await this.open();
      throw error;
    });
    await this.letters.markPublished(id);
    metrics.count('vfleet_dead_letters_total', { code });
    log('warn', 'a fact went to the dead letters', { subject, code, reason: letter.message, nats: nats.info?.server_name });
  }

  private async publish(subject: string, payload: Uint8Array, carried: ReturnType<typeof headers>): Promise<void> {
    await jetstream(this.platform.nats).publish(subject, payload, { headers: carried });
  }
}

const MAX_REASON = 4_096;
/** Header values end at the line. */
const oneLine = (text: string): string => text.slice(0, MAX_REASON).replace(/[\r\n]+/g, ' ');
