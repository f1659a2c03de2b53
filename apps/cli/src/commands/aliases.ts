import type { Command } from 'commander';
import { UsageError } from '../exit-codes.js';
import { ALIASES } from '../render/catalog.js';
import { recordView } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { toRequests, withRequests, type RequestOptions } from '../wish-options.js';
import { addShelf } from './catalog.js';

export const addAliases = (program: Command, terminal: Terminal): void => {
  const aliases = program.command('aliases').description('stored device requests');
  addShelf(aliases, terminal, { shelf: 'aliases', one: 'alias', kind: ALIASES, empty: 'There is no alias.', key: 'name' });
  const put = addVerb(aliases, {
    name: 'put',
    tells: 'store a device request, in place of one of the same name',
    asks: ['aliases.put'],
    examples: ['vfleet aliases put fast-nic --request \'{match: {class: "02", physicalNetwork: physnet1}, numaPolicy: required}\''],
  }).argument('<name>');
  shows<[string], RequestOptions>(withRequests(put), terminal, {
    see: async (client, [name], options) => {
      const [request, ...others] = toRequests(options);
      if (!request || others.length > 0) throw new UsageError('an alias is one request; say it with --device, --model or --request, once');
      return recordView(ALIASES, await client.request('aliases.put', { name, request }));
    },
  });
};
