import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { HotplugTold } from './testing/given-hotplug.js';
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

/** An instance, as after its start. */
const anInstance = async (): Promise<{ readonly memory: SagaMemory; readonly hear: (id: string, told: object) => Promise<Heard> }> => {
  const memory = new SagaMemory(journal);
  await memory.follow();
  const nothing = (): void => undefined;
  const onLost = (error: Error): void => void lost.push(error);
  const desk = new SagaDesk({ journal, memory, fence: () => undefined, onCommit: nothing, onChanged: nothing, onLost, log: nothing });
  return { memory, hear: (id, told) => desk.submit(id, { now: new Date().toISOString(), ...told } as UndertakingCommand) };
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
