import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager, type ConsumerMessages } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, STREAMS } from '@vfleet/contracts';
import { aNatsServer, until, type TestNats } from '@vfleet/testing';
import { endWhereBehind } from './end-where-behind.js';

const ALL = 'vfleet.evt.>';
const EVENT = 'vfleet.evt.vm.h1.v1.DevicesReserved';
const EVERY_MS = 20;
const stays = async (): Promise<'stays'> => 'stays';

describe('a reader whose server says nothing but that it is well', () => {
  let server: TestNats;
  let nats: NatsConnection;

  beforeAll(async () => {
    server = await aNatsServer();
    nats = await connect(parseNatsUrl(server.url));
    await (await jetstreamManager(nats)).streams.add({ name: STREAMS.EVT.name, subjects: [...STREAMS.EVT.subjects] });
    await jetstream(nats).publish(EVENT, '{}');
  });
  afterAll(async () => {
    await nats.close();
    await server.close();
  });

  /** Of events that nobody publishes: it is given as little as by a server that lacks what others have. Its end says that it was left. */
  const givenNothing = async (): Promise<{ readonly messages: ConsumerMessages; readonly end: Promise<'left'> }> => {
    const consumer = await jetstream(nats).consumers.get(STREAMS.EVT.name, { filter_subjects: 'vfleet.evt.vm.none.>' });
    const messages = await consumer.consume({ idle_heartbeat: 500, expires: 1_000 });
    const read = async (): Promise<'left'> => {
      for await (const { subject } of messages) throw new Error(`${subject} was given`);
      return 'left';
    };
    return { messages, end: read() };
  };
  /** Resolves when so many looks were taken: each begins with what is wanted next. */
  const looking = (messages: ConsumerMessages, subject: string, next: (look: number) => number | undefined, looks: number): Promise<void> =>
    new Promise((resolve) => {
      let taken = 0;
      const wanted = (): number | undefined => {
        taken += 1;
        if (taken === looks) resolve();
        return next(taken);
      };
      endWhereBehind(nats, messages, { subject, next: wanted, everyMs: EVERY_MS });
    });

  it('leaves it where the stream holds an event for it', async () => {
    const { messages, end } = await givenNothing();
    endWhereBehind(nats, messages, { subject: ALL, next: () => 1, everyMs: EVERY_MS });
    expect(await until('the reader to leave', () => end, 5_000)).toBe('left');
  });

  it.each([
    ['nothing has come since', ALL, () => 2],
    ['what came since is of another subject', 'vfleet.evt.vm.h2.>', () => 1],
    ['it was given something meanwhile', ALL, (look: number) => look % 2],
    ['it is busy with what it was given', ALL, () => undefined],
  ])('stays where %s', async (_, subject, next) => {
    const { messages, end } = await givenNothing();
    await looking(messages, subject, next, 10);
    expect(await Promise.race([end, stays()])).toBe('stays');
    messages.stop();
    await end;
  });
});
