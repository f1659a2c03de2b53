import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AlreadyReceived,
  Fenced,
  Journal,
  StreamAhead,
  Lease,
  StreamConflict,
  migrateJournal,
  openPool,
  type Appended,
  type Batch,
  type Fence,
} from '@vfleet/journal';
import { aDatabase, aDevice, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { Desk, Undecidable } from './desk.js';
import type { Command } from './domain/decide.js';
import { FleetMemory } from './fleet-memory.js';
import { fact, vmState } from './testing/given.js';

let database: TestDatabase;
let pool: pg.Pool;
let journal: Journal;
const lost: Error[] = [];

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'desk-spec' });
  await migrateJournal(pool);
  journal = new Journal(pool);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

interface Seat {
  readonly desk: Desk;
  readonly memory: FleetMemory;
}

/** A desk over a memory that is folded from the journal, as after a start. */
const aDesk = async (fence?: Fence, halted?: () => Error | undefined, own = journal): Promise<Seat> => {
  const memory = new FleetMemory();
  for (const { stream, version, type, data } of await journal.read(0, 10_000)) memory.apply(stream, version, { type, data });
  memory.commit();
  const nothing = (): void => undefined;
  const onLost = (error: Error): void => void lost.push(error);
  return {
    memory,
    desk: new Desk({
      journal: own,
      memory,
      fence: () => fence,
      ...(halted && { halted }),
      onCommit: nothing,
      onEffect: nothing,
      onLost,
      log: nothing,
    }),
  };
};

let hosts = 0;
/** A host with one device that is named `10GE`. */
const aHost = async ({ desk }: Seat): Promise<string> => {
  const hostId = `h${(hosts += 1)}`;
  await desk.submit({ command: fact('HostOnline', hostId, { hostname: hostId, agentVersion: '0', heartbeatSeconds: 10 }) });
  await desk.submit({
    command: fact('DeviceDiscovered', hostId, { device: aDevice(hostId, '0000:28:00.1', { name: '10GE', iommuGroup: 1 }) }),
  });
  return hostId;
};
const wants = (hostId: string, vmId = `vm-${hostId}`): Command => ({ type: 'Reserve', request: { vmId, hostId, devices: [{ device: '10GE' }] } });
const types = async (stream: string): Promise<readonly string[]> => (await journal.readStream(stream)).map(({ type }) => type);
const holdings = ({ memory }: Seat): readonly string[] => [...memory.holders()];

