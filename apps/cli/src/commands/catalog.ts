import type { Command } from 'commander';
import type { PagedApi } from '@vfleet/client';
import type { ApiReply } from '@vfleet/contracts';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { recordView, type Kind } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

export type Shelf = 'models' | 'aliases' | 'offerings' | 'policies';
type Entry<Name extends Shelf> = ApiReply<`${Name}.get`>;

/** What is kept by name in the catalogue, and how it is spoken of. */
export interface Stored<Name extends Shelf> {
  readonly shelf: Name;
  readonly one: string;
  readonly kind: Kind<Entry<Name>>;
  readonly empty: string;
  /** The field of its name. */
  readonly key: 'name' | 'model';
}

/** Listing, showing and taking away what is kept by name: the same for all of them. */
export const addShelf = <Name extends Shelf>(noun: Command, terminal: Terminal, { shelf, one, kind, empty, key }: Stored<Name>): void => {
  const events = { subjects: ['vfleet.evt.catalog.>'] };
  const ls = addVerb(noun, { name: 'ls', tells: `list ${shelf}`, asks: [`${shelf}.list`], examples: [`vfleet ${shelf} ls`] });
  shows<[], PagesOptions>(withPages(ls), terminal, {
    see: (client, _, options) =>
      listed<PagedApi>(client, `${shelf}.list`, {}, options, {
        kind: kind as unknown as Kind<ApiReply<PagedApi>['items'][number]>,
        empty,
      }),
    wakes: () => events,
  });
  const show = addVerb(noun, {
    name: 'show',
    tells: `show one ${one}`,
    asks: [`${shelf}.get`],
    examples: [`vfleet ${shelf} show ${EXAMPLES[shelf]}`],
  });
  shows<[string]>(show.argument('<name>'), terminal, {
    see: async (client, [name]) => recordView(kind, (await client.ask(`vfleet.api.${shelf}.get`, { [key]: name })) as Entry<Name>),
    wakes: () => events,
  });
  const rm = addVerb(noun, {
    name: 'rm',
    tells: `take one ${one} away`,
    asks: [`${shelf}.delete`],
    examples: [`vfleet ${shelf} rm ${EXAMPLES[shelf]}`],
  });
  shows<[string]>(rm.argument('<name>'), terminal, {
    see: async (client, [name]) => recordView(kind, (await client.ask(`vfleet.api.${shelf}.delete`, { [key]: name })) as Entry<Name>),
  });
};

const EXAMPLES: { readonly [Name in Shelf]: string } = { models: 'A100', aliases: 'fast-nic', offerings: 'net-heavy', policies: 'gpus' };
