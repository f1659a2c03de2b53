import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiName } from '@vfleet/contracts';
import { MATCH_KEYS } from '@vfleet/pci';
import { until } from '@vfleet/testing';
import { aLog, observation } from '../../spec/events.js';
import { anInventory, type Answer, type InventoryUnderTest } from '../../spec/inventory-service.js';
import { toCursor } from './cursor.js';

/** Texts that are harmless as values, and something else in a statement, a pattern or a path of JSON that they would be pasted into. */
const HOSTILE_TEXTS: readonly string[] = [
  "' or '1'='1",
  "' or 1=1 --",
  '") or ("1"="1',
  "'; drop table inventory.devices; --",
  "'; delete from journal.events; --",
  "' union select rolname, rolpassword from pg_authid --",
  "'; select pg_sleep(600); --",
  "x'; copy (select 1) to program 'id'; --",
  "\\'; drop schema journal cascade; --",
  '$$; drop schema inventory cascade; $$',
  "E'\\x27'",
  "'||(select version())||'",
  '/* */',
  ':own_0',
  '$1',
  ':...match_0',
  '%',
  '_',
  '%%_\\',
  '\\',
  '(((((a+)+)+)+)+)+$',
  '{"a": 1}',
  '$.** ? (@ like_regex "(a+)+$")',
  '{a,b}',
  '[]',
  'null',
  '\u0000',
  '\ud800',
  '0x31303235343830303536',
  'ens1f0#0-99999999999999999999999999',
  'ens1f0#9e99',
  '9'.repeat(400),
  'a'.repeat(64 * 1024),
  '*a'.repeat(32 * 1024),
  '('.repeat(64 * 1024),
];
const HOSTILE_VALUES: readonly unknown[] = [...HOSTILE_TEXTS, 2 ** 53, -(2 ** 63), 1e308, -1, 0.5, true, {}, [], [[]], { length: 1 }];

/** Each place of a request to the read side at which a caller writes something that is looked for. */
const PLACES: Readonly<Record<string, readonly [name: ApiName, body: (hostile: unknown) => object]>> = {
  ...Object.fromEntries(
    [...MATCH_KEYS, 'hostId', 'vmId', 'state', 'eligible', 'tags.rack'].map((key) => [
      `devices.list filter.${key}`,
      ['devices.list', (hostile: unknown) => ({ filter: { [key]: hostile } })] as const,
    ]),
  ),
  'devices.list list in a filter': ['devices.list', (hostile) => ({ filter: { name: ['10GE', hostile], 'tags.rack': [hostile, 'b4'] } })],
  'devices.list key of a filter': ['devices.list', (hostile) => ({ filter: { [String(hostile)]: 'x' } })],
  'devices.list key of a tag': ['devices.list', (hostile) => ({ filter: { [`tags.${String(hostile)}`]: 'x' } })],
  'devices.list where': ['devices.list', (hostile) => ({ where: hostile })],
  'devices.list text in a where': ['devices.list', (hostile) => ({ where: `device.name == ${JSON.stringify(hostile)}` })],
  'devices.list tag in a where': ['devices.list', (hostile) => ({ where: `device.tags[${JSON.stringify(hostile)}] == "x"` })],
  'devices.list start in a where': ['devices.list', (hostile) => ({ where: `device.name.startsWith(${JSON.stringify(hostile)})` })],
  'devices.list pattern in a where': ['devices.list', (hostile) => ({ where: `device.name.matches(${JSON.stringify(hostile)})` })],
  'devices.list cursor': ['devices.list', (hostile) => ({ cursor: hostile })],
  'devices.list cursor with one part': ['devices.list', (hostile) => ({ cursor: toCursor([hostile as string]) })],
  'devices.list cursor with two parts': ['devices.list', (hostile) => ({ cursor: toCursor([hostile as string, hostile as string]) })],
  'hosts.list cursor with one part': ['hosts.list', (hostile) => ({ cursor: toCursor([hostile as string]) })],
  'devices.list limit': ['devices.list', (hostile) => ({ limit: hostile })],
  'devices.list at': ['devices.list', (hostile) => ({ at: hostile })],
  'devices.list sort': ['devices.list', (hostile) => ({ sort: hostile })],
  'devices.get deviceId': ['devices.get', (hostile) => ({ deviceId: hostile })],
  'devices.get address': ['devices.get', (hostile) => ({ hostId: 'h1', address: hostile })],
  'devices.history deviceId': ['devices.history', (hostile) => ({ deviceId: hostile })],
  'devices.history cursor': ['devices.history', (hostile) => ({ deviceId: '0'.repeat(20), cursor: hostile })],
  'devices.holders from': ['devices.holders', (hostile) => ({ deviceId: '0'.repeat(20), from: hostile })],
  'devices.affected deviceId': ['devices.affected', (hostile) => ({ deviceId: hostile })],
  'hosts.list state': ['hosts.list', (hostile) => ({ filter: { state: hostile } })],
  'hosts.list value of a label': ['hosts.list', (hostile) => ({ filter: { labels: { rack: hostile } } })],
  'hosts.list key of a label': ['hosts.list', (hostile) => ({ filter: { labels: { [String(hostile)]: 'x' } } })],
  'hosts.list cursor': ['hosts.list', (hostile) => ({ cursor: hostile })],
  'hosts.get hostId': ['hosts.get', (hostile) => ({ hostId: hostile })],
  'hosts.tree hostId': ['hosts.tree', (hostile) => ({ hostId: hostile })],
  'pools.list groupBy': ['pools.list', (hostile) => ({ groupBy: [hostile] })],
  'pools.list groupBy a tag': ['pools.list', (hostile) => ({ groupBy: [`tags.${String(hostile)}`] })],
  'pools.list filter': ['pools.list', (hostile) => ({ filter: { name: hostile } })],
  'migrations.list state': ['migrations.list', (hostile) => ({ filter: { state: hostile } })],
  'migrations.list vmId': ['migrations.list', (hostile) => ({ filter: { vmId: hostile } })],
  'migrations.get migrationId': ['migrations.get', (hostile) => ({ migrationId: hostile })],
  'vms.get vmId': ['vms.get', (hostile) => ({ vmId: hostile })],
  'vms.history vmId': ['vms.history', (hostile) => ({ vmId: hostile })],
  'deadletters.list cursor': ['deadletters.list', (hostile) => ({ cursor: hostile })],
  'deadletters.get id': ['deadletters.get', (hostile) => ({ id: hostile })],
  'deadletters.discard id': ['deadletters.discard', (hostile) => ({ id: hostile })],
};

