import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { aDatabase, aNatsServer, until, type TestDatabase, type TestNats } from '@vfleet/testing';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { Journal, Relay, jetStreamCopy, migrateJournal, openPool, StreamAhead, recordedBy, type NewEvent, type RecordedEvent } from './index.js';

const STREAM = 'VFLEET_EVT';
let database: TestDatabase;
let bus: TestNats;
let pool: pg.Pool;
let nats: NatsConnection;
let manager: JetStreamManager;
let journal: Journal;
const relays: Relay[] = [];
let said: string[] = [];

beforeAll(async () => {
  bus = await aNatsServer();
});
afterAll(() => bus.close());

beforeEach(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'relay-spec' });
  await migrateJournal(pool);
  const { username, password, host } = new URL(bus.url);
  nats = await connect({ servers: host, user: username, pass: decodeURIComponent(password), maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  manager = await jetstreamManager(nats);
  await manager.streams.delete(STREAM).catch(() => undefined);
  journal = new Journal(pool);
  said = [];
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await nats.close();
  await pool.end();
  await database.close();
});

const aRelay = (): Relay => {
  const relay = new Relay({
    pool,
    copy: jetStreamCopy({ nats, stream: STREAM, subjects: ['vfleet.evt.>'] }),
    encode: ({ position, stream, data }) => ({
      subject: `vfleet.evt.spec.${stream}`,
      payload: JSON.stringify({ position, data }),
      contentType: 'application/json',
    }),
    log: (_, message) => said.push(message),
  });
  relays.push(relay);
  relay.start();
  return relay;
};

let version = 0;
/** Answers the events as somebody tells of them who wrote them; here they say how they are known. */
const append = async (count: number): Promise<readonly RecordedEvent[]> => {
  const events = Array.from({ length: count }, (): NewEvent => ({
    id: uuidv7(),
    stream: 's',
    version: (version += 1),
    type: 'Happened',
    data: {},
    meta: {},
  }));
  return recordedBy(
    await journal.append({ events }),
    events.map((event) => ({ ...event, data: 'told' })),
  );
};
beforeEach(() => {
  version = 0;
});

const last = async (): Promise<number> => (await manager.streams.info(STREAM)).state.last_seq;
const carried = (count: number): Promise<true> => until(`sequence ${count}`, async () => (await last()) === count, 60_000);

