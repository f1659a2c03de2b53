import { DEFAULT_LIMIT, invalidRequest, type PageRequest } from '@vfleet/contracts';

/** Where a page ended, as what the list is ordered by. */
export type Key = readonly (string | number)[];

/** Opaque to callers: base64url of the key as JSON. */
export const toCursor = (key: Key): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/**
 * The key in a cursor, checked against the kinds of its parts; undefined at the beginning.
 * @throws ApiError 400
 */
export const readCursor = <Parts extends Key>(cursor: string | null | undefined, like: Parts): Parts | undefined => {
  if (cursor === undefined || cursor === null) return undefined;
  const key = parse(cursor);
  const fits = Array.isArray(key) && key.length === like.length && like.every((part, index) => isLike(key[index], part));
  if (!fits) throw invalidRequest([{ field: 'cursor', message: 'is none that this list has given' }]);
  return key as unknown as Parts;
};

const parse = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

const isLike = (value: unknown, part: string | number): boolean =>
  typeof part === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && value.isWellFormed() && !value.includes('\u0000');

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/** Asks for one more than fits, which tells whether there is another page. */
export const toPage = async <Item>(
  { limit = DEFAULT_LIMIT }: PageRequest,
  read: (limit: number) => Promise<readonly Item[]>,
  keyOf: (item: Item) => Key,
): Promise<Page<Item>> => {
  const rows = await read(limit + 1);
  const items = rows.slice(0, limit);
  return { items, nextCursor: rows.length > limit ? toCursor(keyOf(items.at(-1) as Item)) : null };
};
