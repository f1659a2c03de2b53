import { compileWhere } from '@vfleet/cel';
import { DEFAULT_LIMIT, invalidRequest, type PageRequest } from '@vfleet/contracts';
import { toCursor, type Key, type Page } from './cursor.js';
import type { DeviceEntity } from '../read-model/device.entity.js';

/** Rows that one page looks at; where they hold too few that fit, the page ends with those it has. */
const MAX_SCANNED = 10_000;
/** Rows that are read at once, growing by this factor: most expressions fit few rows, or most of them. */
const MAX_AT_ONCE = 1_000;
const GROWTH = 4;

/**
 * The rows for which an expression over `device` is true; undefined where none is asked for.
 * @throws ApiError 400, naming `where`
 */
export const readWhere = (where: string | undefined): ((row: Pick<DeviceEntity, 'observation' | 'traits' | 'hostId'>) => boolean) | undefined => {
  if (where === undefined) return undefined;
  const compiled = compileWhere(where);
  if ('fault' in compiled) throw invalidRequest([{ field: 'where', message: compiled.fault }]);
  return ({ observation, traits, hostId }) => compiled.test({ ...observation, ...traits, hostId });
};

/** Reads rows in the order of the list until a page is full, there are no more, or it has looked at enough. */
export const scanPage = async <Item, Parts extends Key>(
  { limit = DEFAULT_LIMIT }: PageRequest,
  after: Parts | undefined,
  read: (after: Parts | undefined, limit: number) => Promise<readonly Item[]>,
  keyOf: (item: Item) => Parts,
  fits: (item: Item) => boolean,
): Promise<Page<Item>> => {
  const items: Item[] = [];
  let place = after;
  let atOnce = Math.min(limit + 1, MAX_AT_ONCE);
  for (let scanned = 0; scanned < MAX_SCANNED;) {
    const rows = await read(place, Math.min(atOnce, MAX_SCANNED - scanned));
    for (const row of rows) {
      if (!fits(row)) continue;
      if (items.length === limit) return { items, nextCursor: toCursor(keyOf(items.at(-1) as Item)) };
      items.push(row);
    }
    if (rows.length < Math.min(atOnce, MAX_SCANNED - scanned)) return { items, nextCursor: null };
    place = keyOf(rows.at(-1) as Item);
    scanned += rows.length;
    atOnce = Math.min(atOnce * GROWTH, MAX_AT_ONCE);
  }
  return { items, nextCursor: place === undefined ? null : toCursor(place) };
};
