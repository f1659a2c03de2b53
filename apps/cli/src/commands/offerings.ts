import { Option, type Command } from 'commander';
import { MIGRATION_MODES, STRATEGIES, type MigrationChoice, type Offering } from '@vfleet/contracts';
import { OFFERINGS } from '../render/catalog.js';
import { recordView } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { toRequests, withRequests, type RequestOptions } from '../wish-options.js';
import { addShelf } from './catalog.js';

interface PutOptions extends RequestOptions {
  readonly keepOnStop?: boolean;
  readonly strategy?: NonNullable<Offering['strategy']>;
  readonly migration?: NonNullable<MigrationChoice['mode']>;
}

export const addOfferings = (program: Command, terminal: Terminal): void => {
  const offerings = program.command('offerings').description('stored lists of device requests');
  addShelf(offerings, terminal, { shelf: 'offerings', one: 'offering', kind: OFFERINGS, empty: 'There is no offering.', key: 'name' });
  const put = addVerb(offerings, {
    name: 'put',
    tells: 'store a list of device requests, in place of one of the same name',
    asks: ['offerings.put'],
    examples: ['vfleet offerings put net-heavy --device 10GE:2 --strategy spread'],
  }).argument('<name>');
  withRequests(put)
    .option('--keep-on-stop', 'devices are kept while their VM is stopped')
    .addOption(new Option('--strategy <strategy>', 'pack fills PFs and hosts, spread takes the emptiest first').choices([...STRATEGIES]))
    .addOption(new Option('--migration <mode>', 'how its devices move with their VM').choices([...MIGRATION_MODES]));
  shows<[string], PutOptions>(put, terminal, {
    see: async (client, [name], { keepOnStop, strategy, migration, ...options }) => {
      const more = { ...(keepOnStop && { keepOnStop }), ...(strategy && { strategy }), ...(migration && { migration: { mode: migration } }) };
      return recordView(OFFERINGS, await client.request('offerings.put', { name, devices: toRequests(options), ...more }));
    },
  });
};
