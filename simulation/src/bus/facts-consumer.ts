import type { Fact } from '@vfleet/contracts';
import type { InboundFact, InboundMessage } from '@vfleet/messaging';
import type { Life } from '../time/life.js';
import type { Bus } from './bus.js';
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

/**
 * The transport of facts as it is in the messaging library, over the bus in memory: each owner starts where everything
 * before was acknowledged, facts are begun in their order, what may pass is tried again, what may not is buried.
 */
export const consumeFacts = (options: FactsConsumerOptions): void => {
  const { bus, life, durable, generation } = options;
  const { world, inbound } = bus;
  if (!replacePredecessors(bus, durable, generation)) return;
  const acknowledged = new Set<number>();
  bus.acknowledged.set(`${durable} ${generation}`, acknowledged);
  let next = floorOfPredecessors(bus, durable, generation) + 1;
  for (let sequence = 1; sequence < next; sequence += 1) acknowledged.add(sequence);
  let arrived = 0;
  const deliver = (): void => {
    for (const message of inbound.from(next)) {
      next = message.sequence + 1;
      // One connection: messages come one after the other, in order.
      arrived = Math.max(arrived, world.now + bus.latency());
      world.after(arrived - world.now, life, () => void take(options, message, acknowledged));
    }
  };
  const end = inbound.follow(deliver);
  life.onEnd(end);
  bus.consumers.set(durable, { generation, end });
  deliver();
};

/** The consumers of earlier owners go; false where a later owner has one. */
const replacePredecessors = ({ consumers }: Bus, durable: string, generation: number): boolean => {
  const other = consumers.get(durable);
  if (other && other.generation > generation) return false;
  other?.end();
  return true;
};

const floorOfPredecessors = ({ acknowledged }: Bus, durable: string, generation: number): number => {
  let floor = 0;
  for (const [name, done] of acknowledged) {
    const [of, owner] = name.split(' ');
    if (of !== durable || Number(owner) >= generation) continue;
    let own = 0;
    while (done.has(own + 1)) own += 1;
    floor = Math.max(floor, own);
  }
  return floor;
};

const take = async (options: FactsConsumerOptions, message: Kept, acknowledged: Set<number>): Promise<void> => {
  const { bus, isHopeless, deadLetter } = options;
  const inbound = toInbound(message);
  let attempt = begin(options, inbound);
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
    try {
      await attempt;
      bus.world.after(bus.latency(), undefined, () => void acknowledged.add(message.sequence));
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
