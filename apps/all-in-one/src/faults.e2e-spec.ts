import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, vmFactSubject, type CloudEvent } from '@vfleet/contracts';
import { NatsServer, PostgresServer } from '@vfleet/embedded';
import { aFolder, aProgram, each, insist, publishHosts, until, type RunningProgram } from '@vfleet/testing';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { count, expectPromisesKept, head } from './testing/log.js';

const HOSTS = 340;
const DEVICES = 64;
const RESERVATIONS = 20_000;
const MINUTES = 60_000;

let postgres: PostgresServer;
let bus: NatsServer;
let storeDir: string;
let nats: NatsConnection;
let database: pg.Pool;
let stopping = false;
const services = new Map<string, RunningProgram>();

/** Keeps a service running, as a supervisor does. */
const keepRunning = (app: string): void => {
  const program = aProgram(app, [], { VFLEET_PG_URL: postgres.url, VFLEET_NATS_URL: bus.url, VFLEET_LOG_LEVEL: 'warn' });
  services.set(app, program);
  void program.ended.then(() => stopping || services.get(app) !== program || setTimeout(() => stopping || keepRunning(app), 200));
};

beforeAll(async () => {
  const folder = aFolder('faults');
  storeDir = join(folder, 'nats');
  [postgres, bus] = await Promise.all([PostgresServer.start({ dataDir: join(folder, 'postgres') }), NatsServer.start({ storeDir })]);
  nats = await connect({ ...parseNatsUrl(bus.url), maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  database = new pg.Pool({ connectionString: postgres.url, max: 2 });
  database.on('error', () => undefined);
  keepRunning('allocator');
  keepRunning('inventory');
  await until('the allocator', () => nats.request('$SRV.PING.vfleet-allocator', '', { timeout: 500 }), 2 * MINUTES);
}, 10 * MINUTES);

afterAll(async () => {
  stopping = true;
  await Promise.all([...services.values()].map((one) => one.kill()));
  await nats.close();
  await database.end();
  await bus.stop();
  await postgres.stop();
}, 3 * MINUTES);

const stateOf = (vmId: string, n: number): string =>
  JSON.stringify({ vmId, state: 'starting', hostId: `h${n % HOSTS}`, sequence: 1, devices: [{ device: '10GE' }] });

/** Asks and waits for the answer that comes after the commit. */
const reportOnce = async (vmId: string, n: number): Promise<void> => {
  const reply = await nats.request('vfleet.api.vms.report', stateOf(vmId, n), { timeout: 3_000 });
  const { outcome } = reply.json<{ outcome?: string }>();
  if (outcome !== 'reserved') throw new Error(reply.string());
};

/** Every second VM is reported by request, the others by a fact, some of these three times over. */
const start = async (n: number): Promise<void> => {
  const vmId = `vm-${n}`;
  if (n % 2 === 0) return insist(() => reportOnce(vmId, n));
  for (let copy = 0; copy < (n % 10 === 1 ? 3 : 1); copy += 1)
    await insist(() => jetstream(nats).publish(vmFactSubject(vmId, 'VmStateChanged'), stateOf(vmId, n)));
};

/** The stream holds every event once, at the sequence that is its position. */
const expectStreamToBeACopy = async (): Promise<void> => {
  const last = await head(database);
  const manager = await jetstreamManager(nats);
  await until('the stream to be complete', async () => (await manager.streams.info('VFLEET_EVT')).state.last_seq === last, 4 * MINUTES);
  const { rows } = await database.query<{ id: string }>('select event_id as id from journal.events order by position');
  const consumer = await jetstream(nats).consumers.get('VFLEET_EVT', {});
  const messages = await consumer.consume({ max_messages: 1_000 });
  let sequence = 0;
  for await (const message of messages) {
    const event = message.json<CloudEvent>();
    if (event.id !== rows[sequence]?.id || message.seq !== sequence + 1 || event.position !== String(sequence + 1))
      throw new Error(`sequence ${message.seq} holds ${event.position}`);
    sequence += 1;
    if (sequence === last) break;
  }
  expect(sequence).toBe(last);
};

const projected = async (): Promise<void> => {
  const last = await head(database);
  await until(
    'the projection to be complete',
    async () => (await count(database, `select 1 from journal.checkpoints where name = 'inventory' and position = ${last}`)) === 1,
    4 * MINUTES,
  );
};

/** Everything that the projection holds, table by table. */
const dump = async (): Promise<Readonly<Record<string, string>>> => {
  const { rows } = await database.query<{ table: string }>(
    `select tablename as table from pg_tables where schemaname = 'inventory' and tablename not like '%migrations%'`,
  );
  const tables: Record<string, string> = {};
  for (const { table } of rows) {
    const { rows: found } = await database.query<{ digest: string }>(
      `select count(*) || ' rows, ' || md5(string_agg(r::text, '|' order by r::text)) as digest from inventory.${table} as r`,
    );
    tables[table] = found[0]?.digest ?? '';
  }
  return tables;
};

describe('in the middle of 20,000 reservations', () => {
  it(
    'the allocator, the bus and the database may be killed: nothing acknowledged is lost, nothing is given twice',
    async () => {
      await publishHosts(nats, HOSTS, DEVICES);
      const strikes = [
        { at: 0.2, strike: () => services.get('allocator')?.process.kill('SIGKILL') },
        { at: 0.4, strike: () => bus.kill().then(() => bus.restart()) },
        { at: 0.6, strike: () => postgres.kill().then(() => postgres.restart()) },
        { at: 0.8, strike: () => services.get('inventory')?.process.kill('SIGKILL') },
      ];
      await each(RESERVATIONS, async (n) => {
        while (strikes[0] && n >= strikes[0].at * RESERVATIONS) void strikes.shift()?.strike();
        await start(n);
      });
      expect(strikes).toEqual([]);
      await until('every fact to be decided', async () => (await count(database, 'select 1 from journal.claims')) === RESERVATIONS, 5 * MINUTES);
      await expectPromisesKept(database, RESERVATIONS);
      await expectStreamToBeACopy();
    },
    20 * MINUTES,
  );

  it(
    'the whole JetStream directory may be removed: the stream comes back by itself, complete',
    async () => {
      const more = 600;
      await each(more, async (n) => {
        if (n === more / 2) void bus.kill().then(() => (rmSync(join(storeDir, 'jetstream'), { recursive: true, force: true }), bus.restart()));
        await insist(() => reportOnce(`late-${n}`, n));
      });
      await expectPromisesKept(database, RESERVATIONS + more);
      await expectStreamToBeACopy();
    },
    10 * MINUTES,
  );

  it(
    'the projection equals a fresh replay',
    async () => {
      await projected();
      const live = await dump();
      stopping = true;
      await services.get('inventory')?.kill();
      stopping = false;
      await database.query(
        `truncate ${Object.keys(live)
          .map((table) => `inventory.${table}`)
          .join(', ')}`,
      );
      await database.query(`delete from journal.checkpoints where name = 'inventory'`);
      keepRunning('inventory');
      await projected();
      expect(await dump()).toEqual(live);
    },
    10 * MINUTES,
  );
});
