import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts';
import {
  aDatabase,
  aNatsServer,
  aService,
  MoveWatch,
  MovingPlatform,
  until,
  type RunningProgram,
  type TestDatabase,
  type TestNats,
} from '@vfleet/testing';
import pg from 'pg';
import { EVERY_FAULT, unreliable } from './testing/every-fault.js';
import { endsOf, expectNothingLeaked } from './testing/moves-log.js';
import { PatientOperator } from './testing/patient-operator.js';
import { Simulation } from './testing/simulation.js';

/** `npm run test:moves` has 1,000. */
const MOVES = Number(process.env['VFLEET_MOVES'] ?? 80);
const HOSTS = Math.ceil(MOVES / 10);
const AT_ONCE = Math.min(Math.ceil(MOVES / 10), 48);
const VMS_EACH = 3;
const VMS = AT_ONCE * VMS_EACH;
const MINUTES = 60_000;
/** Seconds. Longer than the five after which an order is told again. */
const DEADLINES = { unplug: 7, migrate: 8, plug: 7 };
const VICTIMS = ['migrator', 'allocator', 'agents', 'migrator', 'agents', 'allocator'] as const;

let database: TestDatabase;
let bus: TestNats;
let nats: NatsConnection;
let pool: pg.Pool;
let platform: MovingPlatform;
let simulation: Simulation;
let watch: MoveWatch;
type Service = 'allocator' | 'inventory' | 'migrator';
const services = new Map<Service, RunningProgram>();

const startService = async (name: Service): Promise<void> => void services.set(name, await aService(name, { pgUrl: database.url, natsUrl: bus.url }));

beforeAll(async () => {
  [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
  nats = await connect(parseNatsUrl(bus.url));
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  watch = new MoveWatch(nats);
  for (const name of ['allocator', 'inventory', 'migrator'] as const) await startService(name);
  simulation = new Simulation(nats, bus.url, HOSTS);
  await simulation.told();
  platform = new MovingPlatform(nats, new Map(simulation.hostIds.map((hostId) => [hostId, simulation.plugs(hostId)])));
  platform.respond(true);
  await Promise.all(
    Array.from({ length: VMS }, (_, n) => {
      const match = { physicalNetwork: `physnet${1 + (n % 2)}` };
      const request = { match, migration: { mode: 'hotplug', match: 'network', deadlines: DEADLINES } };
      return platform.start(`vm-${n}`, simulation.hostIds[n % HOSTS] ?? '', request);
    }),
  );
}, 5 * MINUTES);

afterAll(async () => {
  platform?.close();
  await simulation?.close();
  await Promise.all([...services.values()].map((service) => service.kill('SIGKILL')));
  await pool?.end();
  await nats?.close();
  await bus?.close();
  await database?.close();
}, MINUTES);

/** Kills somebody who has a part in every move, and starts it again. */
const strike = async (victim: (typeof VICTIMS)[number]): Promise<void> => {
  if (victim === 'agents') return simulation.strike();
  const service = services.get(victim) as RunningProgram;
  service.process.kill('SIGKILL');
  await service.ended;
  await startService(victim);
};

/** So many VMs at once, each again and again, while somebody is killed now and then; by what each move ended. */
const moveAll = async (): Promise<readonly string[]> => {
  const operator = new PatientOperator(nats, watch);
  const elsewhere = (vmId: string) => (): string => {
    const others = simulation.hostIds.filter((hostId) => hostId !== platform.runsOn.get(vmId));
    return others[Math.floor(Math.random() * others.length)] ?? '';
  };
  const every = Math.floor(MOVES / (VICTIMS.length + 1));
  const striking: Promise<void>[] = [];
  const ends: string[] = [];
  let begun = 0;
  const lane = async (_: unknown, index: number): Promise<void> => {
    for (let n = 0; begun < MOVES; n += 1) {
      begun += 1;
      const victim = begun % every === 0 ? VICTIMS[begun / every - 1] : undefined;
      if (victim) striking.push(strike(victim));
      const vmId = `vm-${index + AT_ONCE * (n % VMS_EACH)}`;
      ends.push((await operator.move(vmId, elsewhere(vmId))).name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await Promise.all(striking);
  expect(striking).toHaveLength(VICTIMS.length);
  return ends;
};

/** Where each VM is by the ends of its moves. */
const whereabouts = (): ReadonlyMap<string, string> => {
  const where = new Map(Array.from({ length: VMS }, (_, n) => [`vm-${n}`, simulation.hostIds[n % HOSTS] ?? '']));
  for (const { name, data } of watch.events) if (name === 'MigrationCompleted') where.set(data.vmId, String(data['targetHostId']));
  return where;
};

describe(`${MOVES} moves between ${HOSTS} hosts, of which everybody who has a part does something wrong now and then`, () => {
  it(
    'all come to an end, with their devices where their VMs run',
    async () => {
      await simulation.simulate(EVERY_FAULT);
      platform.course = unreliable(platform);
      const ends = await moveAll();
      expect(ends).toHaveLength(MOVES);
      expect(ends).not.toContain('MigrationFailed');
      await simulation.simulate([]);
      const where = [...whereabouts()].map(([vmId, hostId]) => `${hostId} ${vmId}`);
      await watch.settled(simulation.hostIds, where);
    },
    15 * MINUTES,
  );

  it(
    'are in the log with nothing leaked: no device is held twice, or by nobody, and no order is open',
    async () => {
      await until('the last orders to be answered', () => expectNothingLeaked(pool, VMS).then(() => true), MINUTES);
      const { MigrationCompleted = 0, MigrationRolledBack = 0 } = await endsOf(pool);
      expect(MigrationCompleted + MigrationRolledBack).toBe(MOVES);
      expect(MigrationCompleted).toBeGreaterThan(MOVES / 2);
      expect(MigrationRolledBack).toBeGreaterThan(0);
    },
    2 * MINUTES,
  );
});
