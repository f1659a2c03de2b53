import { checkpoint, inventoryHolds, journalHolds, journalPosition, publishFleet } from './fleet.js';
import type { Measurement } from './measurement.js';
import { ended, openStage } from './stage.js';

const HOSTS = 1_000;
const DEVICES = 64;

/** A fleet of a thousand hosts reports everything for the first time; then its projection is made anew from nothing. */
export const ingestAndRebuild = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  await stage.start('allocator');
  const inventory = await stage.start('inventory');
  const start = performance.now();
  const facts = await publishFleet(stage, HOSTS, DEVICES);
  const published = performance.now();
  await journalHolds(stage, facts);
  const committed = performance.now();
  await inventoryHolds(stage, facts);
  const visible = performance.now();

  await ended(inventory);
  const events = await journalPosition(stage.pool);
  const { rows } = await stage.pool.query<{ tables: string }>(
    `select string_agg(format('inventory.%I', tablename), ', ') as tables from pg_tables where schemaname = 'inventory' and tablename not like '%migrations%'`,
  );
  await stage.pool.query(`truncate ${rows[0]?.tables}`);
  await stage.pool.query(`delete from journal.checkpoints where name = 'inventory'`);
  const rebuilt = stage.start('inventory');
  while ((await checkpoint(stage.pool)) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  const [from, firstBatch] = [performance.now(), await checkpoint(stage.pool)];
  await inventoryHolds(stage, events);
  const seconds = (performance.now() - from) / 1_000;
  await rebuilt;
  await stage.close();

  const perSecond = (from_: number, to: number): number => facts / ((to - from_) / 1_000);
  const bus = { what: 'the bus taking them', value: perSecond(start, published) };
  return [
    {
      section: 'ingest',
      what: `${HOSTS} hosts of ${DEVICES}: published to committed`,
      value: perSecond(start, committed),
      unit: 'facts/s',
      against: bus,
    },
    {
      section: 'ingest',
      what: `${HOSTS} hosts of ${DEVICES}: published to visible`,
      value: perSecond(start, visible),
      unit: 'facts/s',
      against: bus,
    },
    {
      section: 'rebuild',
      what: `${events} events, the first batch of ${firstBatch} not counted`,
      value: (events - firstBatch) / seconds,
      unit: 'events/s',
      aim: { at: 'least', figure: 50_000 },
    },
  ];
};
