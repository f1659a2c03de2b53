import { NoRespondersError, RequestError, TimeoutError, type NatsConnection } from '@nats-io/transport-node';
import { toErrorReply } from '@vfleet/service-kit';
import type { Life } from '../time/life.js';
import type { World } from '../time/world.js';
import { Stream } from './stream.js';

/** What carries one machine's messages. Cut: nothing passes, and nobody is told. */
export interface Link {
  cut: boolean;
}

type Answering = (body: never) => unknown;

interface Endpoint {
  readonly subject: string;
  readonly life: Life;
  readonly link: Link;
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

/** The bus in memory: streams, requests and replies between processes, over links that can be cut. */
export class Bus {
  readonly inbound = new Stream();
  readonly events = new Stream();
  /** Of each durable consumer and owner the sequences that it has acknowledged. */
  readonly acknowledged = new Map<string, Set<number>>();
  /** How many messages went astray. */
  lost = 0;
  doubled = 0;
  /** Share of facts that are stored twice, and of requests and replies that are lost. */
  doubling = 0;
  losing = 0;
  private readonly endpoints = new Set<Endpoint>();

  constructor(readonly world: World) {}

  /** How long the next message takes. */
  latency(): number {
    const { random } = this.world;
    return random.next() * (random.chance(SELDOM) ? FAR : NEAR);
  }

  serve(life: Life, link: Link, subject: string, answer: Answering): void {
    const endpoint = { subject, life, link, answer };
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

  /** A fact for the inbound stream; resolves when it is stored. @throws TimeoutError */
  publishFact(life: Life | undefined, link: Link, subject: string, data: object, msgId: string | undefined): Promise<void> {
    const { world } = this;
    return new Promise((resolve, reject) => {
      const timer = world.after(ACKNOWLEDGED_MS, life, () => reject(new TimeoutError()));
      world.after(this.latency(), undefined, () => {
        if (this.isLost(link)) return;
        const copies = world.random.chance(this.doubling) ? 2 : 1;
        this.doubled += copies - 1;
        for (let copy = 0; copy < copies; copy += 1) this.inbound.append(subject, JSON.stringify(data), msgId, world.now);
        world.after(this.latency(), life, () => {
          if (this.isLost(link)) return;
          timer.cancelled = true;
          resolve();
        });
      });
    });
  }

  private request(life: Life, link: Link, subject: string, payload: string, timeout: number): Promise<Reply> {
    const { world } = this;
    return new Promise((resolve, reject) => {
      const timer = world.after(timeout, life, () => reject(new TimeoutError()));
      const once = (settle: () => void): void =>
        void world.after(this.latency(), life, () => {
          if (timer.cancelled) return;
          timer.cancelled = true;
          settle();
        });
      world.after(this.latency(), undefined, () => {
        if (this.isLost(link)) return;
        const reachable = [...this.endpoints].filter((one) => one.subject === subject && !one.link.cut);
        if (reachable.length === 0) return once(() => reject(new RequestError('', { cause: new NoRespondersError(subject) })));
        for (const endpoint of reachable)
          this.ask(endpoint, payload, (reply) => {
            if (!this.isLost(link)) once(() => resolve(reply));
          });
      });
    });
  }

  private tell(life: Life, link: Link, subject: string, payload: string): void {
    if (life.ended) return;
    this.world.after(this.latency(), undefined, () => {
      if (this.isLost(link)) return;
      for (const endpoint of this.endpoints) if (endpoint.subject === subject && !endpoint.link.cut) this.ask(endpoint, payload, () => undefined);
    });
  }

  private ask({ life, link, answer }: Endpoint, payload: string, tell: (reply: Reply) => void): void {
    const said = (reply: Reply): void => {
      if (!this.isLost(link)) tell(reply);
    };
    const handle = async (): Promise<void> => {
      try {
        const body = await answer(JSON.parse(payload || '{}') as never);
        said({ body: JSON.stringify(body ?? {}), status: 0, description: '' });
      } catch (error) {
        const { status, description, body } = toErrorReply(error);
        said({ body: JSON.stringify(body), status, description });
      }
    };
    this.world.after(0, life, () => void handle());
  }

  private isLost(link: Link): boolean {
    const lost = link.cut || this.world.random.chance(this.losing);
    if (lost) this.lost += 1;
    return lost;
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
