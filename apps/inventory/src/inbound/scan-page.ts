import { DEFAULT_LIMIT, type PageRequest } from '@vfleet/contracts';
import { toCursor, type Key, type Page } from './cursor.js';

/** Rows in the order of a list. `reached`: the search has looked at enough, and there may be more behind this. */
export interface Found<Item, Parts> {
  readonly rows: readonly Item[];
  readonly reached?: Parts;
}

/** Rows that one page looks at; where they hold too few that fit, the page ends with those it has. */
const MAX_SCANNED = 2_000;
/** Rows that are read at once, growing by this factor: most expressions fit few rows, or most of them. */
const MAX_AT_ONCE = 1_000;
const GROWTH = 4;

/** Reads rows in the order of the list until a page is full, there are no more, or it has looked at enough. */
export const scanPage = async <Item, Parts extends Key>(
  { limit = DEFAULT_LIMIT }: PageRequest,
  after: Parts | undefined,
  read: (after: Parts | undefined, limit: number) => Promise<Found<Item, Parts>>,
  keyOf: (item: Item) => Parts,
  fits: (item: Item) => boolean,
): Promise<Page<Item>> => {
  const items: Item[] = [];
  let place = after;
  let atOnce = Math.min(limit + 1, MAX_AT_ONCE);
  for (let scanned = 0; scanned < MAX_SCANNED; atOnce = Math.min(atOnce * GROWTH, MAX_AT_ONCE)) {
    const asked = Math.min(atOnce, MAX_SCANNED - scanned);
    const { rows, reached } = await read(place, asked);
    for (const row of rows) {
      if (!fits(row)) continue;
      if (items.length === limit) return { items, nextCursor: toCursor(keyOf(items.at(-1) as Item)) };
      items.push(row);
    }
    if (reached) return { items, nextCursor: toCursor(reached) };
    if (rows.length < asked) return { items, nextCursor: null };
    place = keyOf(rows.at(-1) as Item);
    scanned += rows.length;
  }
  return { items, nextCursor: place === undefined ? null : toCursor(place) };
};
