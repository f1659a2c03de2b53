import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, STREAMS } from '@vfleet/contracts';
import { PostgresServer, type NatsServer } from '@vfleet/embedded';
import { aFolder, aNatsCluster, aProgram, ask, publishHosts, until, type NatsCluster, type RunningProgram } from '@vfleet/testing';
import pg from 'pg';
import { copied, expectCopyOfJournal } from './testing/copy-of-journal.js';
import { expectPromisesKept, reservationsOf } from './testing/log.js';
import { aSteadyLoad, type SteadyLoad } from './testing/steady-load.js';
import { timeToHeal } from './testing/time-to-heal.js';

/** A prime, so that those that stay spread over all. */
const HOSTS = 29;
const DEVICES = 64;
const MINUTES = 60_000;
const EVENTS = STREAMS.EVT.name;
const FACTS = STREAMS.IN.name;

let postgres: PostgresServer;
let cluster: NatsCluster;
let nats: NatsConnection;
let database: pg.Pool;
let allocator: RunningProgram;
const programs: RunningProgram[] = [];

const start = (app: string, environment: NodeJS.ProcessEnv = {}): RunningProgram => {
  const program = aProgram(app, [], { VFLEET_PG_URL: postgres.url, VFLEET_NATS_URL: cluster.url, ...environment });
  programs.push(program);
  return program;
};
const answers = (service: string): Promise<unknown> =>
  until(
    () => `${service} to answer; it said ${programs.at(-1)?.said()}`,
    () => nats.request(`$SRV.PING.vfleet-${service}`, '', { timeout: 500 }),
    2 * MINUTES,
  );

beforeAll(async () => {
  [postgres, cluster] = await Promise.all([PostgresServer.start({ dataDir: aFolder('postgres') }), aNatsCluster()]);
  nats = await connect({ ...parseNatsUrl(cluster.url), maxReconnectAttempts: -1, reconnectTimeWait: 100, pingInterval: 1_000 });
  database = new pg.Pool({ connectionString: postgres.url, max: 2, connectionTimeoutMillis: 2 * MINUTES, query_timeout: 2 * MINUTES });
  allocator = start('allocator');
  await answers('allocator');
  await publishHosts(nats, HOSTS, DEVICES);
}, 5 * MINUTES);

afterAll(async () => {
  await Promise.all(programs.map((one) => one.kill('SIGKILL')));
  await nats.close();
  await database.end();
  await cluster.close();
  await postgres.stop();
}, 3 * MINUTES);

/** Of a cluster that may have no leader at this moment. */
const manager = (): Promise<JetStreamManager> => jetstreamManager(nats, { checkAPI: false });

const replicasOf = async (): Promise<readonly number[]> => {
  const { streams } = await manager();
  return Promise.all(Object.values(STREAMS).map(async ({ name }) => (await streams.info(name)).config.num_replicas));
};

/** Resolves when each replica of each stream has what its leader has. */
const allCurrent = async (): Promise<void> => {
  const { streams } = await manager();
  const isCurrent = async (name: string): Promise<boolean> => {
    const { replicas = [] } = (await streams.info(name)).cluster ?? {};
    return replicas.length === 2 && replicas.every(({ current, offline }) => current && !offline);
  };
  await until(
    'all replicas to be current',
    async () => (await Promise.all(Object.values(STREAMS).map(({ name }) => isCurrent(name)))).every(Boolean),
    2 * MINUTES,
  );
};

const leaderName = async (): Promise<string | undefined> => (await (await manager()).streams.info(EVENTS)).cluster?.leader;

const aLoad = async (name: string): Promise<SteadyLoad> => {
  const load = aSteadyLoad({ nats, hosts: HOSTS, name, stay: 240 });
  await load.goesOn();
  return load;
};
/** Requests that change something are answered, and so are those that only look. */
const servesOn = async (load: SteadyLoad): Promise<void> => {
  await load.goesOn();
  await ask(nats, 'devices.list', { limit: 1 });
};

let staying = 0;
const told: string[] = [];

const settled = async (load: SteadyLoad): Promise<void> => {
  await load.stop();
  staying += load.staying.size;
  told.push(...load.acknowledged);
  await until('every fact to be decided', async () => (await database.query('select from journal.claims')).rowCount === staying, 2 * MINUTES);
};

const expectNothingLost = async (): Promise<void> => {
  await expectPromisesKept(database, staying);
  const inTheLog = new Set(await reservationsOf(database));
  expect(told.filter((one) => !inTheLog.has(one))).toEqual([]);
  await expectCopyOfJournal(database, nats);
};

describe('on three NATS servers', () => {
  it(
    'streams that were made with one replica have three when the allocator is told so',
    async () => {
      expect(await replicasOf()).toEqual([1, 1, 1]);
      await allocator.kill();
      allocator = start('allocator', { VFLEET_STREAM_REPLICAS: '3' });
      await until('three replicas', async () => (await replicasOf()).every((replicas) => replicas === 3), 2 * MINUTES);
      await allCurrent();
      start('inventory');
      await answers('allocator');
      await answers('inventory');
    },
    5 * MINUTES,
  );

  it.each([
    ['events', EVENTS],
    ['facts', FACTS],
  ])(
    'the server that leads the %s may be killed under load',
    async (name, stream) => {
      const load = await aLoad(name);
      const leader = await cluster.leaderOf(stream);
      const healing = timeToHeal(`leader of ${name} killed`);
      await leader.kill();
      try {
        await servesOn(load);
        await copied(database, nats);
        healing.isOver();
      } finally {
        await leader.restart();
      }
      await allCurrent();
      await settled(load);
      await expectNothingLost();
    },
    5 * MINUTES,
  );

  it(
    'what the server holds that was killed is the whole again once it is back, and may lead',
    async () => {
      const led = new Set<string>();
      while (led.size < cluster.servers.length) {
        const leader = await until('a leader', leaderName, MINUTES);
        led.add(leader);
        await expectCopyOfJournal(database, nats);
        await until(
          'another leader',
          async () => {
            if ((await leaderName()) === leader) await nats.request(`$JS.API.STREAM.LEADER.STEPDOWN.${EVENTS}`, '', { timeout: 1_000 });
            return ![undefined, '', leader].includes(await leaderName());
          },
          MINUTES,
        );
      }
    },
    5 * MINUTES,
  );

  it(
    'the server that leads the events may be cut off from all others, and come back',
    async () => {
      const load = await aLoad('cut-off');
      const leader = await cluster.leaderOf(EVENTS);
      const healing = timeToHeal('leader of events cut off');
      process.kill(leader.pid, 'SIGSTOP');
      try {
        await servesOn(load);
        await copied(database, nats);
        healing.isOver();
      } finally {
        process.kill(leader.pid, 'SIGCONT');
      }
      await allCurrent();
      await settled(load);
      await expectNothingLost();
    },
    5 * MINUTES,
  );

  it(
    'two may be gone: requests are answered, events wait, and the stream has them all when one is back',
    async () => {
      const load = await aLoad('majority');
      const [first, second] = cluster.servers as readonly [NatsServer, NatsServer];
      await Promise.all([first.kill(), second.kill()]);
      await servesOn(load);
      await load.goesOn(500);
      const healing = timeToHeal('one of two back');
      try {
        await first.restart();
        await copied(database, nats);
        healing.isOver();
      } finally {
        await second.restart();
      }
      await allCurrent();
      await settled(load);
      await expectNothingLost();
    },
    5 * MINUTES,
  );
});
