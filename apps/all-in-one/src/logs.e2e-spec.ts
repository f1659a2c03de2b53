import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { vmFactSubject } from '@vfleet/contracts';
import { NatsServer } from '@vfleet/embedded';
import { aDatabase, aFolder, aProgram, until, type RunningProgram, type TestDatabase } from '@vfleet/testing';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';

const MINUTES = 60_000;
/** Whoever finds one of these in an output has found a password. */
const BUS_SECRET = 'canary-of-the-bus-4711';
const DATABASE_SECRET = 'canary-of-the-database-0815';

// oxlint-disable-next-line no-control-regex
const ACTED_UPON = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const NASTY = 'evil\r\n{"level":"error"}\u001b[2J\u009b31m\u2028\u202e';

const DEAD_LETTER = 'vfleet.dlq.vm.vm-1.VmStateChanged';

const HTTP_PORTS = { VFLEET_ALLOCATOR_HTTP_PORT: '0', VFLEET_INVENTORY_HTTP_PORT: '0', VFLEET_MIGRATOR_HTTP_PORT: '0' };

let database: TestDatabase;
let bus: NatsServer;
let nats: NatsConnection;
let natsUrl: string;
let pgUrl: string;
const programs: RunningProgram[] = [];

const start = (app: string, args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}, command?: string): RunningProgram => {
  const servers = { VFLEET_PG_URL: pgUrl, VFLEET_NATS_URL: natsUrl, VFLEET_DASHBOARD_PORT: '0', VFLEET_LOG_LEVEL: 'debug', ...HTTP_PORTS };
  const program = aProgram(app, args, { ...servers, ...environment }, command);
  programs.push(program);
  return program;
};
/** What a program has written, as far as lines are whole. */
const linesOf = (program: RunningProgram): readonly string[] => program.said().split('\n').slice(0, -1).filter(Boolean);
const says = (program: RunningProgram, text: string): Promise<unknown> =>
  until(
    () => `${text} in ${program.said()}`,
    () => program.said().includes(text),
    2 * MINUTES,
  );

beforeAll(async () => {
  [database, bus] = await Promise.all([aDatabase(), NatsServer.start({ storeDir: aFolder('nats'), users: [{ user: 'op', password: BUS_SECRET }] })]);
  const url = new URL(bus.url);
  [url.username, url.password] = ['op', BUS_SECRET];
  natsUrl = url.href;
  const login = new URL(database.url);
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  const name = `canary_${process.pid}`;
  await owner.query(`create role ${name} login superuser password '${DATABASE_SECRET}'`);
  await owner.end();
  [login.username, login.password] = [name, DATABASE_SECRET];
  pgUrl = login.href;
  nats = await connect({ servers: url.host, user: 'op', pass: BUS_SECRET, maxReconnectAttempts: -1 });
}, 5 * MINUTES);

afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill('SIGKILL')));
  await nats.close();
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query(`drop role if exists canary_${process.pid}`).catch(() => undefined);
  await owner.end();
  await Promise.all([bus.stop(), database.close()]);
}, MINUTES);

/** Every row of every table, as text. */
const everyRow = async (): Promise<string> => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('journal', 'inventory')`,
  );
  const texts: string[] = [];
  for (const { name } of tables)
    texts.push((await client.query<{ rows: string }>(`select coalesce(string_agg(t::text, ' '), '') as rows from ${name} t`)).rows[0]?.rows ?? '');
  await client.end();
  expect(tables.length).toBeGreaterThan(10);
  return texts.join('\n');
};

/** Every message that the streams hold, with its headers. One that was never written to has the sequence 0, which nothing may be asked by. */
const everyKept = async (manager: JetStreamManager): Promise<readonly string[]> => {
  const texts: string[] = [];
  for await (const { config, state } of manager.streams.list())
    for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage(config.name, { seq });
      // Nothing is there where it has been deleted.
      if (message) texts.push(`${message.subject} ${JSON.stringify([...(message.header ?? [])])} ${message.string()}`);
    }
  return texts;
};

/** The same, with what each service says of itself. The server has just come back: it is asked until the dead letter is told. */
const everyMessage = async (): Promise<string> => {
  const status = await until('the inventory to answer', () => nats.request('vfleet.api.system.status', '{}', { timeout: 5_000 }), MINUTES);
  const manager = await until('JetStream to answer', () => jetstreamManager(nats), MINUTES);
  const kept = await until(
    'the dead letter to be in its stream',
    async () => {
      const messages = await everyKept(manager);
      return messages.some((message) => message.startsWith(`${DEAD_LETTER} `)) && messages;
    },
    MINUTES,
  );
  const texts = [status.string(), ...kept];
  for (const verb of ['INFO', 'STATS'])
    for await (const reply of await nats.requestMany(`$SRV.${verb}`, '', { strategy: 'timer', maxWait: 1_000 })) texts.push(reply.string());
  return texts.join('\n');
};

/** The metrics and the health of each service that says where it has them. */
const everyEndpoint = async (): Promise<string> => {
  const ports = programs.flatMap((program) =>
    program
      .said()
      .split('\n')
      .flatMap((line) => (line.includes('metrics and health are served') ? (/"port":(\d+)/.exec(line)?.[1] ?? []) : [])),
  );
  expect(ports.length).toBeGreaterThanOrEqual(3);
  const pages = ports.flatMap((port) => ['metrics', 'health/ready', 'health/live'].map((page) => `http://127.0.0.1:${port}/${page}`));
  return (await Promise.all(pages.map(async (page) => (await fetch(page)).text()))).join('\n');
};

