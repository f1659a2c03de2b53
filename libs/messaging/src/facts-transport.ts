import { jetstream, jetstreamManager, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { BaseRpcContext, EventPattern, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { Acknowledgements } from './acknowledgements.js';
import { openConsumers } from './facts-consumer.js';
import { toInbound, type InboundFact, type InboundMessage } from './inbound-message.js';
import type { Log } from './log.js';
import { SideLanes, type Fairness } from './side-lanes.js';
import { ensureStream, type InboundStream } from './streams.js';
import { matchSubject } from './subject-match.js';

/** Marks handlers of the facts transport. */
export const FACTS = Symbol('vfleet.facts');

/**
 * Makes a method the handler of the facts on a subject, which may hold wildcards: Nest's `@EventPattern` for this
 * transport. The method takes one `InboundFact`; without parameter decorators, guards and interceptors every
 * handler runs after the same number of turns, which keeps the order of the stream.
 */
export const OnFact = (subject: string): MethodDecorator => EventPattern(subject, FACTS) as MethodDecorator;

/** Hears how one fact is handled, for whoever measures and traces. */
export interface FactHandling {
  /** The trace context for its handler; asked once it is decoded. */
  readonly traceparent: (fact: unknown) => string | undefined;
  /** Runs what is done with a fact that can never be accepted. */
  readonly bury: <Result>(work: () => Result) => Result;
  readonly retried: () => void;
  /** It is acknowledged; `refusal`: why it went to the dead letters. */
  readonly settled: (refusal?: unknown) => void;
}

export interface FactsTransportOptions {
  readonly nats: NatsConnection;
  readonly stream: InboundStream;
  /** Name of the durable consumer. */
  readonly durable: string;
  /** Those that are wanted, each with a consumer and an order of its own; unless told, all of the stream, in one order. */
  readonly subjects?: readonly string[];
  /**
   * Number of the owner, where one instance at a time consumes: each owner gets a consumer of its own, which starts
   * where everything before was acknowledged, so that what the last one left is delivered at once and in order.
   */
  readonly generation?: number;
  /** Settles whether this instance is still the owner, where that is not certain. Rejects when it is not. */
  readonly confirm?: () => Promise<void> | undefined;
  /** Bytes to the `fact` that handlers get. What it throws is judged by `isHopeless`. */
  readonly decode: (message: InboundMessage) => unknown;
  /** True for a failure that no repetition can mend. */
  readonly isHopeless: (error: unknown) => boolean;
  /** Keeps a message that can never be accepted; it is acknowledged after that. */
  readonly deadLetter: (message: InboundMessage, error: unknown) => Promise<void>;
  /** Called with each message before it is handled. */
  readonly observe?: (message: InboundMessage) => FactHandling;
  readonly log: Log;
  /** Who may tell how much; without it nobody is limited. */
  readonly fairness?: Fairness;
  /** Messages of each consumer being handled at once: what others have told or asked is decided behind these. */
  readonly maxInFlight?: number;
}

const MAX_IN_FLIGHT = 256;
/** Messages on their way at once of each consumer: what others tell or ask by the same connection comes behind them. */
const MOST_ON_THE_WAY = 128;
/** Short, so that a message whose consumer died comes back soon; messages at work are prolonged. */
const ACK_WAIT_MS = 5_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5_000;
const RECONNECT_MS = 200;
/**
 * A cluster forgets who asked when another server leads: after two heartbeats that did not come facts are asked for again, and
 * where nobody leads yet, once more after the time that a question stands. The library's own are 15 s and 30 s.
 */
const ASKING = { idle_heartbeat: 2_000, expires: 5_000 };

/**
 * Nest transport for facts: durable pull consumers, `@EventPattern` subjects matched in process. Handlers are
 * called in the order of the stream and acknowledge by resolving; a failure that may pass is tried again in place
 * with back-off, one that may not goes to the dead letters. A source that tells more than its share waits for the others,
 * in order. Closing waits for what is at work.
 */
export class FactsTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = FACTS;
  override readonly propagatesEventHandlerErrors = true;
  /** Everything that is being handled. */
  private readonly atWork = new Map<JsMsg, Promise<void>>();
  /** What is being read, until one of it ends: then all of it does. */
  private readonly reading = new Set<ConsumerMessages>();
  private readonly acknowledgements = new Acknowledgements();
  private pump: Promise<void> | undefined;
  private prolong: NodeJS.Timeout | undefined;
  private stopping = false;
  private readonly lanes: SideLanes | undefined;
  private birth = '';

  constructor(private readonly options: FactsTransportOptions) {
    super();
    const { nats, stream, durable, fairness, log } = options;
    const handle = (message: JsMsg): Promise<void> => this.track(message);
    const acknowledge = (message: JsMsg): void => this.acknowledgements.add(message);
    this.lanes = fairness && new SideLanes({ nats, fairness, stream: stream.name, durable, ackWaitMs: ACK_WAIT_MS, handle, acknowledge, log });
  }

  /** Calls back once the stream is there: whoever is told that the service is ready may publish. */
  listen(callback: (error?: unknown) => void): void {
    this.pump = this.consume(callback);
    this.prolong = setInterval(() => {
      for (const message of this.atWork.keys()) message.working();
    }, ACK_WAIT_MS / 3);
  }

  async close(): Promise<void> {
    this.stopping = true;
    this.stopReading();
    await this.pump;
    await this.lanes?.close();
    await Promise.allSettled(this.atWork.values());
    clearInterval(this.prolong);
    this.acknowledgements.flush();
    if (!this.options.nats.isClosed()) await this.options.nats.flush().catch(() => undefined);
  }

  on(): void {
    // No events of its own.
  }

  unwrap<T>(): T {
    return this.options.nats as T;
  }

  private async consume(onStream: () => void): Promise<void> {
    const { nats, log, stream, durable, maxInFlight = MAX_IN_FLIGHT } = this.options;
    while (!this.stopping) {
      try {
        const manager = await jetstreamManager(nats);
        await ensureStream(manager, stream);
        onStream();
        const names = await openConsumers(manager, { ...this.options, ackWaitMs: ACK_WAIT_MS, maxInFlight });
        const consumers = await Promise.all(names.map((name) => jetstream(nats).consumers.get(stream.name, name)));
        this.birth = (await manager.streams.info(stream.name)).created;
        await this.lanes?.open(manager, this.birth);
        for (const consumer of consumers)
          this.reading.add(await consumer.consume({ max_messages: MOST_ON_THE_WAY, ...ASKING, abort_on_missing_resource: true }));
        log('info', 'consuming facts', { stream: stream.name, durable });
        await this.readAll(maxInFlight);
      } catch (error) {
        if (!this.stopping) log('warn', 'facts cannot be consumed for now', { error: (error as Error).message });
      }
      this.stopReading();
      if (!this.stopping) await pause(RECONNECT_MS);
    }
  }

  /** Until one of them ends. */
  private async readAll(maxInFlight: number): Promise<void> {
    if (this.stopping) this.stopReading();
    const ends = await Promise.allSettled([...this.reading].map((messages) => this.read(messages, maxInFlight).finally(() => this.stopReading())));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Waits where so many are in flight; what others read goes on. */
  private async read(messages: ConsumerMessages, maxInFlight: number): Promise<void> {
    let inFlight = 0;
    let goOn: (() => void) | undefined;
    const landed = (): void => {
      inFlight -= 1;
      goOn?.();
      goOn = undefined;
    };
    for await (const message of messages) {
      if (this.lanes?.divert(message)) continue;
      inFlight += 1;
      void this.track(message).finally(landed);
      if (inFlight >= maxInFlight) await new Promise<void>((resolve) => (goOn = resolve));
      if (this.stopping) break;
    }
  }

  private stopReading(): void {
    for (const messages of this.reading) messages.stop();
    this.reading.clear();
  }

  private track(message: JsMsg): Promise<void> {
    const work = this.handle(message, this.birth).finally(() => this.atWork.delete(message));
    this.atWork.set(message, work);
    return work;
  }

  /** Runs up to the handler's first wait in the order in which messages come; do not put an await before the dispatch. */
  private async handle(message: JsMsg, birth: string): Promise<void> {
    const inbound = toInbound(message, birth);
    const handling = this.options.observe?.(inbound);
    let attempt = this.attempt(inbound, handling);
    let refusal: unknown;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
      try {
        await attempt;
        this.acknowledgements.add(message);
        handling?.settled(refusal);
        return;
      } catch (error) {
        if (this.stopping) return;
        const hopeless = this.options.isHopeless(error);
        if (!hopeless) this.options.log('warn', 'a fact has to be tried again', { subject: inbound.subject, error: (error as Error).message });
        if (!hopeless) handling?.retried();
        if (!hopeless) await pause(waitMs);
        refusal = hopeless ? error : undefined;
        attempt = hopeless ? this.bury(inbound, error, handling) : this.attempt(inbound, handling);
      }
    }
  }

  private bury(inbound: InboundMessage, error: unknown, handling: FactHandling | undefined): Promise<void> {
    const work = (): Promise<void> => this.options.deadLetter(inbound, error);
    return handling ? handling.bury(work) : work();
  }

  private attempt(inbound: InboundMessage, handling: FactHandling | undefined): Promise<void> {
    try {
      const fact = this.options.decode(inbound);
      const handler = matchSubject<MessageHandler>(this.messageHandlers, inbound.subject);
      const traceparent = handling?.traceparent(fact);
      return handler
        ? settle(handler({ message: inbound, fact, traceparent } satisfies InboundFact, new BaseRpcContext([inbound])))
        : Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

const settle = async (result: Promise<unknown>): Promise<void> => {
  const value = await result;
  if (isObservable(value)) await lastValueFrom(value, { defaultValue: undefined });
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
