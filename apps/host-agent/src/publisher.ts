import { hostFactSubject, type HostFactName } from '@vfleet/contracts';
import type { Logger } from 'pino';
import { currentTraceparent } from '@vfleet/telemetry';
import { uuidv7 } from 'uuidv7';
import type { AgentWatch } from './agent-watch.js';

/** Takes a fact and answers when the bus has it. */
export type SendFact = (
  subject: string,
  data: object,
  options: { readonly msgId: string; readonly traceparent?: string | undefined },
) => Promise<unknown>;

export interface Publisher {
  readonly epoch: string;
  /**
   * Resolves when the bus has the fact. Facts arrive in the order of the calls, but for devices that are told of one after
   * the other: each is another one, so that their order tells nothing. @throws PublisherStopped
   */
  publish(name: HostFactName, data: object): Promise<void>;
  /** Facts that the bus does not have yet. */
  readonly waiting: number;
  /** Gives up on what is waiting; the next start finds the difference again. */
  stop(): void;
}

export class PublisherStopped extends Error {
  override readonly name = 'PublisherStopped';
}

export interface PublisherOptions {
  readonly hostId: string;
  /** UUIDv7: names this start of the agent; later ones of the same host are greater. By the clock alone unless told. */
  readonly epoch?: string;
  readonly send: SendFact;
  readonly log: Logger;
  readonly watch?: AgentWatch | undefined;
  readonly now?: () => Date;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** Devices that are on their way at once: a report takes a few round trips, and comes in one piece. */
const MOST_TOGETHER = 64;

/** Publishes a host's facts one after the other, devices of one report together. While the bus is away they wait, and keep their order. */
export const createPublisher = ({ hostId, epoch = uuidv7(), send, log, watch, now = () => new Date() }: PublisherOptions): Publisher => {
  const stopped = new AbortController();
  let sequence = 0;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  /** What goes together: after what, and how many they are. */
  let together = { name: '', after: last, facts: 0 };

  const deliver = async (name: HostFactName, fact: { readonly sequence: number }): Promise<void> => {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      if (stopped.signal.aborted) throw new PublisherStopped();
      try {
        await send(hostFactSubject(hostId, name), fact, { msgId: `${hostId}:${epoch}:${fact.sequence}`, traceparent: currentTraceparent() });
        watch?.published(name);
        return;
      } catch (error) {
        watch?.retried();
        log.warn(
          { hostId, fact: name, sequence: fact.sequence, retryMs: pause, err: (error as Error).message },
          'fact not taken by the bus, trying again',
        );
        await pauseFor(pause, stopped.signal);
      }
    }
  };

  return {
    epoch,
    get waiting() {
      return waiting;
    },
    publish: (name, data) => {
      sequence += 1;
      waiting += 1;
      const fact = { hostId, epoch, sequence, observedAt: now().toISOString(), ...data };
      const joins = name === 'DeviceDiscovered' && together.name === name && together.facts < MOST_TOGETHER;
      together = { name, after: joins ? together.after : last, facts: joins ? together.facts + 1 : 1 };
      const told = together.after.then(() => deliver(name, fact)).finally(() => (waiting -= 1));
      last = Promise.allSettled([last, told]);
      return told;
    },
    stop: () => stopped.abort(),
  };
};

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