describe('what services write', () => {
  it(
    'is JSON lines with constant messages, whatever comes in, and no password, whatever fails',
    async () => {
      const [allocator, inventory, dashboard, agent] = [
        start('allocator'),
        start('inventory'),
        start('dashboard'),
        start('host-agent', [], {
          VFLEET_AGENT_NATS_URL: natsUrl,
          VFLEET_AGENT_HOST_ID: 'h1',
          VFLEET_AGENT_STATE_FILE: `${aFolder('agent')}/agent.json`,
        }),
      ];
      const migrator = start('migrator');
      await Promise.all([says(allocator, 'service is ready'), says(inventory, 'service is ready'), says(migrator, 'service is ready')]);
      await says(dashboard, 'service is ready');
      // What is no JSON is quoted in the reason.
      await jetstream(nats).publish(vmFactSubject('vm-1', 'VmStateChanged'), NASTY);
      await says(allocator, 'a fact went to the dead letters');
      await bus.kill();
      await bus.restart();
      await says(dashboard, 'the connection to NATS has changed');
      const lines = [allocator, inventory, migrator, dashboard, agent].flatMap(linesOf);
      for (const line of lines) {
        expect(line).not.toMatch(ACTED_UPON);
        if (line.startsWith('{'))
          expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), service: expect.any(String), msg: expect.any(String) });
      }
      expect(lines.filter((line) => line.includes('evil')).length).toBeGreaterThan(0);
      expect(lines.filter((line) => line.includes('"msg":"evil'))).toEqual([]);
      for (const { said } of programs) for (const secret of [BUS_SECRET, DATABASE_SECRET]) expect(said()).not.toContain(secret);
      const [rows, messages, pages] = [await everyRow(), await everyMessage(), await everyEndpoint()];
      // What is looked through holds what came in, so it would hold a password as well.
      expect(rows).toContain('evil');
      expect(messages).toContain('evil');
      expect(pages).toContain('vfleet_dead_letters_total');
      for (const secret of [BUS_SECRET, DATABASE_SECRET]) for (const kept of [rows, messages, pages]) expect(kept).not.toContain(secret);
    },
    5 * MINUTES,
  );

  it.each([
    ['a port that is none', (url: string) => url.replace(/:\d+(?=\/|$)/, ':99999999')],
    ['a host with a blank', (url: string) => url.replace('127.0.0.1', 'no such host')],
    ['a protocol that is another', (url: string) => url.replace(/^\w+:/, 'ftp:')],
    ['a server that refuses', (url: string) => url.replace(/:\d+(?=\/|$)/, ':1')],
    ['another user', (url: string) => url.replace(/\/\/\w+:/, '//nobody:')],
  ])(
    'holds no password when an address has %s',
    async (_, spoil) => {
      const spoiled = { VFLEET_NATS_URL: spoil(natsUrl), VFLEET_PG_URL: spoil(pgUrl), VFLEET_AGENT_NATS_URL: spoil(natsUrl) };
      const some = [
        start('allocator', [], { VFLEET_NATS_URL: spoiled.VFLEET_NATS_URL }),
        start('inventory', [], { VFLEET_PG_URL: spoiled.VFLEET_PG_URL }),
        start('migrator', [], { VFLEET_NATS_URL: spoiled.VFLEET_NATS_URL }),
        start('dashboard', [], spoiled),
        start('cli', ['status', '--timeout', '5'], spoiled),
        start('host-agent', [], { ...spoiled, VFLEET_SIM_HOSTS_ARE_USERS: 'true', VFLEET_SIM_HOSTS: '1' }, 'simulate'),
        start('host-agent', ['--once'], { ...spoiled, VFLEET_AGENT_STATE_FILE: `${aFolder('agent')}/agent.json` }),
      ];
      await Promise.all(some.map((program) => until(`something said`, () => program.said() !== '', 2 * MINUTES)));
      for (const { said } of some) for (const secret of [BUS_SECRET, DATABASE_SECRET]) expect(said()).not.toContain(secret);
      await Promise.all(some.map((program) => program.kill('SIGKILL')));
    },
    3 * MINUTES,
  );
});
