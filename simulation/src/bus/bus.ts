import { NoRespondersError, RequestError, TimeoutError, type NatsConnection } from '@nats-io/transport-node';
import { toErrorReply } from '@vfleet/service-kit';
import type { Life } from '../time/life.js';
import type { World } from '../time/world.js';
import type { DurableConsumer } from './durable-consumer.js';
import type { Link } from './link.js';
import { Stream } from './stream.js';

type Answering = (body: never) => unknown;

interface Endpoint {
  readonly subject: string;
  readonly life: Life;
  readonly link: Link;
  /** Its queue group: one of those that share it is asked. */
  readonly queue: string | symbol;
  readonly answer: Answering;
}

interface Reply {
  readonly body: string;
  readonly status: number;
  readonly description: string;
}

/** Milliseconds that a message takes, mostly, and sometimes. */
const NEAR = 3;
const FAR = 400;
const SELDOM = 0.02;
/** How long a publisher waits for the stream to acknowledge. */
const ACKNOWLEDGED_MS = 500;
/** Within it a message is stored once, as the streams of facts and of events are made. */
const FACTS_WINDOW_MS = 120_000;
const EVENTS_WINDOW_MS = 100;

/** The bus in memory: streams, requests and replies between processes, over links that can be cut. */
export class Bus {
  readonly inbound = new Stream(FACTS_WINDOW_MS);
  readonly events = new Stream(EVENTS_WINDOW_MS);
  /** How many messages went astray. */
  lost = 0;
  doubled = 0;
  /** Share of facts that are stored twice, and of requests and replies that are lost. */
  doubling = 0;
  losing = 0;
  private readonly endpoints = new Set<Endpoint>();
  /** Durable consumers of the stream of facts. */
  private readonly consumers = new Set<DurableConsumer>();

  /** `onRequest` is told of each request when it leaves a process. */
  constructor(
    readonly world: World,
    private readonly onRequest: (life: Life, subject: string) => void = () => undefined,
  ) {
    this.inbound.create(1);
  }

  /** How long the next message takes. */
  latency(): number {
    const { random } = this.world;
    return random.next() * (random.chance(SELDOM) ? FAR : NEAR);
  }

  /** Answers requests, alone or as one of a queue group. */
  serve(life: Life, link: Link, subject: string, answer: Answering, queue: string | symbol = Symbol(life.name)): void {
    const endpoint = { subject, life, link, queue, answer };
    this.endpoints.add(endpoint);
    life.onEnd(() => void this.endpoints.delete(endpoint));
  }

  /** A process's connection, as far as the services' code uses one. */
  connectionOf(life: Life, link: Link): NatsConnection {
    const request = (subject: string, payload: string, { timeout }: { readonly timeout: number }): Promise<object> =>
      this.request(life, link, subject, payload, timeout).then(toMessage);
    const publish = (subject: string, payload = ''): void => this.tell(life, link, subject, payload);
    const subscribe = (subject: string, { callback }: { readonly callback: (error: null, message: object) => void }): object => {
      this.serve(life, link, subject, (body) => callback(null, { json: () => body }));
      return { unsubscribe: () => undefined };
    };
    return { request, publish, subscribe, status: silence } as unknown as NatsConnection;
  }

  /** The consumers that owners have of a durable name. */
  consumersOf(durable: string): readonly DurableConsumer[] {
    return [...this.consumers].filter((one) => one.durable === durable);
  }

  addConsumer(consumer: DurableConsumer): void {
    this.consumers.add(consumer);
  }

  deleteConsumer(durable: string, generation: number): void {
    for (const consumer of this.consumersOf(durable)) {
      if (consumer.generation !== generation) continue;
      this.consumers.delete(consumer);
      consumer.delete();
    }
  }

  /** The stream of facts is gone, with the consumers of it. */
  deleteFacts(): void {
    this.inbound.wipe();
    for (const { durable, generation } of this.consumers) this.deleteConsumer(durable, generation);
  }

