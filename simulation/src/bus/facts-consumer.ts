import type { Fact } from '@vfleet/contracts';
import type { InboundFact, InboundMessage } from '@vfleet/messaging';
import type { Life } from '../time/life.js';
import type { Bus } from './bus.js';
import { DurableConsumer } from './durable-consumer.js';
import type { Kept } from './stream.js';

export interface FactsConsumerOptions {
  readonly bus: Bus;
  readonly life: Life;
  readonly durable: string;
  /** Number of the owner. */
  readonly generation: number;
  readonly decode: (message: InboundMessage) => Fact | undefined;
  readonly handle: (fact: InboundFact<never>) => Promise<void>;
  readonly isHopeless: (error: unknown) => boolean;
  readonly deadLetter: (message: InboundMessage, error: unknown) => Promise<void>;
}

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5_000;
const RECONNECT_MS = 200;

/**
 * The transport of facts as it is in the messaging library, over the bus in memory: each owner starts where everything
 * before was acknowledged, facts are begun in their order, what may pass is tried again, what may not is buried. Where its consumer
 * is deleted it makes another one.
 */
export const consumeFacts = (options: FactsConsumerOptions): void => {
  const { bus, life, durable, generation } = options;
  const again = (): void => void bus.world.after(RECONNECT_MS, life, () => consumeFacts(options));
  const later = bus.consumersOf(durable).find((other) => other.generation > generation);
  if (later) return later.onDeleted(again);
  if (!bus.inbound.exists) bus.inbound.create(1);
  const consumer = openConsumer(bus, durable, generation);
  const end = read(options, consumer);
  consumer.onDeleted(() => {
    end();
    again();
  });
  life.onEnd(end);
};

/** Begins where everything before was acknowledged to an earlier owner, whose consumers go. */
const openConsumer = (bus: Bus, durable: string, generation: number): DurableConsumer => {
  const floors = bus.consumersOf(durable).map(({ floor }) => floor);
  const consumer = new DurableConsumer(bus.inbound, durable, generation, Math.max(0, ...floors) + 1);
  for (const earlier of bus.consumersOf(durable)) bus.deleteConsumer(durable, earlier.generation);
  bus.addConsumer(consumer);
  return consumer;
};

/** Gives what is there, and what comes; answers how to end it. */
const read = (options: FactsConsumerOptions, consumer: DurableConsumer): (() => void) => {
  const { bus, life } = options;
  const { world, inbound } = bus;
  let arrived = 0;
  const deliver = (): void => {
    for (const message of inbound.from(consumer.next)) {
      consumer.give(message.sequence);
      // One connection: messages come one after the other, in order.
      arrived = Math.max(arrived, world.now + bus.latency());
      world.after(arrived - world.now, life, () => void take(options, message, consumer));
    }
  };
  const end = inbound.follow(deliver);
  deliver();
  return end;
};

const take = async (options: FactsConsumerOptions, message: Kept, consumer: DurableConsumer): Promise<void> => {
  const { bus, isHopeless, deadLetter } = options;
  const inbound = toInbound(message);
  let attempt = begin(options, inbound);
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
    try {
      await attempt;
      bus.world.after(bus.latency(), undefined, () => consumer.acknowledge(message.sequence));
      return;
    } catch (error) {
      const hopeless = isHopeless(error);
      if (!hopeless) await new Promise((resolve) => setTimeout(resolve, waitMs));
      attempt = hopeless ? deadLetter(inbound, error) : begin(options, inbound);
    }
  }
};

const begin = ({ decode, handle }: FactsConsumerOptions, message: InboundMessage): Promise<void> => {
  try {
    return handle({ message, fact: decode(message) } as InboundFact<never>);
  } catch (error) {
    return Promise.reject(error);
  }
};

const toInbound = ({ sequence, subject, payload, msgId, at }: Kept): InboundMessage => ({
  subject,
  payload: new TextEncoder().encode(payload),
  headers: {},
  ...(msgId !== undefined && { msgId }),
  delivery: `VFLEET_IN:simulated:${sequence}`,
  receivedAt: new Date(at).toISOString(),
});
