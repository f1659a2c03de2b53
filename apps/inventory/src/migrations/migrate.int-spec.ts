import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SchemaTooNew, openPool } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { migrateInventory } from './migrate.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'migrate-spec' });
});

afterAll(async () => {
  await pool.end();
  await database.close();
});

describe('the tables of the inventory', () => {
  it('are made once when several instances start at the same time', async () => {
    await Promise.all(Array.from({ length: 5 }, () => migrateInventory(database.url)));
    const { rows } = await pool.query('select name from inventory.migrations');
    expect(rows).toEqual([{ name: 'ReadModel1763740800000' }]);
  });

  it('are left alone when a newer version has made them', async () => {
    await pool.query(`insert into inventory.migrations (timestamp, name) values (9999999999999, 'Later9999999999999')`);
    await expect(migrateInventory(database.url)).rejects.toThrow(SchemaTooNew);
  });
});
