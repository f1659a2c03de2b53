import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  type Consumer,
  type ConsumerMessages,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { BaseRpcContext, EventPattern, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Log } from './log.js';
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

/** A message as it came, for whoever decodes or keeps it. */
export interface InboundMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly msgId?: string;
  /** The same for each delivery of one message, and for no other message: stream, its birth, sequence. */
  readonly delivery: string;
  /** RFC 3339; when the stream took it. */
  readonly receivedAt: string;
}

/** What a handler gets: the message as it came, and what was decoded of it. */
export interface InboundFact<Decoded = unknown> {
  readonly message: InboundMessage;
  readonly fact: Decoded;
  /** W3C trace context of what is done for it, where there is one. */
  readonly traceparent?: string | undefined;
}

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
  /**
   * Number of the owner, where one instance at a time consumes: each owner gets a consumer of its own, which starts
   * where everything before was acknowledged, so that what the last one left is delivered at once and in order.
   */
  readonly generation?: number;
  /** Bytes to the `fact` that handlers get. What it throws is judged by `isHopeless`. */
  readonly decode: (message: InboundMessage) => unknown;
  /** True for a failure that no repetition can mend. */
  readonly isHopeless: (error: unknown) => boolean;
  /** Keeps a message that can never be accepted; it is acknowledged after that. */
  readonly deadLetter: (message: InboundMessage, error: unknown) => Promise<void>;
  /** Called with each message before it is handled. */
  readonly observe?: (message: InboundMessage) => FactHandling;
  readonly log: Log;
  /** Messages being handled at once. */
  readonly maxInFlight?: number;
}

const MAX_IN_FLIGHT = 2_048;
/** Short, so that a message whose consumer died comes back soon; messages at work are prolonged. */
const ACK_WAIT_MS = 5_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5_000;
const RECONNECT_MS = 200;
const NANOS_PER_MS = 1_000_000;

/**
 * Nest transport for facts: one durable pull consumer, `@EventPattern` subjects matched in process. Handlers are
 * called in the order of the stream and acknowledge by resolving; a failure that may pass is tried again in place
 * with back-off, one that may not goes to the dead letters. Closing waits for what is at work.
 */
export class FactsTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = FACTS;
  override readonly propagatesEventHandlerErrors = true;
  private readonly inFlight = new Map<JsMsg, Promise<void>>();
  private messages: ConsumerMessages | undefined;
  private pump: Promise<void> | undefined;
  private prolong: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(private readonly options: FactsTransportOptions) {
    super();
  }

  /** Calls back once the stream is there: whoever is told that the service is ready may publish. */
  listen(callback: (error?: unknown) => void): void {
    this.pump = this.consume(callback);
    this.prolong = setInterval(() => {
      for (const message of this.inFlight.keys()) message.working();
    }, ACK_WAIT_MS / 3);
  }

  async close(): Promise<void> {
    this.stopping = true;
    this.messages?.stop();
    await this.pump;
    await Promise.allSettled(this.inFlight.values());
    clearInterval(this.prolong);
    if (!this.options.nats.isClosed()) await this.options.nats.flush().catch(() => undefined);
  }

  on(): void {
    // No events of its own.
  }

  unwrap<T>(): T {
    return this.options.nats as T;
  }

  private async consume(onStream: () => void): Promise<void> {
    const { nats, log, stream, maxInFlight = MAX_IN_FLIGHT } = this.options;
    while (!this.stopping) {
      try {
        const manager = await jetstreamManager(nats);
        await ensureStream(manager, stream);
        onStream();
        const consumer = await this.consumer(manager);
        const birth = (await manager.streams.info(stream.name)).created;
        this.messages = await consumer.consume({ max_messages: Math.min(maxInFlight, 1_000), abort_on_missing_resource: true });
        if (this.stopping) this.messages.stop();
        log('info', 'consuming facts', { stream: stream.name, durable: this.options.durable });
        for await (const message of this.messages) {
          this.track(message, this.handle(message, birth));
          if (this.inFlight.size >= maxInFlight) await Promise.race(this.inFlight.values());
          if (this.stopping) break;
        }
      } catch (error) {
        if (!this.stopping) log('warn', 'facts cannot be consumed for now', { error: (error as Error).message });
      }
      if (!this.stopping) await pause(RECONNECT_MS);
    }
  }

  private async consumer(manager: JetStreamManager): Promise<Consumer> {
    const { nats, stream, durable, generation, maxInFlight = MAX_IN_FLIGHT } = this.options;
    const name = generation === undefined ? durable : `${durable}-${generation}`;
    const config = { ack_policy: AckPolicy.Explicit, ack_wait: ACK_WAIT_MS * NANOS_PER_MS, max_deliver: -1, max_ack_pending: 2 * maxInFlight };
    const from = generation === undefined ? undefined : await this.floorOfPredecessors(manager, generation);
    const start =
      from === undefined ? { deliver_policy: DeliverPolicy.All } : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from + 1 };
    const there = await manager.consumers.info(stream.name, name).catch(() => undefined);
    if (!there) await manager.consumers.add(stream.name, { durable_name: name, ...config, ...start });
    if (generation !== undefined && from !== undefined) await this.removePredecessors(manager, generation);
    return jetstream(nats).consumers.get(stream.name, name);
  }

  /**
   * Sequence up to which an earlier owner has acknowledged everything.
   * @throws Error when a later owner is there: this one has been replaced, and must not take the facts back
   */
  private async floorOfPredecessors(manager: JetStreamManager, generation: number): Promise<number | undefined> {
    let floor: number | undefined;
    for await (const { name, ack_floor } of manager.consumers.list(this.options.stream.name)) {
      const other = this.generationOf(name);
      if (other !== undefined && other > generation) throw new Error(`owner ${other} has replaced owner ${generation}`);
      if (other !== undefined && other < generation) floor = Math.max(floor ?? 0, ack_floor.stream_seq);
    }
    return floor;
  }

  private async removePredecessors(manager: JetStreamManager, generation: number): Promise<void> {
    const { stream } = this.options;
    const others: string[] = [];
    for await (const { name } of manager.consumers.list(stream.name)) if ((this.generationOf(name) ?? generation) < generation) others.push(name);
    for (const other of others) await manager.consumers.delete(stream.name, other).catch(() => undefined);
  }

  /** The owner whose consumer this is; undefined for one that is no owner's. */
  private generationOf(consumer: string): number | undefined {
    const start = `${this.options.durable}-`;
    const number = consumer.startsWith(start) ? consumer.slice(start.length) : '';
    return /^\d+$/.test(number) ? Number(number) : undefined;
  }

  private track(message: JsMsg, work: Promise<void>): void {
    this.inFlight.set(
      message,
      work.finally(() => this.inFlight.delete(message)),
    );
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
        message.ack();
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

const toInbound = (message: JsMsg, birth: string): InboundMessage => {
  const headers: Record<string, string[]> = {};
  for (const [key, values] of message.headers ?? []) headers[key] = values;
  const msgId = message.headers?.get('Nats-Msg-Id');
  return {
    subject: message.subject,
    payload: message.data,
    headers,
    ...(msgId && { msgId }),
    delivery: `${message.info.stream}:${birth}:${message.seq}`,
    receivedAt: new Date(message.info.timestampNanos / NANOS_PER_MS).toISOString(),
  };
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