let inventory: InventoryUnderTest;
let before: unknown;

beforeAll(async () => {
  inventory = await anInventory();
  const log = aLog();
  const devices = [observation('h1', '0000:28:00.0', { name: '10GE', tags: { rack: 'b4' } }), observation('h1', '0000:28:00.1', { name: 'GPU' })];
  await inventory.append([log.online('h1', { labels: { rack: 'b4' } }), ...devices.map((device) => log.discovered('h1', device))]);
  await until('the devices to be listed', async () => itemsOf(await inventory.ask('devices.list')).length === devices.length);
  before = await everything();
});
afterAll(() => inventory.close());

/** All that the journal and the read side hold, and the tables that there are. Clocks of leases and checkpoints go on by themselves. */
const everything = async (): Promise<unknown> => {
  const { rows: tables } = await inventory.platform.pool.query(
    `select table_schema, table_name, column_name from information_schema.columns where table_schema in ('journal', 'inventory') order by 1, 2, 3`,
  );
  const rows = await Promise.all(
    ['journal.events', 'inventory.devices', 'inventory.hosts'].map(
      async (table) =>
        (await inventory.platform.pool.query(`select md5(coalesce(string_agg(t::text, ' ' order by t::text), '')) from ${table} t`)).rows,
    ),
  );
  return { tables, rows };
};

const REFUSALS: readonly number[] = [400, 404];
/** What a server's own error would say. */
const OF_THE_DATABASE = /syntax error|invalid input|relation "|column "|operator does not|QueryFailed|at or near|SQLSTATE/;

const itemsOf = ({ body }: Answer): readonly unknown[] => (body as { readonly items?: readonly unknown[] }).items ?? [];

/** What is wrong with an answer; empty where it is none that a caller has to wonder at. */
const wrongWith = ({ code, body }: Answer): string => {
  if (code !== 0 && !REFUSALS.includes(code)) return `code ${code}: ${JSON.stringify(body).slice(0, 500)}`;
  const { error } = body as { readonly error?: { readonly message: string } };
  return error !== undefined && OF_THE_DATABASE.test(error.message) ? error.message.slice(0, 500) : '';
};

describe('what callers write, if it is SQL, a pattern or a path,', () => {
  it.each(Object.keys(PLACES))('is looked for as it stands, or is refused: %s', async (place) => {
    const [name, body] = PLACES[place] as (typeof PLACES)[string];
    for (const hostile of HOSTILE_VALUES) {
      const wrong = wrongWith(await inventory.ask(name, body(hostile)));
      expect(wrong && `${JSON.stringify(hostile)?.slice(0, 80)} ${wrong}`).toBe('');
    }
    expect(await everything()).toEqual(before);
  });

  it.each(HOSTILE_TEXTS.map((text) => [JSON.stringify(text.slice(0, 40)), text]))('finds nothing by %s: no device is called so', async (_, text) => {
    for (const key of ['name', 'model', 'driver', 'physicalNetwork', 'tags.rack', 'pf', 'vmId'] as const) {
      const answer = await inventory.ask('devices.list', { filter: { [key]: text } });
      expect([key, itemsOf(answer)]).toEqual([key, []]);
    }
  });

  it('does find what is called so', async () => {
    expect(itemsOf(await inventory.ask('devices.list', { filter: { name: '10GE' } }))).toHaveLength(1);
    expect(itemsOf(await inventory.ask('devices.list', { filter: { 'tags.rack': 'b4' } }))).toHaveLength(1);
  });
});
