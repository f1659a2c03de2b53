import { InvalidArgumentError, type Command } from 'commander';
import type { PagedApi, VfleetClient } from '@vfleet/client';
import { MAX_LIMIT, type ApiReply, type ApiRequest } from '@vfleet/contracts';
import { listView, type Kind, type View } from './render/format.js';

/** How much of a list is wanted. */
export interface PagesOptions {
  readonly limit: number;
  readonly all?: boolean;
}

const DEFAULT_SHOWN = 1_000;

export const withPages = (command: Command): Command =>
  command.option('--limit <number>', 'show at most so many', atLeastOne, DEFAULT_SHOWN).option('--all', 'show every one, however many there are');

const atLeastOne = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
};

type Item<Name extends PagedApi> = ApiReply<Name>['items'][number];

export interface Listing<Name extends PagedApi> {
  readonly kind: Kind<Item<Name>>;
  readonly empty: string;
  /** Where a list is in order of time, the first that is too old ends it. */
  readonly until?: (item: Item<Name>) => boolean;
}

/** A list as far as it is wanted, page after page; says so when there is more. */
export const listed = async <Name extends PagedApi>(
  client: VfleetClient,
  name: Name,
  body: ApiRequest<Name>,
  { limit, all }: PagesOptions,
  { kind, empty, until }: Listing<Name>,
): Promise<View> => {
  const most = all ? Number.POSITIVE_INFINITY : limit;
  const items: Item<Name>[] = [];
  let isMore = false;
  for await (const item of client.requestPages(name, { ...body, limit: Math.min(most, MAX_LIMIT) })) {
    if (until?.(item)) break;
    isMore = items.length >= most;
    if (isMore) break;
    items.push(item);
  }
  return { ...listView(kind, items, empty), ...(isMore && { note: `only the first ${limit} are shown; --all shows every one` }) };
};
