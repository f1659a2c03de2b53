import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, STREAMS } from '@vfleet/contracts';
import type { NatsServer } from '@vfleet/embedded';
import { migrateJournal } from '@vfleet/journal';
import { aDatabase, aNatsCluster, until, type NatsCluster } from '@vfleet/testing';
import pg from 'pg';
import { copied, eventIds, expectCopyOfJournal } from './testing/copy-of-journal.js';
import { head } from './testing/log.js';
import { allCurrent, leadsNext } from './testing/replicas.js';
import { aSteadyJournal, type SteadyJournal } from './testing/steady-journal.js';
import { aSteadyReader, type SteadyReader } from './testing/steady-reader.js';
import { timeToHeal } from './testing/time-to-heal.js';

const MINUTES = 60_000;
const EVENTS = STREAMS.EVT.name;

let pool: pg.Pool;
let cluster: NatsCluster;
let nats: NatsConnection;
let journal: SteadyJournal;
/** One of each server. */
let readers: readonly SteadyReader[];
/** The last one first. */
const closing: { readonly what: string; readonly close: () => Promise<unknown> }[] = [];
const opened = (what: string, close: () => Promise<unknown>): void => void closing.push({ what, close });

beforeAll(async () => {
  cluster = await aNatsCluster();
  opened('the cluster', () => cluster.close());
  const database = await aDatabase();
  opened('the database', () => database.close());
  pool = new pg.Pool({ connectionString: database.url, max: 4, connectionTimeoutMillis: 2 * MINUTES, query_timeout: 2 * MINUTES });
  opened('connections to the database', () => pool.end());
  await migrateJournal(pool);
  nats = await connect({ ...parseNatsUrl(cluster.url), maxReconnectAttempts: -1, reconnectTimeWait: 100, pingInterval: 1_000 });
  opened('the connection to the cluster', () => nats.close());
  journal = await aSteadyJournal(pool, cluster.url);
  opened('the journal and its relays', () => journal.close());
  readers = await Promise.all(cluster.servers.map(({ url }) => aSteadyReader(url)));
  opened('the readers', () => Promise.all(readers.map((reader) => reader.close())));
}, 10 * MINUTES);

afterAll(async () => {
  for (const { what, close } of closing.reverse()) {
    const closed = close().then(() => true);
    await until(`${what} to be closed`, () => closed);
  }
}, 10 * MINUTES);

/** Everybody has been given what the journal holds, in its order and each event once, and as far as it went at the beginning of this. */
const expectAllRead = async (): Promise<void> => {
  const last = await head(pool);
  await copied(pool, nats);
  await Promise.all(readers.map((reader) => reader.reaches(last)));
  const given = readers.map(({ ids }) => [...ids]);
  const written = await eventIds(pool);
  for (const ids of given) expect(ids).toEqual(written.slice(0, ids.length));
};

interface Fault {
  readonly strike: (server: NatsServer) => Promise<void> | void;
  readonly undo: (server: NatsServer) => Promise<void> | void;
}
const killed: Fault = { strike: (server) => server.kill(), undo: (server) => server.restart() };
const cutOff: Fault = { strike: ({ pid }) => void process.kill(pid, 'SIGSTOP'), undo: ({ pid }) => void process.kill(pid, 'SIGCONT') };
const leads = (): Promise<NatsServer> => cluster.leaderOf(EVENTS);
const knowsReader = (): Promise<NatsServer> => cluster.leaderOfConsumer(EVENTS);

describe('events that are written while NATS servers come and go', () => {
  it(
    'are kept by three servers',
    async () => {
      await journal.goesOn();
      await expectAllRead();
      await allCurrent(nats, [EVENTS]);
    },
    10 * MINUTES,
  );

  it.each([
    { server: 'that leads them', fate: 'is killed', whose: leads, ...killed },
    { server: 'that leads them', fate: 'is cut off from all others', whose: leads, ...cutOff },
    { server: 'that alone knows of a reader', fate: 'is killed', whose: knowsReader, ...killed },
  ])(
    'are published and read before it is back when the server $server $fate',
    async ({ server, fate, whose, strike, undo }) => {
      const struck = await whose();
      await journal.goesOn();
      const healing = timeToHeal(`events, when the server ${server} ${fate}`);
      try {
        await strike(struck);
        await journal.goesOn();
        await expectAllRead();
        healing.isOver();
      } finally {
        await undo(struck);
      }
      await allCurrent(nats, [EVENTS]);
    },
    10 * MINUTES,
  );

  it(
    'wait while two of three are gone, and are published and read when one of them is back',
    async () => {
      const [first, second] = cluster.servers as readonly [NatsServer, NatsServer];
      await Promise.all([first.kill(), second.kill()]);
      await journal.goesOn(300);
      const healing = timeToHeal('events, one of two lost servers back');
      try {
        await first.restart();
        await expectAllRead();
        healing.isOver();
      } finally {
        await second.restart();
      }
      await allCurrent(nats, [EVENTS]);
    },
    10 * MINUTES,
  );

  it(
    'are held by each server at their positions, each of them once',
    async () => {
      await journal.goesOn();
      await journal.pause();
      await expectAllRead();
      const led = new Set<string>();
      for (let leader = ''; led.size < cluster.servers.length; led.add(leader)) {
        leader = await leadsNext(nats, EVENTS, leader);
        await expectCopyOfJournal(pool, nats);
      }
    },
    10 * MINUTES,
  );
});