/** Position that the message at each sequence carries. */
const positions = async (): Promise<readonly number[]> => {
  const found: number[] = [];
  const { first_seq, last_seq } = (await manager.streams.info(STREAM)).state;
  for (let sequence = first_seq; sequence <= last_seq; sequence += 1)
    found.push((await manager.streams.getMessage(STREAM, { seq: sequence }))?.json<{ position: number }>().position ?? Number.NaN);
  return found;
};
/** What the message at each sequence says about how its event was known. */
const ways = async (): Promise<readonly string[]> => {
  const found: string[] = [];
  const end = await last();
  for (let sequence = 1; sequence <= end; sequence += 1) {
    const { data } = (await manager.streams.getMessage(STREAM, { seq: sequence }))?.json<{ data: unknown }>() ?? {};
    found.push(data === 'told' ? 'told' : 'read');
  }
  return found;
};
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('the relay', () => {
  it('publishes every event once, at the sequence that is its position', async () => {
    const relay = aRelay();
    await append(700);
    relay.kick();
    await carried(700);
    expect(await positions()).toEqual(upTo(700));
  });

  it('leaves one copy of each event when two of them work at once', async () => {
    const [one, other] = [aRelay(), aRelay()];
    for (let batch = 0; batch < 10; batch += 1) {
      await append(60);
      one.kick();
      other.kick();
    }
    await carried(600);
    expect(await positions()).toEqual(upTo(600));
  });

  it('brings a stream back that was deleted', async () => {
    const relay = aRelay();
    await append(100);
    relay.kick();
    await carried(100);
    await manager.streams.delete(STREAM);
    await append(20);
    relay.kick();
    await carried(120);
    expect((await positions()).at(-1)).toBe(120);
  });

  it('brings a stream back that was purged within the window in which doubles are dropped', async () => {
    const relay = aRelay();
    await append(50);
    relay.kick();
    await carried(50);
    await manager.streams.purge(STREAM);
    await until('all messages', async () => (await manager.streams.info(STREAM)).state.messages === 50, 60_000);
    expect(await positions()).toEqual(upTo(50));
    expect(said).toContain('stream has lost messages and is made anew');
  });

  it('brings a stream back that was purged while events went on', async () => {
    const relay = aRelay();
    await append(50);
    relay.kick();
    await carried(50);
    await manager.streams.purge(STREAM);
    await append(10);
    relay.kick();
    await carried(60);
    await until('all messages', async () => (await manager.streams.info(STREAM)).state.messages === 60, 60_000);
    expect(await positions()).toEqual(upTo(60));
  });

  it('leaves a stream alone whose beginning its operator lets go', async () => {
    const relay = aRelay();
    await append(20);
    relay.kick();
    await carried(20);
    const { config } = await manager.streams.info(STREAM);
    await manager.streams.update(STREAM, { ...config, max_msgs: 5 });
    await relay.stop();
    await append(10);
    aRelay();
    await carried(30);
    expect(await positions()).toEqual([26, 27, 28, 29, 30]);
    expect(said).not.toContain('stream has lost messages and is made anew');
  });

  it('goes on where another one stopped', async () => {
    const first = aRelay();
    await append(30);
    first.kick();
    await carried(30);
    await first.stop();
    await append(30);
    aRelay();
    await carried(60);
    expect(await positions()).toEqual(upTo(60));
  });

  it('passes on what it was told of without reading it', async () => {
    const relay = aRelay();
    let count = 0;
    // It looks by itself as well, some times between a commit and the word of it.
    await until('a batch to be passed on as it was told', async () => {
      relay.offer(await append(20));
      await carried((count += 20));
      return (await ways()).slice(-20).every((way) => way === 'told');
    });
    expect(await positions()).toEqual(upTo(count));
  });

  it('reads what it was not told of, and leaves nothing out', async () => {
    const relay = aRelay();
    relay.offer(await append(5));
    await append(5);
    relay.offer(await append(5));
    relay.offer([]);
    await carried(15);
    expect(await positions()).toEqual(upTo(15));
    expect((await ways()).slice(0, 10)).toContain('read');
  });

  it('catches up with all that it was told of while it could not publish', async () => {
    await append(1);
    const relay = aRelay();
    await carried(1);
    await manager.streams.update(STREAM, { max_msg_size: 1 });
    for (let batch = 0; batch < 50; batch += 1) relay.offer(await append(60));
    await manager.streams.update(STREAM, { max_msg_size: -1 });
    await carried(3_001);
    expect(await positions()).toEqual(upTo(3_001));
  });

  it('publishes anew from the journal what the stream has lost, whatever it was told of', async () => {
    const relay = aRelay();
    relay.offer(await append(20));
    await carried(20);
    await manager.streams.delete(STREAM);
    relay.offer(await append(20));
    await carried(40);
    expect(await positions()).toEqual(upTo(40));
  });

  it('stops and says so when the stream is ahead of the journal, and writes nothing', async () => {
    await append(5);
    aRelay();
    await carried(5);
    const js = jetstream(nats);
    await js.publish('vfleet.evt.spec.foreign', 'not ours');
    await append(1);
    const relay = aRelay();
    relay.kick();
    await append(0);
    await js.publish('vfleet.evt.spec.foreign', 'not ours');
    await until('the alarm', () => said.includes('stream is ahead of the journal') || said.includes('relay has to try again'), 60_000);
    await until(
      'the alarm',
      () => {
        relays.forEach((one) => one.kick());
        return said.includes('stream is ahead of the journal');
      },
      60_000,
    );
    expect(await last()).toBe(7);
  });

  it('stops and says so when the journal has lost its tail and grown again beyond the stream', async () => {
    await append(3);
    const js = jetstream(nats);
    const copy = jetStreamCopy({ nats, stream: STREAM, subjects: ['vfleet.evt.>'] });
    await copy.create(1);
    for (const expectedLast of [0, 1, 2]) {
      const lost = { subject: 'vfleet.evt.spec.s', payload: '{}', contentType: 'application/json', id: uuidv7(), expectedLast };
      expect(await copy.publish(lost)).toMatchObject({ seq: expectedLast + 1 });
    }
    await append(4);
    const relay = aRelay();
    await relay.checked;
    expect(relay.halt).toBeInstanceOf(StreamAhead);
    expect(said).toContain('stream is ahead of the journal');
    expect(await last()).toBe(3);
    await js.publish('vfleet.evt.spec.s', 'nobody has published since', { expect: { lastSequence: 3 } });
  });

  it('writes nothing behind an event that came late from before the journal lost its tail', async () => {
    const relay = aRelay();
    await relay.checked;
    const copy = jetStreamCopy({ nats, stream: STREAM, subjects: ['vfleet.evt.>'] });
    await copy.publish({ subject: 'vfleet.evt.spec.s', payload: '{}', contentType: 'application/json', id: uuidv7(), expectedLast: 0 });
    relay.offer(await append(3));
    await until('the alarm', () => relay.halt !== undefined);
    expect(await last()).toBe(1);
  });

  it('writes nothing behind an event that it has published and that the journal has lost', async () => {
    await append(2);
    const relay = aRelay();
    await carried(2);
    await pool.query(`alter table journal.events disable trigger user;
      delete from journal.events where position = 2;
      update journal.counter set position = 1`);
    version = 1;
    // One that has not seen the journal longer: another would write nothing.
    journal = new Journal(pool);
    await append(1);
    await append(2);
    relay.kick();
    await until('the alarm', () => relay.halt !== undefined);
    expect(await last()).toBe(2);
  });

  it('goes on from the journal once an operator has deleted the stream that was ahead', async () => {
    await append(2);
    const copy = jetStreamCopy({ nats, stream: STREAM, subjects: ['vfleet.evt.>'] });
    await copy.create(1);
    for (let expectedLast = 0; expectedLast < 5; expectedLast += 1)
      await copy.publish({ subject: 'vfleet.evt.spec.s', payload: '{}', contentType: 'application/json', id: uuidv7(), expectedLast });
    const relay = aRelay();
    await relay.checked;
    await manager.streams.delete(STREAM);
    await until('the relay to go on', () => relay.halt === undefined);
    await carried(2);
    expect(await positions()).toEqual(upTo(2));
  });
});