describe('the desk', () => {
  it('gives the last device to one of those who ask at the same time', async () => {
    const seat = await aDesk();
    const hostId = await aHost(seat);
    const answers = await Promise.all(['vm-a', 'vm-b', 'vm-c'].map((vmId) => seat.desk.submit({ command: wants(hostId, vmId) })));
    expect(answers.map(({ kind }) => kind)).toEqual(['reservation', 'refused', 'refused']);
    expect((await types(`host-${hostId}`)).filter((type) => type === 'DevicesReserved')).toHaveLength(1);
    const { rows } = await pool.query(`select holder from journal.claims where claimed = any($1)`, [
      [...(seat.memory.host(hostId)?.devices.keys() ?? [])],
    ]);
    expect(rows).toEqual([{ holder: 'vm-a' }]);
  });

  it('decides nothing while the journal is known to have lost its tail, and goes on when that is settled', async () => {
    let halt: Error | undefined;
    const seat = await aDesk(undefined, () => halt);
    const hostId = await aHost(seat);
    halt = new StreamAhead('sequence 9, position 5');
    await expect(seat.desk.submit({ command: wants(hostId) })).rejects.toThrow(halt);
    expect(holdings(seat)).not.toContain(`vm-${hostId}`);
    halt = undefined;
    expect(await seat.desk.submit({ command: wants(hostId) })).toMatchObject({ kind: 'reservation' });
  });

  it('decides a message once that comes twice in one batch, again later, and again after a restart', async () => {
    const seat = await aDesk();
    const hostId = await aHost(seat);
    const job = { command: vmState('vm-twice', 'starting', { hostId, devices: [{ device: 'nothing-like-it' }] }), key: 'message-1' };
    await Promise.all([seat.desk.submit(job), seat.desk.submit(job)]);
    await seat.desk.submit(job);
    const restarted = await aDesk();
    const [again, other] = await Promise.all([restarted.desk.submit(job), restarted.desk.submit({ command: wants(hostId, 'vm-once') })]);
    expect([again.kind, other.kind]).toEqual(['nothing', 'reservation']);
    expect(await types('vm-vm-twice')).toEqual(['VmStateRecorded', 'ReservationRejected']);
  });

  it('keeps to itself what one command does that can never be written', async () => {
    const seat = await aDesk();
    const [first, second] = [await aHost(seat), await aHost(seat)];
    const unstorable = vmState('vm-bad', 'starting', { hostId: first, devices: [{ device: 'half \ud800' }] });
    const [one, bad, other] = await Promise.allSettled([
      seat.desk.submit({ command: wants(first) }),
      seat.desk.submit({ command: unstorable }),
      seat.desk.submit({ command: wants(second) }),
    ]);
    expect([one.status, bad.status === 'rejected' && bad.reason instanceof Undecidable, other.status]).toEqual(['fulfilled', true, 'fulfilled']);
    expect([seat.memory.vm('vm-bad'), await types('vm-vm-bad')]).toEqual([undefined, []]);
    expect(new Set(holdings(await aDesk()))).toEqual(new Set(holdings(seat)));
  });

  it('goes over everything again that was decided after a command that can never be written', async () => {
    const seat = await aDesk();
    const hostIds: string[] = [];
    for (let n = 0; n < 3; n += 1) hostIds.push(await aHost(seat));
    const unstorable = vmState('vm-worse', 'starting', { hostId: hostIds[0], devices: [{ device: 'half \ud800' }] });
    const wanting = Array.from({ length: 900 }, (_, n) => wants(hostIds[n % 3] as string, `vm-ahead-${n}`));
    const commands = [...wanting.slice(0, 100), unstorable, ...wanting.slice(100)];
    const answers = await Promise.allSettled(commands.map((command) => seat.desk.submit({ command })));
    expect(answers.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' && answer.value.kind === 'reservation' ? [answer.value] : []));
    expect(given).toHaveLength(3);
    expect(new Set(holdings(await aDesk()))).toEqual(new Set(holdings(seat)));
    for (const hostId of hostIds) expect((await types(`host-${hostId}`)).filter((type) => type === 'DevicesReserved')).toHaveLength(1);
  });

  it('says in each event which owner decided it', async () => {
    const fence = await new Lease({ pool, name: 'desk', owner: 'first', milliseconds: 60_000 }).acquire();
    const hostId = await aHost(await aDesk(fence));
    expect((await journal.readStream(`host-${hostId}`)).map(({ meta }) => meta)).toEqual([
      { source: 'allocator', fence: 1 },
      { source: 'allocator', fence: 1 },
    ]);
  });

  it('of an owner that was replaced writes nothing, believes nothing and says so', async () => {
    const fence = await new Lease({ pool, name: 'desk-2', owner: 'first', milliseconds: 1 }).acquire();
    const seat = await aDesk(fence);
    const hostId = await aHost(seat);
    await pool.query(`update journal.leases set expires_at = now() - interval '1 second' where name = 'desk-2'`);
    await new Lease({ pool, name: 'desk-2', owner: 'second' }).acquire();
    const head = await journal.head();
    await expect(seat.desk.submit({ command: wants(hostId) })).rejects.toThrow(Fenced);
    expect([await journal.head(), lost.at(-1), seat.memory.hostsOf(`vm-${hostId}`)]).toEqual([head, expect.any(Fenced), []]);
  });

  it('of which an append came through that was taken for lost decides nothing over what it does not know, and says so', async () => {
    const seat = await aDesk(undefined, undefined, new LeftJournal(pool));
    const hostId = `h${(hosts += 1)}`;
    const told = fact('HostOnline', hostId, { hostname: hostId, agentVersion: '0', heartbeatSeconds: 10 });
    await expect(seat.desk.submit({ command: told, key: 'message-left' })).rejects.toThrow(AlreadyReceived);
    expect([lost.at(-1), await types(`host-${hostId}`)]).toEqual([expect.any(AlreadyReceived), ['HostOnline']]);
  });

  it('that does not know what another has written writes nothing and says so', async () => {
    const [one, other] = [await aDesk(), await aDesk()];
    const hostId = await aHost(one);
    await expect(aHostAgain(other, hostId)).rejects.toThrow(StreamConflict);
    expect([lost.at(-1), await types(`host-${hostId}`)]).toEqual([expect.any(StreamConflict), ['HostOnline', 'DeviceDiscovered']]);
  });
});

/** Its first append is recorded after its connection has broken, and before anybody tries again. */
class LeftJournal extends Journal {
  private isLeft = false;

  override async append(batch: Batch, fence?: Fence): Promise<Appended> {
    const appended = await super.append(batch, fence);
    if (this.isLeft) return appended;
    this.isLeft = true;
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  }
}

const aHostAgain = ({ desk }: Seat, hostId: string) =>
  desk.submit({ command: fact('HostOnline', hostId, { hostname: hostId, agentVersion: '0', heartbeatSeconds: 10 }) });
