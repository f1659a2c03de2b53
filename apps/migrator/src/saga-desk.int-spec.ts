import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, migrateJournal, openPool, type Appended, type Batch, type Fence } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { HotplugTold } from './testing/given-hotplug.js';
import type { Undertaking } from './domain/undertaking.js';
import type { UndertakingCommand } from './domain/undertaking.decider.js';
import { SagaDesk, type Heard } from './saga-desk.js';
import { SagaMemory } from './saga-memory.js';

let database: TestDatabase;
let pool: pg.Pool;
let journal: Journal;
const lost: Error[] = [];

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'saga-desk-spec' });
  await migrateJournal(pool);
  journal = new Journal(pool);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

interface Instance {
  readonly memory: SagaMemory;
  readonly hear: (id: string, told: object) => Promise<Heard>;
  /** What whoever goes on with moves and hot-plugs was told. */
  readonly changed: readonly string[];
}

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

/** An instance, as after its start. */
const anInstance = async (own = journal): Promise<Instance> => {
  const memory = new SagaMemory(own);
  await memory.follow();
  const nothing = (): void => undefined;
  const onLost = (error: Error): void => void lost.push(error);
  const changed: string[] = [];
  const onChanged = ({ migrationId, state }: Undertaking): void => void changed.push(`${migrationId} ${state}`);
  const desk = new SagaDesk({ journal: own, memory, fence: () => undefined, onCommit: nothing, onChanged, onLost, log: nothing });
  return { memory, changed, hear: (id, told) => desk.submit(id, { now: new Date().toISOString(), ...told } as UndertakingCommand) };
};

const move = (migrationId: string, vmId: string): object => ({ type: 'Start', migrationId, request: { vmId } });
const hotplug = (migrationId: string, vmId: string): object => ({ type: 'Hotplug', migrationId, vmId, wish: { verb: 'detach', requestName: 'gpu' } });
const rejected: HotplugTold = { type: 'Reject', code: 'REQUEST_NOT_FOUND', message: 'nothing' };

describe('a VM with which something is under way', () => {
  it.each([
    ['a move', 'a move', move, move],
    ['a hot-plug', 'a hot-plug', hotplug, hotplug],
    ['a move', 'a hot-plug', move, hotplug],
    ['a hot-plug', 'a move', hotplug, move],
  ])('%s: is not begun %s with, neither at the same moment nor later, until it is over', async (_first, _second, first, second) => {
    const { hear } = await anInstance();
    const [vmId, one, other, third, fourth] = [uuidv7(), uuidv7(), uuidv7(), uuidv7(), uuidv7()];
    // Whatever is asked for while something is being committed is decided together.
    const before = hear(uuidv7(), move(uuidv7(), uuidv7()));
    const [begun, refused] = await Promise.all([hear(one, first(one, vmId)), hear(other, second(other, vmId))]);
    await before;
    expect([begun.undertaking.state, refused.undertaking.state, refused.busyWith?.migrationId]).toEqual(['requested', 'none', one]);
    expect((await hear(third, second(third, vmId))).busyWith?.migrationId).toBe(one);
    await hear(one, rejected);
    expect((await hear(fourth, second(fourth, vmId))).undertaking.state).toBe('requested');
    expect(lost).toEqual([]);
  });
});

describe('an instance that stands by', () => {
  it('knows what is under way, and forgets what has ended since', async () => {
    const active = await anInstance();
    const [vmId, one, next] = [uuidv7(), uuidv7(), uuidv7()];
    await active.hear(one, hotplug(one, vmId));
    const standby = await anInstance();
    expect([standby.memory.activeOf(vmId), standby.memory.open().has(one)]).toEqual([one, true]);
    await active.hear(one, rejected);
    await standby.memory.follow();
    expect([standby.memory.activeOf(vmId), standby.memory.open().has(one)]).toEqual([undefined, false]);
    expect((await standby.hear(next, hotplug(next, vmId))).busyWith).toBeUndefined();
    expect(lost).toEqual([]);
  });
});

describe('what was begun by an append that was taken for lost', () => {
  it('is gone on with, once', async () => {
    const { hear, changed } = await anInstance(new LeftJournal(pool));
    const [vmId, one] = [uuidv7(), uuidv7()];
    expect((await hear(one, move(one, vmId))).undertaking.state).toBe('requested');
    expect(changed).toEqual([`${one} requested`]);
    expect(await journal.readStream(`migration-${one}`)).toHaveLength(1);
    expect(lost).toEqual([]);
  });
});
