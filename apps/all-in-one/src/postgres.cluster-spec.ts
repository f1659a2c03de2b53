import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, STREAMS, type Device, type SystemStatus } from '@vfleet/contracts';
import { NatsServer } from '@vfleet/embedded';
import {
  aFolder,
  aPrimary,
  aProgram,
  aReplica,
  aSwitchableWay,
  ask,
  promote,
  publishHosts,
  until,
  waitForReplica,
  type PostgresHost,
  type RunningProgram,
  type SwitchableWay,
} from '@vfleet/testing';
import pg from 'pg';
import { copied, expectCopyOfJournal } from './testing/copy-of-journal.js';
import { expectPromisesKept, head, reservationsOf } from './testing/log.js';
import { aSteadyLoad } from './testing/steady-load.js';
import { timeToHeal } from './testing/time-to-heal.js';

const HOSTS = 29;
const DEVICES = 32;
const MINUTES = 60_000;

let primary: PostgresHost;
let replica: PostgresHost;
/** Leads to the primary, whichever that is. */
let way: SwitchableWay;
/** From the replica to its primary. */
let stream: SwitchableWay;
let bus: NatsServer;
let nats: NatsConnection;
let database: pg.Pool;
let stopping = false;
let staying = 0;
const services = new Map<string, RunningProgram>();
const hosts: PostgresHost[] = [];

const overTheWay = (url: string): string => {
  const over = new URL(url);
  over.port = String(way.port);
  return over.href;
};
/** Keeps a service running, as a supervisor does. */
const keepRunning = (app: string): void => {
  const program = aProgram(app, [], { VFLEET_PG_URL: overTheWay(primary.server.url), VFLEET_NATS_URL: bus.url });
  services.set(app, program);
  void program.ended.then(() => stopping || setTimeout(() => stopping || keepRunning(app), 200));
};
const answers = (app: string): Promise<unknown> =>
  until(
    () => `${app} to answer; it said ${services.get(app)?.said()}`,
    () => nats.request(`$SRV.PING.vfleet-${app}`, '', { timeout: 500 }),
    2 * MINUTES,
  );

beforeAll(async () => {
  [primary, bus] = await Promise.all([aPrimary(), NatsServer.start({ storeDir: aFolder('nats') })]);
  [way, stream] = await Promise.all([aSwitchableWay(primary.server.port), aSwitchableWay(primary.server.port)]);
  replica = await aReplica(primary, stream.port);
  hosts.push(primary, replica);
  nats = await connect({ ...parseNatsUrl(bus.url), maxReconnectAttempts: -1 });
  database = new pg.Pool({
    connectionString: overTheWay(primary.server.url),
    max: 2,
    connectionTimeoutMillis: 2 * MINUTES,
    query_timeout: 2 * MINUTES,
  });
  database.on('error', () => undefined);
  keepRunning('allocator');
  keepRunning('inventory');
  await answers('allocator');
  await publishHosts(nats, HOSTS, DEVICES);
  await answers('inventory');
}, 5 * MINUTES);

afterAll(async () => {
  stopping = true;
  await Promise.all([...services.values()].map((one) => one.kill('SIGKILL')));
  await nats.close();
  await database.end();
  await Promise.all([way.close(), stream.close()]);
  await Promise.all([bus.stop(), ...hosts.map(({ server }) => server.kill())]);
}, 3 * MINUTES);

/** The primary is gone with all that it did not send, and the replica takes its place. */
const failOver = async (): Promise<void> => {
  await primary.server.kill();
  await promote(replica);
  way.leadTo(replica.server.port);
  primary = replica;
};

const problems = async (): Promise<readonly string[]> =>
  ((await ask<SystemStatus>(nats, 'system.status', {})).problems ?? []).map(({ code }) => code);

/** What comes of asking once for a device of that host: `reserved`, or the code of the refusal. */
const tryOnce = async (vmId: string, hostId: string): Promise<string> => {
  try {
    const wish = { vmId, hostId, devices: [{ device: '10GE' }] };
    const reply = await nats.request('vfleet.api.reservations.reserve', JSON.stringify(wish), { timeout: 2_000 });
    return reply.headers?.get('Nats-Service-Error-Code') || 'reserved';
  } catch {
    return 'no answer';
  }
};

describe('when PostgreSQL fails over to its replica', () => {
  it(
    'under load, nothing acknowledged is lost where the replica is synchronous, and services find it by themselves',
    async () => {
      await waitForReplica(primary);
      const load = aSteadyLoad({ nats, hosts: HOSTS, name: 'synchronous', stay: 200 });
      await load.goesOn(200);
      const healing = timeToHeal('fail-over to a synchronous replica');
      await failOver();
      await load.goesOn();
      await ask(nats, 'devices.list', { limit: 1 });
      await copied(database, nats);
      healing.isOver();
      await load.goesOn(200);
      await load.stop();
      staying = load.staying.size;
      await until('every fact to be decided', async () => (await database.query('select from journal.claims')).rowCount === staying, 2 * MINUTES);
      await expectPromisesKept(database, staying);
      const inTheLog = new Set(await reservationsOf(database));
      expect(load.acknowledged.filter((one) => !inTheLog.has(one))).toEqual([]);
      await expectCopyOfJournal(database, nats);
      expect(await problems()).toEqual([]);
    },
    5 * MINUTES,
  );

  it(
    'and the replica lacks the last events, no device is given until an operator has decided, and reads are answered',
    async () => {
      stream.leadTo(primary.server.port);
      replica = await aReplica(primary, stream.port);
      hosts.push(replica);
      await answers('allocator');
      await until('the last reservation before', async () => (await tryOnce('before', 'h0')) === 'reserved', MINUTES);
      await copied(database, nats);
      stream.leadTo(undefined);
      expect(await tryOnce('forgotten', 'h1')).toBe('reserved');
      await copied(database, nats);
      const lost = await head(database);
      await failOver();
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => tryOnce(`early-${n}`, `h${n + 2}`)));
      expect(outcomes.filter((outcome) => outcome === 'reserved')).toEqual([]);
      expect(await head(database)).toBeLessThan(lost);
      await until('the loss to be told', async () => (await problems()).includes('STREAM_AHEAD'), MINUTES);
      await until('requests to be refused', async () => (await tryOnce('late', 'h0')) === '503', MINUTES);
      expect((await ask<{ items: Device[] }>(nats, 'devices.list', { limit: 10 })).items).toHaveLength(10);
    },
    5 * MINUTES,
  );

  it(
    'and the operator deletes the stream, as the guide says, everything goes on from what the replica has',
    async () => {
      const healing = timeToHeal('stream deleted by the operator');
      await (await jetstreamManager(nats)).streams.delete(STREAMS.EVT.name);
      await until('a reservation', async () => (await tryOnce('forgotten', 'h1')) === 'reserved', MINUTES);
      await copied(database, nats);
      healing.isOver();
      await expectCopyOfJournal(database, nats);
      await until('no problem to be told', async () => (await problems()).length === 0, MINUTES);
    },
    5 * MINUTES,
  );
});
