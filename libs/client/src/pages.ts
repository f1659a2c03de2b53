import type { API, ApiName, ApiReply } from '@vfleet/contracts';

/** The requests that answer a list in pages. */
export type PagedApi = {
  [Name in ApiName]: ApiReply<Name> extends { items: readonly unknown[]; nextCursor: string | null } ? Name : never;
}[keyof typeof API];

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Walks through a list: asks for a page at a time, and only when the one before was used up. */
export async function* pages<Item>(ask: (body: object) => Promise<Page<Item>>, body: object): AsyncGenerator<Item, void> {
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await ask(cursor === null ? body : { ...body, cursor });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}
