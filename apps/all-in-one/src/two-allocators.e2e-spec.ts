import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, vmFactSubject, type Reservation, type SystemStatus, type VmReportOutcome } from '@vfleet/contracts';
import { NatsServer, PostgresServer } from '@vfleet/embedded';
import { aFolder, aProgram, ask, each, insist, publishHosts, until, type RunningProgram } from '@vfleet/testing';
import { join } from 'node:path';
import pg from 'pg';
import { count, expectPromisesKept, reservationsOf } from './testing/log.js';

const HOSTS = 150;
const DEVICES = 64;
const VMS = 3_000;
const MINUTES = 60_000;

let postgres: PostgresServer;
let bus: NatsServer;
let nats: NatsConnection;
let database: pg.Pool;
let stopping = false;
const programs: RunningProgram[] = [];
const allocators: RunningProgram[] = [];

const start = (app: string): RunningProgram => {
  const program = aProgram(app, [], { VFLEET_PG_URL: postgres.url, VFLEET_NATS_URL: bus.url });
  programs.push(program);
  return program;
};
/**
 * Starts an allocator, and another one when it ends by itself, as a supervisor does: so it does when it was replaced, and on a
 * machine that is busy enough the one that stands by replaces one that is only slow.
 */
const startAllocator = (): void => {
  const allocator = start('allocator');
  allocators.push(allocator);
  void allocator.ended.then((end) => end === 1 && !stopping && startAllocator());
};

/** How many allocators decide, and how many stand by, as the status of the system has it. */
const roles = async (): Promise<string> => {
  const { services } = await ask<SystemStatus>(nats, 'system.status', {});
  const of = (role: string): number => services.filter((service) => service.name === 'vfleet-allocator' && service.role === role).length;
  return `${of('active')} active, ${of('standby')} standing by`;
};
const rolesAre = (wanted: string): Promise<true> => until(wanted, async () => (await roles()) === wanted, 2 * MINUTES);

/** Number of the present owner, how much it has written, and the one that says that it is it. */
const present = async (): Promise<number> =>
  Number((await database.query<{ fence: string }>(`select fence from journal.leases where name = 'allocator'`)).rows[0]?.fence);
const writtenBy = (owner: number): Promise<number> => count(database, `select 1 from journal.events where (meta->>'fence')::bigint = ${owner}`);
const allocatorOf = (owner: number): Promise<RunningProgram> =>
  until(`owner ${owner} to say so`, () => allocators.find(({ said }) => said().includes(`"fence":${owner},"msg":"this instance decides now"`)));

beforeAll(async () => {
  const folder = aFolder('two-allocators');
  [postgres, bus] = await Promise.all([
    PostgresServer.start({ dataDir: join(folder, 'postgres') }),
    NatsServer.start({ storeDir: join(folder, 'nats') }),
  ]);
  nats = await connect(parseNatsUrl(bus.url));
  database = new pg.Pool({ connectionString: postgres.url, max: 2 });
  startAllocator();
  await until('the first allocator', () => nats.request('$SRV.PING.vfleet-allocator', '', { timeout: 500 }), 2 * MINUTES);
  startAllocator();
  start('inventory');
  await publishHosts(nats, HOSTS, DEVICES);
}, 10 * MINUTES);

afterAll(async () => {
  stopping = true;
  await Promise.all(programs.map((one) => one.kill('SIGKILL')));
  await nats.close();
  await database.end();
  await bus.stop();
  await postgres.stop();
}, 3 * MINUTES);

const acknowledged: string[] = [];
let vms = 0;

/** One VM is reported by request, one reserves, one is told by a fact, now and then three times over. */
const startVm = async (n: number): Promise<void> => {
  const vmId = `vm-${n}`;
  const wish = { vmId, hostId: `h${n % HOSTS}`, devices: [{ device: '10GE' }] };
  const state = { ...wish, state: 'starting', sequence: 1 };
  if (n % 3 === 0) {
    const answer = await ask<VmReportOutcome>(nats, 'vms.report', state);
    if (answer.outcome === 'reserved') acknowledged.push(`${vmId} ${answer.reservation?.reservationId}`);
  } else if (n % 3 === 1) acknowledged.push(`${vmId} ${(await ask<Reservation>(nats, 'reservations.reserve', wish)).reservationId}`);
  else
    for (let copy = 0; copy < (n % 10 === 1 ? 3 : 1); copy += 1)
      await insist(() => jetstream(nats).publish(vmFactSubject(vmId, 'VmStateChanged'), JSON.stringify(state)));
};

/** Starts VMs and strikes when a third of them has been started; resolves when each has its device. */
const startVms = async (strike: () => void): Promise<void> => {
  const first = vms;
  await each(VMS, async (n) => {
    if (n === VMS / 3) strike();
    await startVm(first + n);
  });
  vms += VMS;
  await until('every fact to be decided', async () => (await count(database, 'select 1 from journal.claims')) === vms, 2 * MINUTES);
};

/** Nothing lost, nothing doubled: each VM was given something once, and each that was told so was told what the log says. */
const expectNothingLostOrDoubled = async (): Promise<void> => {
  await expectPromisesKept(database, vms);
  const given = await reservationsOf(database);
  expect([given.length, acknowledged.length]).toEqual([vms, (2 * vms) / 3]);
  const inTheLog = new Set(given);
  expect(acknowledged.filter((one) => !inTheLog.has(one))).toEqual([]);
};

describe('of two allocators', () => {
  it('one decides and the other says that it stands by', async () => {
    await rolesAre('1 active, 1 standing by');
    expect((await allocatorOf(await present())).said()).not.toContain('this instance must not decide any more');
  });

  it(
    'the one that stands by goes on when the other is killed under load',
    async () => {
      const owner = await present();
      const killed = await allocatorOf(owner);
      await startVms(() => killed.process.kill('SIGKILL'));
      expect(await present()).toBeGreaterThan(owner);
      await expectNothingLostOrDoubled();
      startAllocator();
      await rolesAre('1 active, 1 standing by');
    },
    10 * MINUTES,
  );

  it(
    'the one that stands by goes on when the other sleeps, which, woken, writes nothing and ends',
    async () => {
      const owner = await present();
      const sleeper = await allocatorOf(owner);
      let written: number | undefined;
      const wake = async (): Promise<void> => {
        await until('another owner', async () => (await present()) > owner, 2 * MINUTES);
        written = await writtenBy(owner);
        sleeper.process.kill('SIGCONT');
      };
      let woken: Promise<void> | undefined;
      await startVms(() => {
        sleeper.process.kill('SIGSTOP');
        woken = wake();
      });
      await woken;
      expect(await sleeper.ended).toBe(1);
      expect(sleeper.said()).toContain('this instance must not decide any more');
      expect(await writtenBy(owner)).toBe(written);
      await expectNothingLostOrDoubled();
      await rolesAre('1 active, 1 standing by');
    },
    10 * MINUTES,
  );

  it(
    'neither makes room for a third, and when all are killed a new one decides',
    async () => {
      startAllocator();
      await rolesAre('1 active, 2 standing by');
      await startVms(() => {
        for (const one of allocators) one.process.kill('SIGKILL');
        startAllocator();
      });
      await rolesAre('1 active, 0 standing by');
      await expectNothingLostOrDoubled();
    },
    10 * MINUTES,
  );
});