  /** A fact for the inbound stream; resolves when it is stored. @throws TimeoutError, NoRespondersError */
  publishFact(life: Life | undefined, link: Link, subject: string, data: object, msgId: string | undefined): Promise<void> {
    const { world } = this;
    return new Promise((resolve, reject) => {
      const timer = world.after(ACKNOWLEDGED_MS, life, () => reject(new TimeoutError()));
      const acknowledge = (): void => {
        timer.cancelled = true;
        resolve();
      };
      const refuse = (): void => {
        timer.cancelled = true;
        world.after(this.latency(), life, () => reject(new NoRespondersError(subject)));
      };
      this.send(life, link, () => {
        if (!this.inbound.exists) return refuse();
        this.store(subject, JSON.stringify(data), msgId);
        world.after(this.latency(), life, () => link.carry(life, () => this.mayLose(acknowledge)));
      });
    });
  }

  private store(subject: string, payload: string, msgId: string | undefined): void {
    const { random, now } = this.world;
    this.inbound.append(subject, payload, msgId, now);
    if (!random.chance(this.doubling)) return;
    this.doubled += 1;
    this.inbound.keep(subject, payload, msgId, now);
  }

  private request(life: Life, link: Link, subject: string, payload: string, timeout: number): Promise<Reply> {
    const { world } = this;
    this.onRequest(life, subject);
    return new Promise((resolve, reject) => {
      const timer = world.after(timeout, life, () => reject(new TimeoutError()));
      const once = (settle: () => void): void =>
        void world.after(this.latency(), life, () => {
          if (timer.cancelled) return;
          timer.cancelled = true;
          settle();
        });
      this.send(life, link, () => {
        const reachable = this.reachable(subject);
        if (reachable.length === 0) return once(() => reject(new RequestError('', { cause: new NoRespondersError(subject) })));
        for (const endpoint of reachable)
          this.ask(endpoint, payload, (reply) => link.carry(life, () => this.mayLose(() => once(() => resolve(reply)))));
      });
    });
  }

  private tell(life: Life, link: Link, subject: string, payload: string): void {
    if (life.ended) return;
    this.send(life, link, () => {
      for (const endpoint of this.reachable(subject)) this.ask(endpoint, payload, () => undefined);
    });
  }

  /** From a process to the bus. */
  private send(life: Life | undefined, link: Link, arrive: () => void): void {
    const { world } = this;
    const soonest = world.now + this.latency();
    const arrival = life ? link.inOrder(life, soonest) : soonest;
    world.after(arrival - world.now, undefined, () => link.carry(life, () => this.mayLose(arrive)));
  }

  /** Who is asked: of each queue group one. */
  private reachable(subject: string): readonly Endpoint[] {
    const groups = new Map<string | symbol, Endpoint[]>();
    for (const endpoint of this.endpoints)
      if (endpoint.subject === subject && !endpoint.link.isCut) groups.set(endpoint.queue, [...(groups.get(endpoint.queue) ?? []), endpoint]);
    return [...groups.values()].map((group) => (group.length === 1 ? (group[0] as Endpoint) : this.world.random.pick(group)));
  }

  private ask({ life, link, answer }: Endpoint, payload: string, tell: (reply: Reply) => void): void {
    const said = (reply: Reply): void => link.carry(life, () => this.mayLose(() => tell(reply)));
    const handle = async (): Promise<void> => {
      try {
        const body = await answer(JSON.parse(payload || '{}') as never);
        said({ body: JSON.stringify(body ?? {}), status: 0, description: '' });
      } catch (error) {
        const { status, description, body } = toErrorReply(error);
        said({ body: JSON.stringify(body), status, description });
      }
    };
    link.carry(life, () => this.world.after(0, life, () => void handle()));
  }

  private mayLose(arrive: () => void): void {
    if (this.world.random.chance(this.losing)) this.lost += 1;
    else arrive();
  }
}

const toMessage = ({ body, status }: Reply): object => ({
  string: () => body,
  json: () => JSON.parse(body) as unknown,
  headers: { get: () => (status === 0 ? '' : String(status)) },
});

/** A connection of which nothing is ever said. */
const silence = (): AsyncIterable<{ readonly type: string }> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
});
