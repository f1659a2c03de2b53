import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, Lease, migrateJournal, openPool, type Batch, type Fence, type NewEvent } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { randomOf } from '../random.js';
import { World } from '../time/world.js';
import { Store } from './store.js';

let database: TestDatabase;
let real: pg.Pool;

beforeAll(async () => {
  database = await aDatabase();
  real = openPool({ url: database.url, name: 'simulation-spec' });
  await migrateJournal(real);
});
afterAll(async () => {
  await real.end();
  await database.close();
});

const event = (number: number, stream: string, version: number): NewEvent => ({
  id: `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`,
  stream,
  version,
  type: 'Happened',
  data: { number, none: undefined, longer: { b: [1, { z: null, a: 'x' }], aa: true } },
  meta: { source: 'spec' },
});

type Step = (parts: { readonly journal: Journal; readonly pool: pg.Pool; readonly fences: Map<string, Fence> }) => Promise<unknown>;

const append =
  (batch: Batch, owner?: string): Step =>
  async ({ journal, fences }) =>
    (await journal.append(batch, owner === undefined ? undefined : fences.get(owner))).base;
const acquire =
  (owner: string, milliseconds = 60_000): Step =>
  async ({ pool, fences }) => {
    const fence = await new Lease({ pool, name: 'spec', owner, milliseconds }).acquire();
    if (fence) fences.set(owner, fence);
    return fence;
  };
const claim = (claimed: string, holder: string) => ({ change: 'claim', claimed, holder }) as const;
const release = (claimed: string, holder: string) => ({ change: 'release', claimed, holder }) as const;
const read: Step = async ({ journal }) => (await journal.read(0, 100)).map(({ recordedAt: _, ...one }) => JSON.stringify(one));
const mark = (key: string, value: object) => ({ key, value });

/** What a service asks of the journal, with what it is refused for. */
const STEPS: readonly (readonly [string, Step])[] = [
  ['an empty log', async ({ journal }) => [await journal.head(), await journal.read(0, 10), await journal.positionOf(event(1, 'a', 1).id)]],
  ['two streams in one transaction', append({ events: [event(1, 'a', 1), event(2, 'b', 1), event(3, 'a', 2)], inbox: ['k1'] })],
  ['a version that is there', append({ events: [event(4, 'a', 2)] })],
  ['a version that is ahead', append({ events: [event(4, 'a', 4)] })],
  ['an id that is there', append({ events: [event(1, 'c', 1)] })],
  ['a key that is there', append({ events: [event(4, 'a', 3)], inbox: ['k0', 'k1'] })],
  ['which keys are there', async ({ journal }) => [...(await journal.received(['k0', 'k1', 'k2']))]],
  ['a claim', append({ events: [event(5, 'a', 3)], claims: [claim('d1', 'vm-1')] })],
  ['a claim that is held', append({ events: [event(6, 'a', 4)], claims: [claim('d1', 'vm-2')] })],
  ['a claim of another one that is given back', append({ events: [event(6, 'a', 4)], claims: [release('d1', 'vm-2')] })],
  ['a claim that changes hands', append({ events: [event(6, 'a', 4)], claims: [release('d1', 'vm-1'), claim('d1', 'vm-2')] })],
  ['marks alone', append({ events: [], marks: [mark('vm:1', { due: '', b: 1 }), mark('vm:2', { b: 2 })] })],
  ['marks that are found', async ({ journal }) => [...(await journal.marks('vm:'))].sort((a, b) => (a.key < b.key ? -1 : 1))],
  ['marks with a field', ({ journal }) => journal.marks('vm:', 'due')],
  ['the first owner', acquire('one')],
  ['a second owner', acquire('two')],
  ['the first owner again', acquire('one')],
  ['what the owner writes', append({ events: [event(7, 'a', 5)] }, 'one')],
  [
    'an owner who has been replaced',
    async (parts) => {
      parts.fences.set('old', { lease: 'spec', fence: 1 });
      return append({ events: [event(8, 'a', 6)] }, 'old')(parts);
    },
  ],
  ['a stream', async ({ journal }) => (await journal.readStream('a', 2)).map(({ position, version }) => [position, version])],
  ['events at positions', async ({ journal }) => (await journal.readAt([2, 99, 1])).map(({ id }) => id)],
  ['the whole log, its text included', read],
];

/** What each step comes to: an answer, or the name of what it was refused for. */
const answersOf = async (pool: pg.Pool, settle: <T>(work: Promise<T>) => Promise<T>): Promise<readonly unknown[]> => {
  const parts = { journal: new Journal(pool), pool, fences: new Map<string, Fence>() };
  const answers: unknown[] = [];
  for (const [name, step] of STEPS) answers.push([name, await settle(step(parts)).catch((error: Error) => error.name)]);
  return answers;
};

describe('the store of the simulation', () => {
  it('answers, refuses and keeps as PostgreSQL does', async () => {
    const world = new World(randomOf(1), Date.now());
    const store = new Store(world, () => undefined);
    const settle = async <T>(work: Promise<T>): Promise<T> => {
      let isOver = false;
      const over = (): void => void (isOver = true);
      work.then(over, over);
      while (!isOver) await world.step(Number.POSITIVE_INFINITY);
      return work;
    };
    const simulated = await answersOf(store.poolOf(world.begin('spec')), settle);
    expect(simulated).toEqual(await answersOf(real, (work) => work));
    expect(simulated).toContainEqual(['an owner who has been replaced', 'Fenced']);
  });
});
