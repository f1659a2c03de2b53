import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { NoRespondersError, RequestError, type NatsConnection } from '@nats-io/transport-node';
import { fromCloudEvent, STREAMS, mayAnswerAt, type CloudEvent } from '@vfleet/contracts';
import { NatsServer } from '@vfleet/embedded';
import { jetStreamCopy, jetStreamEvents } from '@vfleet/journal';
import { connectNats, ensureStream, FactsTransport, RequestsTransport } from '@vfleet/messaging';
import { ask, inboundStream, toErrorReply } from '@vfleet/service-kit';
import { aFolder, aSwitchableWay, until } from '@vfleet/testing';
import { Hopeless, type Buses, type BusUnderTest, type Member } from './bus-under-test.js';

const silent = (): void => undefined;
/** How often, and how long after each other, it is looked whether what is there is as expected. */
const LOOKS = 200;
const LOOK_EVERY_MS = 10;
/** Nobody waits for an answer to whether somebody is there. */
const ASKED_MS = 50;

/** Everything that has to end with a spec, the newest first. */
type Endings = (() => unknown)[];

const takeFacts =
  (nats: NatsConnection, endings: Endings): Member['takeFacts'] =>
  async ({ durable = 'spec', owner, handle, bury = async () => undefined }) => {
    const transport = new FactsTransport({
      nats,
      stream: inboundStream({}),
      durable,
      generation: owner,
      decode: ({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as unknown,
      isHopeless: (error) => error instanceof Hopeless,
      deadLetter: bury,
      log: silent,
    });
    transport.addHandler('vfleet.in.>', handle as never, true);
    endings.push(() => transport.close());
    await new Promise((resolve) => transport.listen(resolve));
    await until('its consumer, or a later one', async () => {
      const consumers = (await jetstreamManager(nats)).consumers.list(STREAMS.IN.name);
      for await (const { name } of consumers) if (name.startsWith(`${durable}-`) && Number(name.slice(durable.length + 1)) >= owner) return true;
      return false;
    });
  };

const serve =
  (nats: NatsConnection, endings: Endings): Member['serve'] =>
  async (queue, subject, answer) => {
    const transport = new RequestsTransport({
      nats,
      name: 'vfleet-spec',
      queue,
      version: '1.0.0',
      description: 'answers in a spec',
      decode: (payload) => JSON.parse(new TextDecoder().decode(payload)) as unknown,
      toErrorReply,
      busy: () => new Error('busy'),
      mayAnswerAt,
      status: () => ({}),
      log: silent,
    });
    transport.addHandler(subject, async (body) => answer(body as object));
    endings.push(() => transport.close());
    await transport.listen(silent);
  };

/** Undefined where what was asked for is not there. */
const there = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.apiError().code === 404) return undefined;
    throw error;
  });

/** Where nobody answers. */
const isUnanswered = (error: unknown): boolean => error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());

/** Each has a connection of its own, over a way of its own. */
const joinServer = async (server: NatsServer, name: string, endings: Endings, connections: NatsConnection[]): Promise<Member> => {
  const way = await aSwitchableWay(server.port);
  const { username: user, password } = new URL(server.url);
  const nats = await connectNats({ servers: [`127.0.0.1:${way.port}`], user, pass: decodeURIComponent(password), name });
  connections.push(nats);
  endings.push(
    () => way.close(),
    () => nats.close(),
  );
  const sign = `spec.alive.${name.replaceAll(' ', '-')}`;
  nats.subscribe(sign);
  const own: Endings = [];
  let isCut = false;
  endings.push(() => Promise.all(own.map((end) => end())));
  return {
    copy: jetStreamCopy({ nats, stream: STREAMS.EVT.name, subjects: STREAMS.EVT.subjects }),
    live: jetStreamEvents({ nats, stream: STREAMS.EVT.name, decode: (message) => fromCloudEvent(message.json<CloudEvent>()) }),
    publishFact: async (subject, data, msgID) => {
      await jetstream(nats).publish(subject, JSON.stringify(data), msgID === undefined ? {} : { msgID });
    },
    takeFacts: takeFacts(nats, own),
    serve: serve(nats, own),
    ask: (subject, body, withinMs) => ask(nats, subject, body, withinMs),
    cut: () => {
      isCut = true;
      way.leadTo(undefined);
    },
    stall: () => way.stall(),
    heal: async () => {
      way.goOn();
      if (isCut) way.leadTo(server.port);
      isCut = false;
      await until('it is connected again', () => nats.flush().then(() => true));
    },
    end: () => {
      way.leadTo(undefined);
      for (const end of own.splice(0)) Promise.resolve(end()).catch(silent);
      void nats.close();
    },
    forgotten: async () => {
      const [operator] = connections as [NatsConnection];
      const isForgotten = (): Promise<boolean> => operator.request(sign, '', { timeout: ASKED_MS }).then(() => false, isUnanswered);
      await until(`${name} is forgotten`, isForgotten);
    },
  };
};

