import { inventoryProjection } from '@vfleet/inventory/read-model/inventory.projection';
import { Projector, type RecordedEvent } from '@vfleet/journal';
import { liveOf } from '../bus/event-copy.js';
import type { Store } from '../store/store.js';
import type { StoredEvent } from '../store/tables.js';
import type { Life } from '../time/life.js';
import { rowsInMemory } from './rows.js';
import type { Surroundings } from './process.js';
import type pg from 'pg';

/** Starts one process that projects. */
export const startInventory = ({ world, store, bus, log }: Surroundings, name: string): Life => {
  const life = world.begin(name);
  const projector = new Projector({
    pool: store.poolOf(life),
    projection: inventoryProjection('inventory', undefined, rowsInMemory()),
    live: liveOf(bus, life),
    log: (_, message, fields) => log(name, message, fields),
  });
  const open = async (): Promise<void> => {
    for (;;) {
      try {
        return await projector.start();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  world.as(life, () => void open());
  return life;
};

/** Rows as a projection makes them that begins anew, of the events up to a position. */
export const projectedAnew = async (events: readonly StoredEvent[]): Promise<ReadonlyMap<string, unknown>> => {
  const rows = new Map<string, unknown>();
  const query = async ({ name, values: [given] }: { readonly name: string; readonly values: readonly [unknown] }): Promise<object> => {
    if (name === 'simulation rows') return { rows: [...rows].filter(([key]) => key.startsWith(`${given as string} `)).map(([, row]) => row) };
    for (const [key, row] of given as readonly (readonly [string, unknown])[]) {
      if (row === undefined) rows.delete(key);
      else rows.set(key, row);
    }
    return { rows: [] };
  };
  const client = { query } as unknown as pg.ClientBase;
  await inventoryProjection('inventory', undefined, rowsInMemory()).apply(client, events.map(toRecorded));
  return rows;
};

const toRecorded = (event: StoredEvent): RecordedEvent => ({ ...event, recordedAt: event.recordedAt.toISOString() });

/** How far the rows are. */
export const projectedTo = ({ tables }: Pick<Store, 'tables'>): number => tables.checkpoints.get('inventory')?.position ?? 0;
