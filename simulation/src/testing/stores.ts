import { setImmediate as nextTurn } from 'node:timers/promises';
import { migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { randomOf } from '../random.js';
import { Store } from '../store/store.js';
import { World } from '../time/world.js';

/** What stands in tables that nobody reads whole by the journal's library: in no order. */
export interface Contents {
  readonly claims: object;
  readonly inbox: readonly string[];
  readonly leases: object;
  readonly checkpoints: object;
}

export interface ProjectedRow {
  readonly key: string;
  readonly value: string;
}

/** A store, be it the simulation's or a PostgreSQL, with an empty journal and a projection's table. */
export interface StoreUnderTest {
  readonly pool: pg.Pool;
  /** Lets time go on until the work is done, or has failed. */
  settle<T>(work: Promise<T>): Promise<T>;
  /** Writes a row of the projection, in the transaction of the client. */
  put(client: pg.PoolClient, row: ProjectedRow): Promise<unknown>;
  /** The projection's rows, as one sees them who writes none. */
  rows(): Promise<readonly ProjectedRow[]>;
  contents(): Promise<Contents>;
}

/** Where stores come from: one is opened for each history. */
export interface Stores {
  open(): Promise<StoreUnderTest>;
  close(): Promise<void>;
}

/** The store in memory, which stands for PostgreSQL in the simulation. */
export const simulatedStores: Stores = {
  open: async () => {
    const world = new World(randomOf(1), Date.now());
    const store = new Store(world, () => undefined);
    const { tables } = store;
    const pool = store.poolOf(world.begin('spec'));
    return {
      pool,
      settle: async (work) => {
        let isOver = false;
        const over = (): void => void (isOver = true);
        work.then(over, over);
        // What is done without waiting is done before time goes on.
        for (await nextTurn(); !isOver; await nextTurn()) if (!(await world.step(Number.POSITIVE_INFINITY))) throw new Error('nothing more happens');
        return work;
      },
      put: (client, row) => client.query({ name: 'simulation put', text: '', values: [[[`projected ${row.key}`, row]]] }),
      rows: async () => (await pool.query<ProjectedRow>({ name: 'simulation rows', text: '', values: ['projected'] })).rows,
      contents: async () => ({
        claims: Object.fromEntries(tables.claims),
        inbox: [...tables.inbox],
        leases: Object.fromEntries([...tables.leases].map(([name, { fence, owner }]) => [name, { fence, owner }])),
        checkpoints: Object.fromEntries([...tables.checkpoints].map(([name, { position }]) => [name, position])),
      }),
    };
  },
  close: async () => undefined,
};

const ROWS = 'create table projected (key text primary key, value text not null)';

const EMPTY = `
alter table journal.events disable trigger user;
delete from journal.events;
alter table journal.events enable trigger user;
delete from journal.inbox; delete from journal.claims; delete from journal.marks; delete from journal.checkpoints;
delete from journal.leases; delete from projected;
update journal.counter set position = 0`;

const CONTENTS = `
select json_build_object(
  'claims', (select coalesce(json_object_agg(claimed, holder), '{}') from journal.claims),
  'inbox', (select coalesce(json_agg(key), '[]') from journal.inbox),
  'leases', (select coalesce(json_object_agg(name, json_build_object('fence', fence, 'owner', owner)), '{}') from journal.leases),
  'checkpoints', (select coalesce(json_object_agg(name, position), '{}') from journal.checkpoints)
) as contents`;

/** A database of its own, emptied for each history. */
export const postgresStores = async (): Promise<Stores> => {
  const database = await aDatabase();
  const pool = openPool({ url: database.url, name: 'histories-spec' });
  await migrateJournal(pool);
  await pool.query(ROWS);
  return {
    open: async () => {
      await pool.query(EMPTY);
      return {
        pool,
        settle: (work) => work,
        put: (client, { key, value }) =>
          client.query('insert into projected (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value', [key, value]),
        rows: async () => (await pool.query<ProjectedRow>('select key, value from projected')).rows,
        contents: async () => {
          const { rows } = await pool.query<{ readonly contents: Contents }>(CONTENTS);
          if (!rows[0]) throw new Error('a select without a table has one row');
          return rows[0].contents;
        },
      };
    },
    close: async () => {
      await pool.end();
      await database.close();
    },
  };
};