const connectAsOperator = ({ url, port }: NatsServer): Promise<NatsConnection> => {
  const { username: user, password } = new URL(url);
  return connectNats({ servers: [`127.0.0.1:${port}`], user, pass: decodeURIComponent(password), name: 'spec' });
};

/** A server on which nothing is but an empty stream of facts. */
const openOn = async (server: NatsServer): Promise<BusUnderTest> => {
  const operator = await connectAsOperator(server);
  const manager = await jetstreamManager(operator);
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  await ensureStream(manager, inboundStream({}));
  const endings: Endings = [() => operator.close()];
  const connections = [operator];
  const reconnected = async (): Promise<void> => {
    for (const connection of connections) if (!connection.isClosed()) await until('it is connected again', () => connection.flush().then(() => true));
  };
  return {
    join: (name) => joinServer(server, name, endings, connections),
    settle: (work) => work,
    see: async (look, expected) => {
      for (let left = LOOKS; ; left -= 1) {
        const seen = await look();
        if (left === 0 || expected === undefined || isDeepStrictEqual(seen, expected)) return seen;
        await delay(LOOK_EVERY_MS);
      }
    },
    until: async (what, look) => void (await until(what, look)),
    acknowledged: async (owner, but) =>
      void (await until('they are acknowledged', async () => {
        const { num_pending: waiting, num_ack_pending: open } = await manager.consumers.info(STREAMS.IN.name, `spec-${owner}`);
        return waiting === 0 && open === but;
      })),
    rememberDisk: async () => {
      const [store, kept] = [join(server.storeDir, 'jetstream'), join(aFolder('older'), 'jetstream')];
      await server.stop();
      cpSync(store, kept, { recursive: true });
      await server.restart();
      await reconnected();
      return async () => {
        await server.kill();
        rmSync(store, { recursive: true });
        cpSync(kept, store, { recursive: true });
        await server.restart();
        await reconnected();
      };
    },
    purge: async (stream = 'events') => void (await manager.streams.purge(stream === 'events' ? STREAMS.EVT.name : STREAMS.IN.name)),
    factsState: async () => {
      const info = await there(manager.streams.info(STREAMS.IN.name));
      return info && { last: info.state.last_seq, messages: info.state.messages };
    },
    unacknowledged: async (durable, owner) => {
      const info = await there(manager.consumers.info(STREAMS.IN.name, `${durable}-${owner}`));
      return info && info.num_pending + info.num_ack_pending;
    },
    deleteConsumer: async (durable, owner) => void (await manager.consumers.delete(STREAMS.IN.name, `${durable}-${owner}`)),
    deleteFacts: async () => void (await manager.streams.delete(STREAMS.IN.name)),
    close: async () => {
      for (const end of endings.reverse()) await end();
    },
  };
};

/** A nats-server of their own, emptied for each spec. */
export const natsBuses = (): Buses => {
  let server: NatsServer;
  return {
    name: 'nats-server',
    start: async () => {
      server = await NatsServer.start({ storeDir: aFolder('nats') });
    },
    open: () => openOn(server),
    stop: () => server.stop(),
  };
};
